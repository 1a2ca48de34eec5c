"""Who may do what, tried out under `AUTH=true`: each role's credentials, one harmless call for each thing there is.

tests/local/test_template.py reads the template for the same; here the deployed roles are held to what it says.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.e2e.deployment import Stack, request
from tests.e2e.roles import SIGN, Probe, Roles, allowed, permits, said

pytestmark = [pytest.mark.local, pytest.mark.timeout(900)]

Granted = dict[str, set[tuple[str, str]]]
"""Function → (action, resource) of the calls that its role's credentials got through with."""

WRITES = (
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PartiQLDelete",
)
CERTIFICATE_SIGNERS = {"Apply", "Backfill", "Events"}
LIST_SIGNERS = {"Status"}
READERS = ("VerifyPublic", "VerifyPolice", "Citizen", "Share", "Token")
"""Functions that can never sign."""
SKIPPED = {
    f"dynamodb:{action}"
    for action in ("Query", "Scan", "BatchGetItem", "PartiQLSelect", *WRITES)
    if action not in {"PutItem", "PartiQLInsert"}
}
OF_CITIZENS = {"BindingsTable", "PaperTable"}
"""What citizens write for themselves; no certificate rests on it."""


@pytest.fixture(scope="module")
def roles(stack: Stack) -> Iterator[Roles]:
    roles = Roles(stack)
    yield roles
    roles.clean()


@pytest.fixture(scope="module")
def probes(roles: Roles) -> list[Probe]:
    return roles.probes()


@pytest.fixture(scope="module")
def granted(roles: Roles, probes: list[Probe]) -> Granted:
    """The outcome of the probes with every role. Of a table that its policy does not name, a function that writes
    elsewhere is tried with three calls, to save time; the readers are tried with all."""
    found: Granted = {}
    for name in roles.names:
        client, policy = roles.as_role(name), roles.policy(name)
        named = {p.resource for p in probes if permits(policy, p)}
        tried = [p for p in probes if name in READERS or p.resource in named or p.action not in SKIPPED]
        found[name] = {(p.action, p.resource) for p in tried if allowed(p, client)}
    return found


def test_there_is_something_to_refuse(roles: Roles, probes: list[Probe]) -> None:
    """An operator gets through with all of it: the probes themselves are right."""
    assert set(READERS) | {"Apply", "Backfill"} <= set(roles.names)
    assert len(probes) > 100
    client = cache(roles.stack.client)
    refused = [p for p in probes if not allowed(p, client)]
    assert not refused


def test_the_roles_do_what_their_policies_say_and_nothing_else(
    roles: Roles, probes: list[Probe], granted: Granted
) -> None:
    for name in roles.names:
        policy = roles.policy(name)
        expected = {(p.action, p.resource) for p in probes if permits(policy, p)}
        assert granted[name] == expected, (name, granted[name] ^ expected, said(policy))


def test_only_lambda_takes_a_role_but_for_the_engine_s(roles: Roles) -> None:
    for name in roles.names:
        service = "states" if name == "BackfillEngine" else "lambda"
        (statement,) = roles.described(name)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert statement["Action"] == "sts:AssumeRole"


def test_only_the_issuing_functions_sign_certificates(granted: Granted) -> None:
    for key in ("CertificateKey", "StandbyKey"):
        signers = {name for name, calls in granted.items() if (SIGN, key) in calls}
        assert {"Apply", "Backfill"} <= signers <= CERTIFICATE_SIGNERS


def test_nobody_but_status_publication_signs_lists(granted: Granted) -> None:
    assert {name for name, calls in granted.items() if (SIGN, "ListKey") in calls} <= LIST_SIGNERS


def test_addresses_are_sealed_by_one_function_and_opened_by_another(granted: Granted) -> None:
    for action, function in (("kms:Encrypt", "Citizen"), ("kms:Decrypt", "Office")):
        assert {name for name, calls in granted.items() if (action, "PaperKey") in calls} == {function}


def test_who_sends_starts_and_invokes(granted: Granted) -> None:
    def who(action: str, resource: str) -> set[str]:
        return {name for name, calls in granted.items() if (action, resource) in calls}

    assert who("sqs:SendMessage", "EventsQueue") == {"Intake"}
    assert who("sqs:SendMessage", "InboxQueue") == set()
    assert who("sqs:DeleteMessage", "EventsQueue") == {"Events"}
    assert who("sqs:DeleteMessage", "InboxQueue") == {"BackfillPlan"}
    for queue in ("EventsDeadLetters", "InboxDeadLetters"):
        assert who("sqs:SendMessage", queue) | who("sqs:DeleteMessage", queue) == set()
    assert who("events:PutEvents", "Bus") == {"Publish"}
    # A distributed map starts its children itself.
    starting = {"BackfillPlan", "BackfillAdmin", "BackfillEngine"}
    assert who("states:StartExecution", "BackfillEngine") == starting
    for function in ("Backfill", "BackfillPlan"):
        assert who("lambda:InvokeFunction", function) == {"BackfillEngine"}
    assert who("lambda:InvokeFunction", "Apply") == set()


@pytest.mark.parametrize("name", READERS)
def test_verification_reading_and_sharing_cannot_sign(granted: Granted, name: str) -> None:
    assert not [call for call in granted[name] if call[0] == SIGN]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("VerifyPublic", set()),
        ("VerifyPolice", {("dynamodb:PartiQLInsert", "AuditTable")}),
        ("Citizen", set()),
        ("Token", set()),
        ("Share", {("dynamodb:PutItem", "SharesTable"), ("dynamodb:UpdateItem", "SharesTable")}),
    ],
)
def test_readers_cannot_write(granted: Granted, name: str, may: set[tuple[str, str]]) -> None:
    writes = {
        (action, table) for action, table in granted[name] if action.removeprefix("dynamodb:") in WRITES
    }
    if name == "Citizen":
        # Bindings are the citizen's own to write; nothing that a certificate rests on is.
        writes = {w for w in writes if w[1] not in {"BindingsTable", "PaperTable"}}
    assert writes == may


