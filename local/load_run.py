"""Readers beside a launch, on a local deployment that runs: alone, beside a launch, beside one that is slowed.

Runs in the environment `local`, started by `local.load`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jianbiao.domain.times import rfc3339, start_of_day
from jianbiao.services.launches import RUNNING
from local.launch_report import say_load
from local.ledger import Ledger, write
from local.load_client import Call, drive
from local.loading import PATIENCE, LoadFailed
from local.progress import Progress
from local.rehearsal import Deployment, bare_verifications
from local.state import State, read_json, write_json
from local.upstream import Upstream

SEED = 2
ROWS_A_SECOND = 400
"""More than the local deployment does: the launch is not to end before its readers do."""
WARM = 5.0
ACTOR = "load"


def calls(stack: dict[str, Any]) -> list[Call]:
    """The first sample as a stranger, the police and its owner see it."""
    sample, tokens = stack["samples"][0], stack["tokens"]
    scan = {"code": sample["code"], "officer_ref": "o-1", "terminal_id": "t-1"}
    return [
        Call("verify", "POST", "/v1/verify", body={"code": sample["code"]}),
        Call("police verify", "POST", "/v1/police/verify", tokens["police"], scan),
        Call(
            "certificate",
            "GET",
            f"/v1/certificates/{sample['certificate_id']}",
            tokens["citizen"],
            headers=(("x-app-version", "99.0"),),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Load:
    """One deployment with its readers."""

    state: State
    deployment: Deployment
    per_second: float
    seconds: float
    progress: Progress

    def report(self, as_of: date, slowed: float) -> dict[str, Any]:
        """Phases by name: the readers' times, and the certificates a second of the launch beside them."""
        phases = {}
        self._readers(WARM)
        with self.progress.step("Readers alone"):
            phases["alone"] = {"calls": self._readers(self.seconds), "certificates_per_second": 0.0}
        ledger = self.state.place / "load.jsonl"
        count = int(ROWS_A_SECOND * (2 * self.seconds + 3 * WARM))
        write(Ledger(count, SEED, as_of), ledger, {"seed": SEED, "as_of": as_of.isoformat()})
        found = self.deployment.loader(PATIENCE).put(ledger, rfc3339(start_of_day(as_of)))
        desk = self.deployment.desk()
        self._until_it_works(found.file_id)
        with self.progress.step("Readers beside a launch"):
            phases["beside a launch"] = self._beside(found.file_id)
        desk.control(found.file_id, actor=ACTOR, rate=slowed)
        time.sleep(WARM)
        with self.progress.step(f"Readers beside a launch slowed to {slowed:g} signatures a second"):
            phases["slowed"] = self._beside(found.file_id)
        desk.control(found.file_id, actor=ACTOR, aborted=True)
        self.deployment.loader(PATIENCE).ended(found)
        return {
            "per_second": self.per_second,
            "seconds": self.seconds,
            "slowed_to": slowed,
            "phases": phases,
            "verifications_per_second": bare_verifications(),
        }

    def _readers(self, seconds: float) -> dict[str, dict[str, Any]]:
        stack = read_json(self.state.stack)
        place = urllib.parse.urlsplit(stack["base_url"])
        server = Upstream(place.hostname or "", place.port or 80)
        return asyncio.run(drive(server, calls(stack), self.per_second, seconds))

    def _beside(self, launch_id: str) -> dict[str, Any]:
        before, began = self._signed(), time.monotonic()
        found = self._readers(self.seconds)
        done = (self._signed() - before) / (time.monotonic() - began)
        launch = self.deployment.desk().get(launch_id)
        if launch.state != RUNNING:
            raise LoadFailed(f"The launch is {launch.state}: it was not running beside its readers.")
        return {"calls": found, "certificates_per_second": done}

    def _signed(self) -> int:
        """Lines of the log of signatures: the launch is nearly the only one that signs."""
        log = self.state.trouble.with_suffix(".log")
        with log.open("rb") as file:
            return sum(1 for _ in file)

    def _until_it_works(self, launch_id: str) -> None:
        """Wait for the first chunk: workers are started by then."""
        deadline = time.monotonic() + PATIENCE
        launches = self.deployment.desk().launches
        while not ((launch := launches.get(launch_id)) and launch.progress.get("rows")):
            if time.monotonic() > deadline:
                raise LoadFailed("The launch does not begin.")
            time.sleep(0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Readers alone, beside a launch, and beside a slowed one, on a deployment that runs."""
    parser = argparse.ArgumentParser(prog="python -m local.load_run", description=main.__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state directory of the deployment")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="day of the ledger")
    parser.add_argument("--per-second", type=float, required=True, help="calls of the readers")
    parser.add_argument("--seconds", type=float, required=True, help="length of each of the three phases")
    parser.add_argument(
        "--slowed", type=float, required=True, help="signatures a second of the slowed launch"
    )
    given = parser.parse_args(arguments)
    progress, state = Progress(), State(given.state)
    try:
        load = Load(state, Deployment.of(state), given.per_second, given.seconds, progress)
        report = load.report(given.as_of, given.slowed)
    except LoadFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    say_load(report, progress)
    write_json(state.place / "load.json", report)
    return 0 if not any(c["failures"] for p in report["phases"].values() for c in p["calls"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
