"""A whole launch on a deployment of its own in which calls fail, workers are killed, and operators stop and go on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.envs import ROOT

pytestmark = [pytest.mark.local, pytest.mark.full]

ROWS = 1_500


def test_a_launch_in_trouble_ends_with_the_accounts_of_its_ledger(tmp_path: Path) -> None:
    state = tmp_path / "launch"
    command = [sys.executable, "-m", "local.launch", "--trouble", "--count", str(ROWS), "--state", str(state)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=480, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = json.loads((state / "launch.json").read_text())["runs"]
    assert report["wrong"] == []
    made, signed = report["trouble"]["done"], report["signatures"]
    assert {"workers killed", "aborted", "redriven when aborted", "paused", "resumed"} <= made.keys()
    assert signed["payloads"] == report["counts"]["issued"]
    assert signed["signatures"] - signed["payloads"] == sum(signed["again"].values()) > 0
    assert sum(signed["troubled"].values()) > 20
    assert report["trouble"]["again"]["issued"] == 0
