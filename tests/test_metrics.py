"""Metrics: lines that CloudWatch takes for its embedded metric format, cheap to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jianbiao import metrics

ROOT = Path(__file__).parents[1]


def test_a_line_is_in_the_embedded_metric_format() -> None:
    made = json.loads(metrics.line("jb", {metrics.VERIFIED: 1}, "valid", 1_700_000_000_000))
    assert made == {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Jianbiao",
                    "Dimensions": [["deployment"], ["deployment", "outcome"]],
                    "Metrics": [{"Name": "Verified", "Unit": "Count"}],
                }
            ],
        },
        "deployment": "jb",
        "outcome": "valid",
        "Verified": 1,
    }


def test_values_that_belong_together_share_a_line() -> None:
    values = {metrics.STATUS_LIST_AGE: 61, metrics.KEY_DAYS_LEFT: 12.5}
    made = json.loads(metrics.line("jb", values, None, 1))
    (directive,) = made["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["deployment"]]
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "StatusListAgeSeconds": "Seconds",
        "KeyDaysLeft": "None",
    }
    # Every dimension and metric that the directive names is a member of the line.
    assert {"deployment", *values} <= made.keys()


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_lines_go_out_whatever_the_log_level(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setenv("DEPLOYMENT", "jb")
    monkeypatch.setenv("LOG_LEVEL", level)
    metrics.count(metrics.REFUSED, "hold")
    metrics.put({metrics.KMS_THROTTLES: 2})
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["Refused"], first["outcome"], first["deployment"]) == (1, "hold", "jb")
    assert second["KmsThrottles"] == 2
    assert "outcome" not in second


def test_it_brings_no_library_along() -> None:
    """Verification pays for what it imports at each cold start."""
    script = "import sys, jianbiao.metrics\nprint(*sorted(m.partition('.')[0] for m in sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "layers/core"},
        cwd=ROOT,
        check=True,
    )
    assert not set(found.stdout.split()) & {"aws_lambda_powertools", "botocore", "boto3", "cryptography"}
