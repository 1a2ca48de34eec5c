"""Memory of a worker does not grow with the ledger: a million rows take what ten thousand take."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from infra.package import ROOT

MOST = 1.1


def measured(rows: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.memory_of_a_chunk", str(rows)],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join(str(ROOT / part) for part in ("layers/core", "layers/render", "."))},
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("rows", [40_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_memory_is_flat(rows: int) -> None:
    small, large = measured(10_000), measured(rows)
    assert (small["issued"], large["issued"]) == (10_000, rows)
    assert large["peak"] <= MOST * small["peak"]
