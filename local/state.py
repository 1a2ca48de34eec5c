"""Where one local deployment keeps what is its own: a state directory, `.local` by default.

Several can run side by side, each with its own directory and port. Layout::

    stack.json     what outside checks read; there while the deployment is ready
    run.json       process ids, while it runs
    log.txt        what a detached start prints
    emulator.log   the emulator's log
    deployed.json  what is deployed, so that the next start can leave it as it is
    trouble.json   there where calls of AWS are to fail on purpose (`local.trouble`)
    clean          there when the last stop was clean
    data/          tables, keys, queues (written at a clean stop), objects (written at once), account number, port
    tmp/           temporary files of the emulator and its workers, removed at the stop
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class AlreadyRunning(Exception):
    """The state directory belongs to a deployment that runs."""


@dataclass(frozen=True, slots=True)
class State:
    """The files of one local deployment."""

    place: Path

    @property
    def stack(self) -> Path:
        return self.place / "stack.json"

    @property
    def run(self) -> Path:
        return self.place / "run.json"

    @property
    def log(self) -> Path:
        return self.place / "log.txt"

    @property
    def emulator_log(self) -> Path:
        return self.place / "emulator.log"

    @property
    def trouble(self) -> Path:
        return self.place / "trouble.json"

    @property
    def clean(self) -> Path:
        return self.place / "clean"

    @property
    def deployed(self) -> Path:
        return self.place / "deployed.json"

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def tmp(self) -> Path:
        return self.place / "tmp"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other starts out; raises AlreadyRunning."""
        self.place.mkdir(parents=True, exist_ok=True)
        with (self.place / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning(str(self.place)) from None
            yield

    def begin(self) -> str:
        """Prepare for a start; returns ``kept``, ``new``, or ``unclean`` where data had to be thrown away.

        Tables and keys are written at a clean stop only. Without its mark what is on the disk is a mixture of
        two times, so it is not used.
        """
        clean, had_data = self.clean.exists(), self.data.exists()
        self.clean.unlink(missing_ok=True)
        shutil.rmtree(self.tmp, ignore_errors=True)
        outcome = "kept" if clean and had_data else "unclean" if had_data else "new"
        if outcome != "kept":
            shutil.rmtree(self.data, ignore_errors=True)
            self.deployed.unlink(missing_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        self.tmp.mkdir(parents=True, exist_ok=True)
        return outcome

    def end(self, *, clean: bool, ready: bool) -> None:
        """Leave the directory as a stopped deployment's.

        `clean`: the emulator wrote its state; `ready`: the start had got through. What a start left half-way is
        deployed again by the next one; where it could not even write that down, there is nothing to keep.
        """
        for file in (self.stack, self.run):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.tmp, ignore_errors=True)
        if clean and (ready or self.deployed.exists()):
            self.clean.touch()
        elif not ready:
            shutil.rmtree(self.data, ignore_errors=True)

    def account(self) -> str:
        """The account number of this deployment: 12 digits, made once, kept with the data."""
        file = self.data / "account"
        if not file.exists():
            file.write_text(str(secrets.randbelow(9 * 10**11) + 10**11))
        return file.read_text()


def write_json(file: Path, document: Any) -> None:
    """Replace a file in one step: a reader sees the old or the new one."""
    partial = file.with_name(file.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(file)


def read_json(file: Path) -> Any:
    """The document in a file, or None where there is none or it is unreadable."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs (as ours)."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    with contextlib.suppress(OSError):
        # A zombie has ended; only its parent has not looked yet.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True
