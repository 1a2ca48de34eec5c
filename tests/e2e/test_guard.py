"""The issue guard and the retention job as they are deployed: by their roles, on the deployment's own tables."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from jianbiao.aws.certificates import certificate_of
from jianbiao.aws.issuances import issuance_item
from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local

OLD = 7_200


def invoke(stack: Stack, function: str, event: dict[str, Any]) -> Any:
    """What a function answers to its operator; fails where it raises."""
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs[function], Payload=json.dumps(event).encode(), LogType="Tail"
    )
    body = json.loads(answer["Payload"].read())
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    assert "FunctionError" not in answer, (body, log[-2000:])
    return body


def look(stack: Stack) -> dict[str, str]:
    """Certificate id → why, of everything that the guard finds in one look at all."""
    answer = invoke(stack, "ReconcileFunctionName", {"segment": 0, "segments": 1})
    assert answer["certificates"] > 100
    assert answer["issuances"] > 100
    return {id_: why for _, id_, why in answer["findings"]}


@pytest.fixture
def planted(stack: Stack) -> Iterator[dict[str, str]]:
    """A certificate that nobody has recorded, and an old issuance that never became one; gone afterwards."""
    dynamodb, outputs = stack.client("dynamodb"), stack.outputs
    certificates, issuances = outputs["CertificatesTableName"], outputs["IssuancesTableName"]
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    key = {"certificate_id": {"S": sample["certificate_id"]}}
    item = dynamodb.get_item(TableName=certificates, Key=key)["Item"]
    issuance = certificate_of(item).issuance
    claims = issuance.claims
    old = type(issuance)(
        **{name: getattr(issuance, name) for name in type(issuance).__slots__}
        | {
            "claims": type(claims)(
                **{name: getattr(claims, name) for name in type(claims).__slots__}
                | {"cti": bytes(15) + b"\x07", "iat": int(time.time()) - OLD}
            )
        }
    )
    unrecorded = "0" * 25 + "1"
    dynamodb.put_item(TableName=certificates, Item=item | {"certificate_id": {"S": unrecorded}})
    dynamodb.put_item(TableName=issuances, Item=issuance_item(old))
    yield {unrecorded: "certificate-unreadable", old.certificate_id: "never-became-a-certificate"}
    dynamodb.delete_item(TableName=certificates, Key={"certificate_id": {"S": unrecorded}})
    dynamodb.delete_item(TableName=issuances, Key={"certificate_id": {"S": old.certificate_id}})


def test_what_is_planted_is_found_and_nothing_of_the_sample_is(stack: Stack, planted: dict[str, str]) -> None:
    found = look(stack)
    assert planted.items() <= found.items()
    samples = {sample["certificate_id"] for sample in stack.document["samples"]}
    assert not samples & found.keys()


def test_the_schedule_s_own_event_looks_at_one_segment(stack: Stack) -> None:
    answers = [
        invoke(stack, "ReconcileFunctionName", {"time": f"2026-11-22T10:{minute}0:30Z"}) for minute in (1, 2)
    ]
    assert [answer["segments"] for answer in answers] == [144, 144]
    assert answers[1]["segment"] == (answers[0]["segment"] + 1) % 144


def test_the_retention_job_sets_the_rules_of_the_policy_and_removes_nothing_that_is_in_use(
    stack: Stack,
) -> None:
    invoke(stack, "RetentionFunctionName", {})
    again = invoke(stack, "RetentionFunctionName", {})
    assert again == {"rules": 0, "launches": 0, "shares": 0}
    s3 = stack.client("s3")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=stack.outputs["InboxBucketName"])["Rules"]
    days = {rule["ID"]: rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule}
    assert days == {"ledgers": 180, "results": 1095}