def test_nobody_changes_or_removes_an_audit_record(granted: Granted) -> None:
    for name, calls in granted.items():
        writes = {a for a, table in calls if table == "AuditTable" and a.removeprefix("dynamodb:") in WRITES}
        assert writes <= {"dynamodb:PartiQLInsert"}, name
    assert ("dynamodb:PartiQLInsert", "AuditTable") in granted["VerifyPolice"]


def test_an_audit_record_is_not_overwritten_by_its_writer(roles: Roles) -> None:
    """Inserting under the same key is refused, so the one permission that there is cannot change the past."""
    stack = roles.stack
    table = stack.outputs["AuditTableName"]
    dynamodb, operator = roles.as_role("VerifyPolice")("dynamodb"), stack.client("dynamodb")
    key = {"subject": {"S": "iam-probe"}, "at_id": {"S": "overwrite"}}

    def insert(entry: str) -> None:
        dynamodb.execute_statement(
            Statement=f"INSERT INTO \"{table}\" VALUE {{'subject': ?, 'at_id': ?, 'entry': ?}}",
            Parameters=[*key.values(), {"S": entry}],
        )

    try:
        insert("first")
        with pytest.raises(ClientError) as caught:
            insert("second")
        assert caught.value.response["Error"]["Code"] == "DuplicateItemException"
        assert operator.get_item(TableName=table, Key=key)["Item"]["entry"] == {"S": "first"}
        for refused in (
            lambda: dynamodb.put_item(TableName=table, Item=key),
            lambda: dynamodb.delete_item(TableName=table, Key=key),
            lambda: dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": key}}]),
            lambda: dynamodb.transact_write_items(
                TransactItems=[{"Delete": {"TableName": table, "Key": key}}]
            ),
            lambda: dynamodb.get_item(TableName=table, Key=key),
        ):
            with pytest.raises(ClientError, match="AccessDenied"):
                refused()
        assert operator.get_item(TableName=table, Key=key)["Item"]["entry"] == {"S": "first"}
    finally:
        operator.delete_item(TableName=table, Key=key)


def test_nobody_removes_an_issuance_or_a_certificate(granted: Granted) -> None:
    for name, calls in granted.items():
        for table in ("IssuancesTable", "CertificatesTable"):
            removing = {"dynamodb:DeleteItem", "dynamodb:PartiQLDelete", "dynamodb:BatchWriteItem"}
            assert not {(action, table) for action in removing} & calls, name
        assert ("dynamodb:UpdateItem", "IssuancesTable") not in calls, name


def test_each_function_has_what_it_needs(stack: Stack) -> None:
    """One call for each that answers HTTP; the ledger that `make run` loads is the backfill's."""
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    path = f"/v1/certificates/{sample['certificate_id']}"
    scan = {"code": sample["code"], "officer_ref": "o-1", "terminal_id": "t-1"}
    body = {"plate_class": "02", "plate": sample["plate"], "purpose": "current"}
    made = stack.call("POST", f"{path}/shares", token="citizen", json_body={"expires_in_hours": 1})
    answers = {
        "VerifyPublic": stack.call("POST", "/v1/verify", json_body={"code": sample["code"]}).status,
        "VerifyPolice": stack.call("POST", "/v1/police/verify", token="police", json_body=scan).status,
        "Apply": stack.call("POST", "/v1/certificates", token="citizen", json_body=body).status,
        "Citizen": stack.call("GET", "/v1/me/certificates", token="citizen").status,
        "Share": made.status,
        "Share, file": stack.call("GET", f"{path}/file", token="citizen").status,
        "Share, link": request("GET", made.json["url"]).status,
    }
    assert answers == {
        "VerifyPublic": 200,
        "VerifyPolice": 200,
        "Apply": 200,
        "Citizen": 200,
        "Share": 201,
        "Share, file": 303,
        "Share, link": 200,
    }
    audited = stack.client("dynamodb").query(
        TableName=stack.outputs["AuditTableName"],
        KeyConditionExpression="subject = :s",
        ExpressionAttributeValues={":s": {"S": f"certificate#{sample['certificate_id']}"}},
    )["Items"]
    assert audited
    logs = stack.client("logs")
    lines = [
        (group["logGroupName"], event["message"])
        for group in logs.describe_log_groups()["logGroups"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for event in page["events"]
    ]
    assert len(lines) > len(answers)
    assert not [(group, message[:300]) for group, message in lines if "AccessDenied" in message]


def test_a_presigned_url_lives_five_minutes_at_most_and_no_longer_than_it_says(
    stack: Stack, roles: Roles
) -> None:
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    reply = stack.call("GET", f"/v1/certificates/{sample['certificate_id']}/file?format=png", token="citizen")
    url = urlsplit(reply.headers["location"])
    assert int(parse_qs(url.query)["X-Amz-Expires"][0]) <= 300
    bucket, _, key = url.path[1:].partition("/")
    where = {"Bucket": bucket, "Key": key}
    s3 = roles.as_role("Share", endpoint=stack.base_url)("s3")
    brief = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=2)
    assert request("GET", brief).status == 200
    time.sleep(3)
    assert request("GET", brief).status == 403
    # A role that may not read the bucket cannot hand it out either.
    stranger = roles.as_role("Citizen", endpoint=stack.base_url)("s3")
    assert request("GET", stranger.generate_presigned_url("get_object", Params=where)).status == 403
