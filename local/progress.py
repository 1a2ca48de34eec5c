"""What a start says while it works: one line a step, with the time it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Prints steps to `out`; on a terminal the line of a running step is drawn again and again."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._live = self._out.isatty()
        self._started = time.monotonic()
        self._shown = ""

    def say(self, text: str = "") -> None:
        """A line of its own."""
        self._clear()
        print(text, file=self._out, flush=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """A step that takes a while. Where it raises, nothing is ticked off."""
        began = time.monotonic()
        if self._live:
            self.show(f"  …  {what}")
        yield
        self.say(f"{self._elapsed():6.1f} s  {what} ({time.monotonic() - began:.1f} s)")

    def show(self, text: str) -> None:
        """The state of the running step; elsewhere than on a terminal, every change is a line."""
        if text == self._shown:
            return
        if self._live:
            print(f"\r\033[K{text}", end="", file=self._out, flush=True)
        else:
            print(text, file=self._out, flush=True)
        self._shown = text

    def bar(self, what: str, done: int, total: int) -> None:
        """How far a counted step is; a line every tenth where there is no terminal."""
        share = done / total if total else 1.0
        if self._live:
            filled = int(share * 30)
            self.show(f"  …  {what} [{'█' * filled}{'·' * (30 - filled)}] {done:,} of {total:,}")
        else:
            self.show(f"  …  {what}: {int(share * 10) * 10} %")

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _clear(self) -> None:
        if self._live and self._shown:
            print("\r\033[K", end="", file=self._out, flush=True)
        self._shown = ""
