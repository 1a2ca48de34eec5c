"""What an operator and bad luck do to a launch while it runs: workers killed, the launch aborted and redriven, paused
and resumed, and redriven again whenever too many of its chunks have failed."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jianbiao.errors import Conflict, Unavailable
from jianbiao.services.launches import ABORTED, DONE, FAILED, PAUSED, Launch, LaunchDesk
from local.usage import workers

ACTOR = "rehearsal"
PAUSE = 0.3
KILL_EVERY = 10.0
PATIENCE = 240.0
"""Seconds without a finished chunk: a throttle of KMS halves a worker's pace, and here there are many."""
ABORT_AT, PAUSE_AT = 0.2, 0.5
"""Shares of the ledger."""


@dataclass(slots=True)
class Troublemaker:
    """Steers one launch until it is done."""

    desk: LaunchDesk
    launch_id: str
    emulator: int
    done: Counter[str] = field(default_factory=Counter)
    """How often each thing was done."""
    _plans: list[tuple[float, str]] = field(
        default_factory=lambda: [(ABORT_AT, "aborted"), (PAUSE_AT, "paused")]
    )

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Makes trouble while the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._work, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _work(self, stop: threading.Event) -> None:
        killed = time.monotonic()
        while not stop.wait(PAUSE):
            launch = self.desk.launches.get(self.launch_id)
            if launch is None:
                continue
            if launch.state == DONE:
                return
            if time.monotonic() - killed > KILL_EVERY:
                killed = time.monotonic()
                self._kill()
            # Somebody may be faster (an attempt that ends meanwhile): the next look tells.
            with contextlib.suppress(Conflict, Unavailable):
                self._steer(launch)

    def _steer(self, launch: Launch) -> None:
        if launch.state in (ABORTED, FAILED):
            self.desk.redrive(self.launch_id, actor=ACTOR)
            self.done[f"redriven when {launch.state}"] += 1
        elif launch.state == PAUSED:
            self.desk.control(self.launch_id, actor=ACTOR, paused=False)
            self.done["resumed"] += 1
        elif self._plans and launch.progress.get("bytes", 0) >= self._plans[0][0] * launch.ledger.size:
            _, what = self._plans.pop(0)
            self.desk.control(self.launch_id, actor=ACTOR, **{what: True})
            self.done[what] += 1

    def _kill(self) -> None:
        """One worker of the chunks, as it stands (Linux: elsewhere none is found)."""
        for process in workers(self.emulator, "-Backfill-")[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                self.done["workers killed"] += 1
