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


def test_verification_and_reads_go_on_beside_a_launch(tmp_path: Path) -> None:
    state = tmp_path / "load"
    command = [sys.executable, "-m", "local.load", "--seconds", SECONDS, "--state", str(state)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    phases = json.loads((state / "load.json").read_text())["phases"]
    assert list(phases) == ["alone", "beside a launch", "slowed"]
    for found in phases.values():
        assert set(found["calls"]) == {"verify", "police verify", "certificate"}
        for times in found["calls"].values():
            assert times["calls"] > 20
            assert times["failures"] == []
            assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    # The launch was at work meanwhile, and slower when it was told to be.
    fast, slow = phases["beside a launch"], phases["slowed"]
    assert fast["certificates_per_second"] > slow["certificates_per_second"] > 0
