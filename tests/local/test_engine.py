"""The engine of a launch, read off its definition: which ways there are through it, and how each ends."""

from __future__ import annotations

import json
import re
from typing import Any

from infra.package import ROOT
from jianbiao.services import launches
from local import template

TEXT = (ROOT / "infra" / "backfill.asl.json").read_text(encoding="utf-8")
STATES: dict[str, dict[str, Any]] = json.loads(re.sub(r": \$\{\w+\}", ": 1", TEXT))["States"]

FIFTEEN = 15
"""Seconds of a chunk at a worker's share of the quota (ledger_run.CHUNK_BYTES)."""


def after_the_sum(state: str) -> str:
    """The type of the state in which an attempt ends whose sum says `state`."""
    choice = STATES[STATES["SumUp"]["Next"]]
    assert choice["Type"] == "Choice"
    found = [c["Next"] for c in choice["Choices"] if c == {**c, "Variable": "$.state", "StringEquals": state}]
    return str(STATES[found[0] if found else choice["Default"]]["Type"])


def test_chunks_that_are_left_fail_the_execution_and_nothing_else_does() -> None:
    """An execution that fails is what the alarm launch-failed watches."""
    assert after_the_sum(launches.FAILED) == "Fail"
    for state in (launches.DONE, launches.PAUSED, launches.ABORTED):
        assert after_the_sum(state) == "Succeed", state


def test_whatever_fails_is_summed_up() -> None:
    for name in ("Plan", "Chunks"):
        (caught,) = STATES[name]["Catch"]
        assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "SumUp"), name
        # The sum needs to know which launch it is: the error is put beside that, not in its place.
        assert caught["ResultPath"] == "$.failure"


def test_retries_of_a_chunk_are_inside_its_child() -> None:
    assert "Retry" not in STATES["Chunks"], "it would begin all chunks anew"
    child = STATES["Chunks"]["ItemProcessor"]
    assert child["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    assert child["States"]["Chunk"]["Retry"]
    for name in ("Plan", "SumUp"):
        assert STATES[name]["Retry"]


def test_a_child_waits_for_a_worker_longer_than_a_chunk_takes() -> None:
    """Launches side by side share the reserved workers: who finds none free waits, and that is no failure."""
    first, any_other = STATES["Chunks"]["ItemProcessor"]["States"]["Chunk"]["Retry"]
    assert first["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
    assert any_other["ErrorEquals"] == ["States.ALL"]
    waits = [
        min(first["IntervalSeconds"] * first["BackoffRate"] ** n, first["MaxDelaySeconds"])
        for n in range(first["MaxAttempts"])
    ]
    # On average half of it (full jitter); and what is left of the child's five minutes is enough for the chunk.
    assert 4 * FIFTEEN < sum(waits) / 2 < 150


def test_the_engine_may_follow_its_own_children_and_nobody_else_s() -> None:
    """A child's ARN has the map's label behind the machine's name (Step Functions, IAM for distributed maps)."""
    resources = template.load(ROOT / "infra" / "template.yaml")["Resources"]
    name = resources["BackfillEngine"]["Properties"]["Name"]["Fn::Sub"]
    (follow,) = [
        s
        for s in resources["BackfillEnginePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if s["Sid"] == "FollowChildren"
    ]
    ends = [arn["Fn::Sub"].partition(":execution:")[2] for arn in follow["Resource"]]
    assert ends == [f"{name}:*", f"{name}/{STATES['Chunks']['Label']}:*"]


def test_a_child_says_little() -> None:
    """What all children say is kept together, in 256 KiB (tests/services/test_launches.py counts)."""
    assert STATES["Chunks"]["ItemProcessor"]["States"]["Worked"] == {
        "Type": "Pass",
        "Result": {},
        "End": True,
    }
    assert STATES["Chunks"]["ResultPath"] is None
