"""The run book's own commands, run as an operator runs them, on the local deployment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.deployment import ROOT, Stack

pytestmark = pytest.mark.local


def ops(stack: Stack, *words: str) -> str:
    """What `python -m jianbiao.ops …` says; fails where it fails."""
    document = stack.document
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(ROOT / "layers" / "core"),
        "AWS_ACCESS_KEY_ID": stack.account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": document["region"],
        "AWS_DEFAULT_REGION": document["region"],
        "AWS_ENDPOINT_URL": document["aws_endpoint_url"],
    }
    command = [sys.executable, "-m", "jianbiao.ops", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_keys_and_launches_are_shown(stack: Stack) -> None:
    assert '"role": "signs"' in ops(stack, "keys", "show", "--table", stack.outputs["ConfigTableName"])
    said = ops(stack, "launches", "--table", stack.outputs["BackfillsTableName"], "list")
    assert "100% done" in said


def test_queues_are_redriven(stack: Stack) -> None:
    out = stack.outputs
    dead, queue = out["EventsDeadLettersUrl"], out["EventsQueueUrl"]
    assert "messages sent" in ops(stack, "redrive", "dead-letters", "--from", dead, "--to", queue)
    said = ops(stack, "redrive", "queued", "--table", out["EventsTableName"], "--to", out["EventsQueueUrl"])
    assert "messages sent" in said


def test_what_a_restored_table_lost_is_named_and_a_table_is_refilled(stack: Stack) -> None:
    out = stack.outputs
    tables = {
        name: out[f"{name.capitalize()}TableName"]
        for name in ("certificates", "issuances", "statuses", "allocations", "config")
    }
    given = [word for name, table in tables.items() for word in (f"--{name}", table)]
    said = ops(
        stack,
        "restore",
        "--deployment",
        "local",
        *given,
        "--files-bucket",
        out["FilesBucketName"],
        "--dry-run",
    )
    # Nothing was restored: the tables and the lists agree, and each shard would go on in a fresh block.
    assert "blocks of indices opened" in said
    assert "stepped" not in said
    assert "trusted" not in said
    decisions = out["DecisionsTableName"]
    assert ops(stack, "refill", "--from", decisions, "--to", decisions).startswith("0 items written")
