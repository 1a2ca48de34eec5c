"""The issue guard and the retention job as they are deployed: by their roles, on the deployment's own tables."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from jianbiao.aws.certificates import certificate_of
from jianbiao.aws.issuances import issuance_item
from jianbiao.ops import guard
from jianbiao.records import Issuance
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


def look(stack: Stack) -> tuple[dict[str, str], int]:
    """Certificate id → why, of everything that the guard finds in one look at all; and how many it knows for the
    remains of rows that were tried again."""
    answer = invoke(stack, "ReconcileFunctionName", {"segment": 0, "segments": 1})
    assert answer["certificates"] > 100
    assert answer["issuances"] > 100
    return {id_: why for _, id_, why in answer["findings"]}, answer.get("retried", 0)


@dataclass(frozen=True)
class Planted:
    """A certificate that nobody has recorded, and two old intents beside a sample's own: one that its killed worker
    could have left, and one for a vehicle that nobody knows."""

    certificate_id: str
    remains: Issuance
    stranger: Issuance


def beside(issuance: Issuance, number: int, **changes: Any) -> Issuance:
    """An intent that is older than the sample's and has an id of its own."""
    claims = dataclasses.replace(
        issuance.claims, cti=bytes(15) + bytes([number]), iat=issuance.claims.iat - OLD
    )
    return dataclasses.replace(issuance, claims=claims, **changes)


@pytest.fixture
def planted(stack: Stack) -> Iterator[Planted]:
    """What is planted; gone afterwards."""
    dynamodb, outputs = stack.client("dynamodb"), stack.outputs
    certificates, issuances = outputs["CertificatesTableName"], outputs["IssuancesTableName"]
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    item = dynamodb.get_item(TableName=certificates, Key={"certificate_id": {"S": sample["certificate_id"]}})[
        "Item"
    ]
    ours = certificate_of(item).issuance
    assert ours.cause.trigger.startswith("ledger:")
    made = Planted("0" * 25 + "1", beside(ours, 7), beside(ours, 8, vin="LSJA24U62JG269225"))
    dynamodb.put_item(TableName=certificates, Item=item | {"certificate_id": {"S": made.certificate_id}})
    for intent in (made.remains, made.stranger):
        dynamodb.put_item(TableName=issuances, Item=issuance_item(intent))
    yield made
    ids = (made.certificate_id, made.remains.certificate_id, made.stranger.certificate_id)
    for table in (certificates, issuances):
        for id_ in ids:
            dynamodb.delete_item(TableName=table, Key={"certificate_id": {"S": id_}})


def void(stack: Stack, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """`python -m jianbiao.ops guard void …` with the operator's credentials; its exit status."""
    document, outputs = stack.document, stack.outputs
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stack.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", document["region"])
    tables = [
        word
        for name in ("certificates", "issuances", "vehicles")
        for word in (f"--{name}", outputs[f"{name.capitalize()}TableName"])
    ]
    given = ["--endpoint-url", document["aws_endpoint_url"], "--by", "op-1", "--why", "planted by a test"]
    return guard.main(["void", *tables, *given, *words])


def test_what_is_planted_is_found_and_nothing_of_the_sample_is(stack: Stack, planted: Planted) -> None:
    found, retried = look(stack)
    assert found[planted.certificate_id] == "certificate-unreadable"
    assert found[planted.stranger.certificate_id] == "no-vehicle-refers-to-it"
    assert planted.remains.certificate_id not in found
    assert retried >= 1
    samples = {sample["certificate_id"] for sample in stack.document["samples"]}
    assert not samples & found.keys()


def test_a_finding_that_was_looked_into_is_settled_on_record(
    stack: Stack, planted: Planted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    id_ = planted.stranger.certificate_id
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")["certificate_id"]
    assert void(stack, monkeypatch, "--dry-run", id_) == 0
    assert void(stack, monkeypatch, id_) == 0
    assert void(stack, monkeypatch, id_, sample) == guard.REFUSED
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{id_}  would be voided",
        f"{id_}  voided",
        f"{id_}  was voided before",
        f"{sample}  refused: it is a certificate: revoke it",
    ]
    assert id_ not in look(stack)[0]
    key = {"certificate_id": {"S": id_}}
    item = stack.client("dynamodb").get_item(TableName=stack.outputs["CertificatesTableName"], Key=key)[
        "Item"
    ]
    (step,) = certificate_of(item).life
    assert (step.status, step.by, step.why) == ("revoked", "op-1", "planted by a test")


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
