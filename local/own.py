"""A local deployment of a command's own: started empty, stopped whatever happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.envs import ROOT
from local.run import stop
from local.state import State


def emptied(state: State) -> None:
    """End what runs in a state directory, and begin it anew."""
    if state.place.exists():
        stop(state)
        shutil.rmtree(state.place)
    state.place.mkdir(parents=True)


@contextmanager
def deployment(state: State, port: int, *arguments: str) -> Iterator[bool]:
    """Runs while the block does; yields whether it has come up (where not, its log has been printed)."""
    command = [
        sys.executable,
        "-m",
        "local.run",
        "--detach",
        "--state",
        str(state.place),
        "--port",
        str(port),
    ]
    try:
        started = subprocess.run([*command, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if started.returncode:
            print(state.log.read_text(encoding="utf-8", errors="replace"), file=sys.stderr)
        yield not started.returncode
    finally:
        stop(state)
