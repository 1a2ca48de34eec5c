"""Readers beside a launch: a short run of `make load`. None may fail, whatever the launch takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.envs import ROOT

pytestmark = [pytest.mark.local, pytest.mark.full]

SECONDS = "12"
SLOWED = 40.0
"""Signatures a second that the third phase allows."""
UNDER_WAY = 200
"""Rows of the batches that two workers have begun when they are slowed."""


def test_verification_and_reads_go_on_beside_a_launch(tmp_path: Path) -> None:
    state = tmp_path / "load"
    command = [
        sys.executable,
        "-m",
        "local.load",
        "--seconds",
        SECONDS,
        "--slowed",
        str(SLOWED),
        "--state",
        str(state),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    phases = json.loads((state / "load.json").read_text())["phases"]
    assert list(phases) == ["alone", "beside a launch", "slowed"]
    for found in phases.values():
        assert set(found["calls"]) == {"verify", "police verify", "certificate"}
        for times in found["calls"].values():
            assert times["calls"] > 20
            assert times["failures"] == []
            assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    # The launch was at work meanwhile, and held to its pace when it was told to; what it had under way came on top.
    assert phases["beside a launch"]["certificates_per_second"] > 0
    assert 0 < phases["slowed"]["certificates_per_second"] < SLOWED + UNDER_WAY / float(SECONDS)
