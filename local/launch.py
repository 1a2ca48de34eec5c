"""``make launch``: the launch, rehearsed on this machine. Needs Python 3.11 with venv and nothing else.

Makes up a ledger, runs it through a whole local deployment of its own, checks what came of every row, and prints the
figures. A smaller ledger goes first, through another empty deployment, so that the time a vehicle takes can be
compared. Leaves nothing behind but the report.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from local.envs import ROOT, CannotPrepare, python_of
from local.own import deployment, emptied
from local.progress import Progress
from local.run import CHINA, environment, prepare
from local.state import State, read_json, write_json

SMALL = 10_000
"""Rows of the ledger that goes first."""
TROUBLE = 0.02
"""Share of the calls that go wrong, where they are to."""
RATE = 150.0
"""P5: certificates a second on two cores, at least."""
SLOWER = 1.2
"""P5: time a vehicle takes against the small ledger, at most."""
MEMORY = 1.1
"""P5: "flat": a worker's memory at the end against its second quarter, at most."""


def rehearse(count: int, as_of: date, state: State, port: int, *, trouble: bool) -> dict[str, Any] | None:
    """Run one ledger through a deployment that starts empty; returns the report, None where it failed."""
    emptied(state)
    nothing = state.place / "nothing.jsonl"
    nothing.touch()
    # Also where nothing is to fail: the signatures are counted there.
    write_json(state.trouble, {"rate": TROUBLE if trouble else 0.0})
    rehearsal = [str(python_of("local")), "-m", "local.rehearsal", "--state", str(state.place)]
    rehearsal += ["--count", str(count), "--as-of", as_of.isoformat(), *(["--trouble"] if trouble else [])]
    with deployment(state, port, "--ledger", str(nothing), "--as-of", as_of.isoformat()) as ready:
        if not ready:
            return None
        subprocess.run(rehearsal, cwd=ROOT, env=environment(), check=False)
        report: dict[str, Any] | None = read_json(state.place / "report.json")
        return report


def bars(reports: Sequence[dict[str, Any]]) -> list[tuple[str, str, str, bool]]:
    """P5: what, measured, bar, met."""
    last = reports[-1]
    found = [
        (
            "certificates a second",
            f"{last['certificates_per_second']:.0f}",
            f"≥ {RATE:.0f}",
            last["certificates_per_second"] >= RATE,
        )
    ]
    if len(reports) > 1:
        ratio = last["ms_per_vehicle"] / reports[0]["ms_per_vehicle"]
        found.append(
            (
                f"time per vehicle, {last['rows']:,} against {reports[0]['rows']:,} rows",
                f"{ratio:.2f}",
                f"≤ {SLOWER}",
                ratio <= SLOWER,
            )
        )
    growth = last["usage"]["growth"]
    if growth is not None:
        found.append(
            (
                "memory of a worker, last against second quarter",
                f"{growth:.2f}",
                f"≤ {MEMORY}",
                growth <= MEMORY,
            )
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Rehearse the launch on this machine, check every certificate and every row, and print the P5 figures."""
    parser = argparse.ArgumentParser(prog="make launch", description=main.__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="rows (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the public port (default: any)")
    parser.add_argument(
        "--state",
        type=Path,
        default=ROOT / ".local" / "launch",
        help="state directory (default: .local/launch)",
    )
    parser.add_argument(
        "--as-of", type=date.fromisoformat, help="day of the ledger (default: today in China)"
    )
    parser.add_argument("--alone", action="store_true", help="without the small ledger before it")
    parser.add_argument(
        "--trouble",
        action="store_true",
        help="one run in which calls fail, workers are killed, and the launch is stopped and gone on with; then the"
        " same ledger again (no speed is asked for)",
    )
    given = parser.parse_args(arguments)
    if given.count < 1:
        parser.error("--count must be positive")
    as_of, state = given.as_of or datetime.now(CHINA).date(), State(given.state.resolve())
    progress = Progress()
    try:
        prepare(progress)
    except CannotPrepare as problem:
        print(problem, file=sys.stderr)
        return 1
    sizes = [given.count] if given.alone or given.trouble or given.count <= SMALL else [SMALL, given.count]
    reports = []
    try:
        for size in sizes:
            report = rehearse(size, as_of, state, given.port, trouble=given.trouble)
            if report is None:
                return 1
            reports.append(report)
    except KeyboardInterrupt:
        return 130
    measured = [] if given.trouble else bars(reports)
    write_json(state.place / "launch.json", {"runs": reports, "bars": measured})
    if measured:
        progress.say("\nP5")
    for what, value, bar, met in measured:
        progress.say(f"  {what:<58} {value:>8}   {bar:<8} {'met' if met else 'NOT MET'}")
    progress.say(f"  report: {state.place / 'launch.json'}")
    correct = all(not report["wrong"] for report in reports)
    return 0 if correct and all(met for *_, met in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
