"""What the local AWS and its workers take while they work, watched from outside (Linux; elsewhere nothing is seen)."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

PROC = Path("/proc")
EVERY = 1.0
KIB = 1024


@dataclass(slots=True)
class Usage:
    """Memory and processor time of the emulator and of one function's workers, once a second."""

    emulator: int
    """Its process; the workers are its children."""
    function: str
    """Part of the function's name."""
    memory: dict[int, list[int]] = field(default_factory=dict)
    """Resident bytes by process, in the order of time."""
    processor: dict[int, float] = field(default_factory=dict)
    """Seconds by process, since it began."""
    _before: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._before = processor_seconds(PROC / str(self.emulator))
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        known: dict[int, bool] = {self.emulator: True}
        while not self._stop.wait(EVERY):
            for place in PROC.glob("[0-9]*"):
                pid = int(place.name)
                if pid not in known:
                    known[pid] = is_worker(place, self.emulator, self.function)
                if known[pid] and (size := resident(place)):
                    self.memory.setdefault(pid, []).append(size)
                    self.processor[pid] = processor_seconds(place)

    def summary(self) -> dict[str, Any]:
        """Workers; the largest one's bytes; `growth`: a worker's last quarter of samples against its second one,
        the largest of all workers, None where none was watched long enough; seconds of processor time."""
        workers = {pid: sizes for pid, sizes in self.memory.items() if pid != self.emulator}
        growth = []
        for sizes in workers.values():
            quarter = len(sizes) // 4
            if quarter >= 2:
                growth.append(median(sizes[-quarter:]) / median(sizes[quarter : 2 * quarter]))
        return {
            "workers": len(workers),
            "largest": max((max(sizes) for sizes in workers.values()), default=0),
            "growth": max(growth, default=None),
            "emulator": max(self.memory.get(self.emulator, ()), default=0),
            "processor_workers": sum(self.processor.get(pid, 0.0) for pid in workers),
            "processor_emulator": self.processor.get(self.emulator, self._before) - self._before,
        }


def is_worker(place: Path, emulator: int, function: str) -> bool:
    """Whether a process in /proc is a worker of the emulator's, of a function whose name has this part."""
    try:
        settings = (place / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    name = b"AWS_LAMBDA_FUNCTION_NAME="
    named = any(s.startswith(name) and function.encode() in s for s in settings)
    return named and _parent(place) == emulator


def workers(emulator: int, function: str) -> list[int]:
    """Processes of the workers of a function."""
    return [int(p.name) for p in PROC.glob("[0-9]*") if is_worker(p, emulator, function)]


def resident(place: Path) -> int:
    """Bytes of resident memory of a process in /proc; 0 where it is gone."""
    return int(_status(place, "VmRSS:") or 0) * KIB


def processor_seconds(place: Path) -> float:
    """Seconds of processor time of a process in /proc, in user mode and in the kernel; 0 where it is gone."""
    try:
        fields = (place / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _parent(place: Path) -> int:
    return int(_status(place, "PPid:") or 0)


def _status(place: Path, name: str) -> str | None:
    try:
        lines = (place / "status").read_text().splitlines()
    except OSError:
        return None
    return next((line.split()[1] for line in lines if line.startswith(name)), None)
