"""``make run`` and ``make stop``: needs Python 3.11 with venv and nothing else.

Makes the environments that are missing, two at a time, and hands over to `local.supervisor`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from local import emulator
from local.envs import ROOT, CannotPrepare, check_interpreter, ensure, is_ready, python_of
from local.progress import Progress
from local.state import State, is_alive, read_json

CHINA = timezone(timedelta(hours=8))
READY, DETACHED_TIMEOUT = "Ready.", 600.0
STOP_TIMEOUT = emulator.STOP_TIMEOUT + 30
"""Seconds until a deployment that was asked to stop counts as stuck."""


def prepare(progress: Progress) -> None:
    """Make the two environments; raises CannotPrepare."""
    names = [name for name in ("local", "emulator") if not is_ready(name)]
    if not names:
        return
    check_interpreter()
    with progress.step("Installing Python packages"), ThreadPoolExecutor(2) as pool:
        list(pool.map(ensure, names))


def command(given: argparse.Namespace) -> list[str]:
    """How the supervisor is started."""
    line = [
        str(python_of("local")),
        "-m",
        "local.supervisor",
        "--state",
        str(given.state),
        "--port",
        str(given.port),
    ]
    line += ["--as-of", given.as_of.isoformat(), "--count", str(given.count)]
    return line + (["--ledger", str(given.ledger)] if given.ledger else [])


def environment() -> dict[str, str]:
    """The user's own, with our packages on the import path and nobody's AWS settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
    paths = (ROOT, ROOT / "layers" / "core")
    return kept | {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
    }


def detach(given: argparse.Namespace) -> int:
    """Start it in the background and return once it is ready, or has failed."""
    state = State(given.state)
    state.place.mkdir(parents=True, exist_ok=True)
    with state.log.open("wb") as log:
        process = subprocess.Popen(
            command(given),
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + DETACHED_TIMEOUT
    try:
        with state.log.open(encoding="utf-8", errors="replace") as log_text:
            while time.monotonic() < deadline:
                ended = process.poll()
                for line in log_text:
                    print(line, end="", flush=True)
                    if line.strip() == READY:
                        print(f"It runs in the background; make stop ends it. Log: {state.log}")
                        return 0
                if ended is not None:
                    return ended or 1
                time.sleep(0.1)
    except KeyboardInterrupt:
        print("Stopping …")
    process.send_signal(signal.SIGTERM)
    return process.wait() or 1


def stop(state: State) -> int:
    """End a deployment that runs; returns the exit status."""
    running = read_json(state.run)
    if not running or not is_alive(running["pid"]):
        emulator.end_orphan(state)
        print("Nothing runs here.")
        return 0
    os.kill(running["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while time.monotonic() < deadline:
        if not is_alive(running["pid"]):
            print("Stopped.")
            return 0
        time.sleep(0.1)
    print(
        f"Process {running['pid']} has not ended within {STOP_TIMEOUT:.0f} s: try again, or end it by force (kill -9).",
        file=sys.stderr,
    )
    return 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the product on this machine: local AWS, the real template, a sample ledger, one public port."""
    parser = argparse.ArgumentParser(prog="make run", description=main.__doc__)
    parser.add_argument(
        "--port", type=int, default=8080, help="the public port (default: %(default)s; 0: any)"
    )
    parser.add_argument(
        "--state", type=Path, default=ROOT / ".local", help="state directory (default: .local)"
    )
    parser.add_argument("--ledger", type=Path, help="load this ledger (JSON Lines) instead of the sample")
    parser.add_argument(
        "--count", type=int, default=2000, help="vehicles in the sample (default: %(default)s)"
    )
    parser.add_argument(
        "--as-of", type=date.fromisoformat, help="the day the sample ledger is of (default: today in China)"
    )
    parser.add_argument("--detach", action="store_true", help="return once it is ready")
    parser.add_argument("--stop", action="store_true", help="end what runs")
    given = parser.parse_args(arguments)
    given.as_of = given.as_of or datetime.now(CHINA).date()
    given.state = given.state.resolve()
    if given.stop:
        return stop(State(given.state))
    if given.ledger:
        given.ledger = given.ledger.resolve()
        if not given.ledger.is_file():
            print(f"There is no ledger {given.ledger}.", file=sys.stderr)
            return 2
    try:
        prepare(Progress())
    except CannotPrepare as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if given.detach:
        return detach(given)
    with contextlib.suppress(KeyboardInterrupt):
        # The same terminal: Ctrl-C reaches the supervisor itself, and here only the waiting ends.
        os.chdir(ROOT)
        os.execve(python_of("local"), command(given), environment())  # noqa: S606
    return 130


if __name__ == "__main__":
    sys.exit(main())
