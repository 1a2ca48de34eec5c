"""One ledger through a local deployment that runs and is empty: made up, loaded, checked, reported.

Runs in the environment `local`, started by `local.launch`.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.domain.times import rfc3339, start_of_day
from jianbiao.wire.keys import KeySet
from local.clients import Operator
from local.launch_check import check_accounts, check_store, expected_of
from local.ledger import Ledger, write
from local.loading import Loader, LoadFailed
from local.progress import Progress
from local.state import State, read_json, write_json
from local.usage import Usage

SEED = 1
MIB = 1 << 20


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

    def scan(self, table: str) -> Iterator[dict[str, Any]]:
        """All items of a table."""
        name = self.outputs[f"{table.capitalize()}TableName"]
        pages = self.operator.client("dynamodb").get_paginator("scan").paginate(TableName=name)
        return (item for page in pages for item in page["Items"])


def rehearse(state: State, count: int, as_of: date, progress: Progress) -> dict[str, Any]:
    """The report; `wrong` lists what is not as it has to be. Raises LoadFailed."""
    deployment = Deployment.of(state)
    ledger = state.place / "launch.jsonl"
    with progress.step(f"Making a ledger of {count:,} vehicles"):
        write(Ledger(count, SEED, as_of), ledger, {"seed": SEED, "as_of": as_of.isoformat()})
    expected = expected_of(ledger)
    loader = Loader(deployment.operator, deployment.outputs)
    usage = Usage(read_json(state.run)["emulator"], "Backfill")
    began = time.monotonic()
    with progress.step("Ledger to certificates"), usage:
        loaded = loader.load(
            ledger,
            rfc3339(start_of_day(as_of)),
            lambda done, rows: progress.bar("certificates from the ledger", done, rows),
        )
    seconds, counts = time.monotonic() - began, loaded.counts
    with progress.step("Accounts against the ledger's make-up"):
        wrong = check_accounts(loaded, expected, ledger)
    with progress.step("Every certificate by the offline verifier"):
        wrong += check_store(
            deployment.scan,
            deployment.keys(),
            deployment.base_url,
            int(time.time()),
            expected["issued"],
            expected["vehicles"],
        )
    calibration = bare_verifications()
    return {
        "rows": count,
        "counts": dict(counts),
        "by_reason": dict(loaded.by_reason),
        "seconds": seconds,
        "certificates_per_second": counts["issued"] / seconds,
        "ms_per_vehicle": 1000 * seconds / count,
        "usage": usage.summary(),
        "verifications_per_second": calibration,
        "wrong": wrong,
    }


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


def say(report: dict[str, Any], progress: Progress) -> None:
    """The report for people."""
    counts, usage = report["counts"], report["usage"]
    progress.say(
        f"  {report['rows']:,} rows = {counts['issued']:,} issued + {counts['already']:,} already"
        f" + {counts['refused']:,} refused + {counts['invalid']:,} invalid"
    )
    for reason, times in sorted(report["by_reason"].items(), key=lambda pair: -pair[1]):
        progress.say(f"    {times:>9,}  {reason}")
    progress.say(
        f"  {report['seconds']:.1f} s: {report['certificates_per_second']:.0f} certificates a second,"
        f" {report['ms_per_vehicle']:.2f} ms a vehicle; {usage['workers']} workers,"
        f" at most {usage['largest'] / MIB:.0f} MiB; the local AWS {usage['emulator'] / MIB:.0f} MiB"
    )
    each = 1000 / max(counts["issued"], 1)
    progress.say(
        f"  processor time a certificate: {usage['processor_emulator'] * each:.2f} ms of the local AWS and"
        f" {usage['processor_workers'] * each:.2f} ms of the workers"
        f" (calibration: {report['verifications_per_second']:,.0f} bare ES256 verifications a second)"
    )
    for sentence in report["wrong"]:
        progress.say(f"  WRONG: {sentence}")
    if not report["wrong"]:
        progress.say("  Every row, every certificate, every index is as it has to be.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a made-up ledger through a local deployment that runs and is empty, and check what came of it."""
    parser = argparse.ArgumentParser(prog="python -m local.rehearsal", description=main.__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state directory of the deployment")
    parser.add_argument("--count", type=int, required=True, help="rows")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="day of the ledger")
    given = parser.parse_args(arguments)
    progress, state = Progress(), State(given.state)
    try:
        report = rehearse(state, given.count, given.as_of, progress)
    except LoadFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    say(report, progress)
    write_json(state.place / "report.json", report)
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
