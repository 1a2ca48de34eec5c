"""Memory of the workers of one function, watched from outside while it works (Linux; elsewhere nothing is seen)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Self

PROC = Path("/proc")
EVERY = 1.0
KIB = 1024


@dataclass(slots=True)
class WorkerMemory:
    """Resident memory of each worker process, once a second."""

    function: str
    """Part of the function's name."""
    samples: dict[int, list[int]] = field(default_factory=dict)
    """Bytes by process, in the order of time."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        known: dict[int, bool] = {}
        while not self._stop.wait(EVERY):
            for place in PROC.glob("[0-9]*"):
                pid = int(place.name)
                if pid not in known:
                    known[pid] = self._is_worker(place)
                if known[pid] and (size := resident(place)):
                    self.samples.setdefault(pid, []).append(size)

    def _is_worker(self, place: Path) -> bool:
        try:
            settings = (place / "environ").read_bytes().split(b"\0")
        except OSError:
            return False
        name = b"AWS_LAMBDA_FUNCTION_NAME="
        return any(s.startswith(name) and self.function.encode() in s for s in settings)

    def summary(self) -> dict[str, float | int | None]:
        """Processes, the largest size in bytes, and `growth`: the last quarter's median against the one of the
        quarter before the middle, the largest of all processes; None where none was watched long enough."""
        growth = []
        for sizes in self.samples.values():
            quarter = len(sizes) // 4
            if quarter >= 2:
                growth.append(median(sizes[-quarter:]) / median(sizes[quarter : 2 * quarter]))
        return {
            "processes": len(self.samples),
            "largest": max((max(sizes) for sizes in self.samples.values()), default=0),
            "growth": max(growth, default=None),
        }


def resident(place: Path) -> int:
    """Bytes of resident memory of a process in /proc; 0 where it is gone."""
    try:
        for line in (place / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * KIB
    except OSError:
        pass
    return 0
