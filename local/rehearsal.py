"""One ledger through a local deployment that runs and is empty: made up, loaded, checked, reported.

Runs in the environment `local`, started by `local.launch`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.aws.dynamo import text
from jianbiao.aws.launches import DynamoLaunches, StepFunctions
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.times import rfc3339, start_of_day
from jianbiao.errors import Unavailable
from jianbiao.records import Hold, VehicleChange
from jianbiao.services.launches import DONE, LaunchDesk
from jianbiao.services.ledger_run import Accounts
from jianbiao.wire.keys import KeySet
from local import loading
from local.clients import Operator
from local.emulator import tail
from local.launch_check import StoreCheck, Stored, Wrong, check_accounts, expected_of
from local.launch_report import say
from local.ledger import Ledger, write
from local.loading import Loader, LoadFailed, rows_of
from local.progress import Progress
from local.sample_life import stores
from local.signatures import signatures
from local.state import State, read_json, write_json
from local.troublemaker import ACTOR, PATIENCE, Troublemaker
from local.usage import Usage

SEED = 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """A local deployment that runs."""

    operator: Operator
    outputs: dict[str, str]
    base_url: str

    @classmethod
    def of(cls, state: State) -> Deployment:
        """The one in a state directory."""
        stack, deployed = read_json(state.stack), read_json(state.deployed)
        operator = Operator(stack["aws_endpoint_url"], stack["region"], state.account())
        return cls(operator, deployed["outputs"], stack["base_url"])

    def keys(self) -> KeySet:
        """The published keys, as a terminal fetches them."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.base_url}/.well-known/jwks.json", timeout=10) as answer:
            return KeySet.from_jwks(answer.read())

    def loader(self, patience: float) -> Loader:
        """Loads ledgers into it."""
        return Loader(self.operator, self.outputs, patience)

    def desk(self) -> LaunchDesk:
        """Its launches, as an operator steers them."""
        engine = StepFunctions(self.operator.client("stepfunctions"), self.outputs["BackfillEngineArn"])
        records = DynamoLaunches(self.operator.client("dynamodb"), self.outputs["BackfillsTableName"])
        return LaunchDesk(records, engine, lambda: int(time.time()))

    def vehicles(self) -> DynamoVehicles:
        """Its vehicles."""
        return stores(self.operator, self.outputs)[0]

    def stored(self) -> Stored:
        """Its tables."""
        return Stored(
            self.operator.client("dynamodb"), lambda table: self.outputs[f"{table.capitalize()}TableName"]
        )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One ledger, from its making to the report."""

    deployment: Deployment
    state: State
    count: int
    as_of: date
    progress: Progress
    trouble: bool

    def report(self) -> dict[str, Any]:
        """The report; `wrong` lists what is not as it has to be. Raises LoadFailed."""
        ledger = self.state.place / "launch.jsonl"
        with self.progress.step(f"Making a ledger of {self.count:,} vehicles"):
            write(
                Ledger(self.count, SEED, self.as_of), ledger, {"seed": SEED, "as_of": self.as_of.isoformat()}
            )
        expected = expected_of(ledger)
        usage = Usage(self._emulator, "-Backfill-")
        began, made = time.monotonic(), Counter[str]()
        with self.progress.step("Ledger to certificates"), usage:
            loaded = self._run(ledger, made if self.trouble else None)
        seconds, counts = time.monotonic() - began, loaded.counts
        report = {
            "rows": self.count,
            "counts": dict(counts),
            "by_reason": dict(loaded.by_reason),
            "seconds": seconds,
            "certificates_per_second": counts["issued"] / seconds,
            "ms_per_vehicle": 1000 * seconds / self.count,
            "usage": usage.summary(),
            "verifications_per_second": bare_verifications(),
        }
        began = time.monotonic()
        with self.progress.step("Accounts against the ledger's make-up"):
            wrong = check_accounts(loaded, expected, ledger)
        if self.trouble:
            again, more = self._again(ledger, expected)
            wrong += more
            report["trouble"] = {"done": dict(made), "again": again}
        with self.progress.step("Every certificate by the offline verifier"):
            wrong += self._check_store(ledger, expected)
        signed = signatures(self.state.trouble.with_suffix(".log"))
        if signed["payloads"] != expected["issued"]:
            wrong.append(f"payloads signed: {signed['payloads']}, expected {expected['issued']}")
        return report | {
            "signatures": signed,
            "check_seconds": time.monotonic() - began,
            "check_memory": peak_memory(),
            "wrong": wrong,
        }

    @property
    def _emulator(self) -> int:
        return int(read_json(self.state.run)["emulator"])

    def _run(self, ledger: Path, made: Counter[str] | None) -> Accounts:
        """Through the deployment once; with `made`, in trouble. Waits until the launch is summed up."""
        loader = self.deployment.loader(PATIENCE if self.trouble else loading.PATIENCE)
        found = loader.put(ledger, rfc3339(start_of_day(self.as_of)))
        troublemaker = (
            nullcontext()
            if made is None
            else Troublemaker(self.deployment.desk(), found.file_id, self._emulator, made).at_work()
        )
        with troublemaker:
            shown = partial(self.progress.bar, "certificates from the ledger")
            loaded = loader.follow(found, rows_of(ledger), shown)
            launch = loader.ended(found, done=made is not None)
        if launch.state != DONE:
            raise LoadFailed(f"The launch has ended as {launch.state}.")
        return loaded

    def _again(self, ledger: Path, expected: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
        """The same ledger a second time, with some vehicles on hold by now: nothing is issued, and nothing signed."""
        held = hold_some(self.deployment.stored(), self.deployment.vehicles(), int(time.time()))
        rows = rows_naming(ledger, held)
        with self.progress.step("The same ledger again"):
            counts = dict(self._run(ledger, None).counts)
        wrong = Wrong()
        wrong.same("issued the second time", counts["issued"], 0)
        wrong.same(
            "already the second time", counts["already"], expected["issued"] + expected["already"] - rows
        )
        wrong.same("refused the second time", counts["refused"], sum(expected["refused"].values()) + rows)
        wrong.same("invalid the second time", counts["invalid"], sum(expected["invalid"].values()))
        return counts, wrong.sentences()

    def _check_store(self, ledger: Path, expected: dict[str, Any]) -> list[str]:
        check = StoreCheck(
            self.deployment.stored(),
            self.deployment.keys(),
            self.deployment.base_url,
            int(time.time()),
            self.progress.bar,
        )
        return check.wrong(ledger, expected["issued"], expected["vehicles"])


def hold_some(stored: Stored, vehicles: DynamoVehicles, now: int, count: int = 3) -> list[str]:
    """Put a hold on some vehicles that have a certificate; their VINs."""
    vins = [text(item, "vin") for item in islice(stored.scan("certificates"), count)]
    for vin in vins:
        record = vehicles.get(vin)
        if record:
            hold = Hold(at=now, actor=ACTOR, reason="rehearsal")
            vehicles.change(record, VehicleChange(record.registered, hold=hold, at=now, by=ACTOR))
    return vins


def rows_naming(ledger: Path, vins: Sequence[str]) -> int:
    """Rows of a ledger with one of the VINs."""
    with ledger.open("rb") as file:
        return sum(any(vin.encode() in line for vin in vins) for line in file)


def peak_memory() -> int:
    """Bytes that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bare_verifications(seconds: float = 1.0) -> float:
    """ES256 verifications a second on this machine now, by the bare library."""
    key, message, done = ec.generate_private_key(ec.SECP256R1()), bytes(140), 0
    algorithm = ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(message, algorithm), key.public_key()
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        public.verify(signature, message, algorithm)
        done += 1
    return done / (time.perf_counter() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a made-up ledger through a local deployment that runs and is empty, and check what came of it."""
    parser = argparse.ArgumentParser(prog="python -m local.rehearsal", description=main.__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state directory of the deployment")
    parser.add_argument("--count", type=int, required=True, help="rows")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="day of the ledger")
    parser.add_argument("--trouble", action="store_true", help="in trouble on purpose, and twice")
    given = parser.parse_args(arguments)
    progress, state = Progress(), State(given.state)
    try:
        rehearsal = Rehearsal(Deployment.of(state), state, given.count, given.as_of, progress, given.trouble)
        report = rehearsal.report()
    except LoadFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except (Unavailable, BotoCoreError, ClientError) as problem:
        print(f"The local AWS does not answer any more: {problem}", file=sys.stderr)
        for log in (state.log, state.emulator_log):
            print(f"The end of {log}:\n{tail(log)}", file=sys.stderr)
        return 1
    say(report, progress)
    write_json(state.place / "report.json", report)
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
