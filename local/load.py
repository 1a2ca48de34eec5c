"""``make load``: verification and certificate reads with and without a launch beside them. Needs Python 3.11 with venv.

Starts a local deployment of its own with the sample ledger, and leaves nothing behind but the report.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from local.envs import ROOT, CannotPrepare, python_of
from local.own import deployment, emptied
from local.progress import Progress
from local.run import CHINA, environment, prepare
from local.state import State, write_json

SAMPLE = 500
"""Vehicles of the sample ledger."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what verification and reads of certificates take alone, beside a launch, and beside a slowed one."""
    parser = argparse.ArgumentParser(prog="make load", description=main.__doc__)
    parser.add_argument(
        "--per-second", type=float, default=9.0, help="calls of readers (default: %(default)g)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="length of each of three phases (default: %(default)g)"
    )
    parser.add_argument(
        "--slowed",
        type=float,
        default=40.0,
        help="signatures a second of the launch in the third phase (default: %(default)g)",
    )
    parser.add_argument("--port", type=int, default=0, help="the public port (default: any)")
    parser.add_argument(
        "--state", type=Path, default=ROOT / ".local" / "load", help="state directory (default: .local/load)"
    )
    parser.add_argument(
        "--as-of", type=date.fromisoformat, help="day of the ledger (default: today in China)"
    )
    given = parser.parse_args(arguments)
    as_of, state = given.as_of or datetime.now(CHINA).date(), State(given.state.resolve())
    try:
        prepare(Progress())
    except CannotPrepare as problem:
        print(problem, file=sys.stderr)
        return 1
    command = [str(python_of("local")), "-m", "local.load_run", "--state", str(state.place)]
    command += ["--as-of", as_of.isoformat(), "--per-second", str(given.per_second)]
    command += ["--seconds", str(given.seconds), "--slowed", str(given.slowed)]
    emptied(state)
    # The log of signatures is kept, and nothing fails on purpose.
    write_json(state.trouble, {"rate": 0.0})
    try:
        with deployment(state, given.port, "--count", str(SAMPLE), "--as-of", as_of.isoformat()) as ready:
            if not ready:
                return 1
            return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
