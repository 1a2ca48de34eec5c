"""Actors that take turns: each in a thread of its own, of which one moves at a time, from call to call of a port.

So any interleaving of their calls can be named, played, and played again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Semaphore, Thread, current_thread
from typing import Any

from tests.services.chaos import Killed
from tests.support.memory import Faults


@dataclass
class Turns(Faults):
    """Stops an actor before each of its calls until its next turn."""

    def wrap(self, port: Any) -> Any:
        """The port, whose calls wait for their turn; those that no actor makes do not."""
        return _InTurn(port)


class _InTurn:
    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            actor = current_thread()
            if isinstance(actor, Actor):
                actor.wait()
            return value(*args, **kwargs)

        return called if callable(value) else value


class Actor(Thread):
    """Does something, one call of a port at a time."""

    def __init__(self, does: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._does, self._killed = does, False
        self._turn, self._done = Semaphore(0), Semaphore(0)
        self.over = False
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        self._turn.acquire()
        try:
            self._does()
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 - told in the thread that plays
            self.error = error
        self.over = True
        self._done.release()

    def wait(self) -> None:
        """For the next turn."""
        self._done.release()
        self._turn.acquire()
        if self._killed:
            raise Killed

    def move(self, turns: int) -> None:
        """Make so many calls, and whatever comes before the next one."""
        for _ in range(turns):
            if self.over:
                return
            self._turn.release()
            self._done.acquire()
            if self.error:
                raise self.error

    def finish(self) -> None:
        """All that is left."""
        while not self.over:
            self.move(1)

    def kill(self) -> None:
        """The process is gone, right before its next call."""
        self._killed = True
        self.finish()
