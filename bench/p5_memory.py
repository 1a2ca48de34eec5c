"""P5: memory of a chunk worker, AWS answered at the ports, at 10,000 rows and at 1,000,000: it is to stay flat.

Each in a process of its own, since peak memory never falls. Takes some minutes. The speed of P5 is `make launch`'s.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

from bench.common import show, verdict

FEW, MANY, MOST = 10_000, 1_000_000, 1.1
MIB = 1 << 20


def measured(rows: int) -> dict[str, Any]:
    """Rows, how many of them were issued, and the peak of the process in bytes."""
    command = [sys.executable, "-m", "tests.services.memory_of_a_chunk", str(rows)]
    done = subprocess.run(command, env=os.environ, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run() -> bool:
    """Measure and print; False when the bar is missed."""
    rows, found = [], []
    for count in (FEW, MANY):
        began = time.perf_counter()
        found.append(measured(count))
        seconds = time.perf_counter() - began
        peak = found[-1]["peak"]
        rows.append(
            [f"{count:,} rows", f"{peak / MIB:.1f}", f"{peak / found[0]['peak']:.2f}", f"{seconds:.0f}"]
        )
    show("P5  a worker's peak memory", ["", "MiB", "ratio", "s"], rows)
    whole = all(result["issued"] == result["rows"] for result in found)
    return verdict(f"P5 memory ≤ {MOST}×", whole and found[1]["peak"] <= MOST * found[0]["peak"])
