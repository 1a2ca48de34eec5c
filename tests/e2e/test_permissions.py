"""What each function's role may do, asked of the deployment: the emulator enforces the template's IAM policies.

A probe takes a role, like a function that has been taken over: it tries calls, and tells which were denied. That the
real functions have what they need, the other tests of this directory show.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.package import ROOT
from local import template
from local.clients import Operator
from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local

FUNCTIONS = sorted(
    name
    for name, resource in template.load(ROOT / "infra" / "template.yaml")["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
)
SIGNERS = {"Apply", "Backfill", "Events"}
PROBE = """
import boto3, botocore.config, botocore.exceptions

CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})

def handler(event, context):
    return [outcome(**call) for call in event["calls"]]

def outcome(service, operation, arguments):
    try:
        getattr(boto3.client(service, config=CONFIG), operation)(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""
DENIED = {"AccessDenied", "AccessDeniedException", "403", "NotAuthorized"}
NOWHERE = "no-such-item"


@dataclass(frozen=True)
class Call:
    """A call that only `allowed` functions may make."""

    name: str
    service: str
    operation: str
    arguments: dict[str, Any]
    allowed: set[str] = field(default_factory=set)


def calls(outputs: dict[str, str], role: str = "arn:aws:iam::000000000000:role/x") -> list[Call]:
    """What a function that was taken over might try. Most would fail for another reason where they are allowed."""

    def sign(name: str, allowed: set[str]) -> Call:
        arguments = {
            "KeyId": outputs[f"{name}KeyArn"],
            "Message": "probe",
            "MessageType": "RAW",
            "SigningAlgorithm": "ECDSA_SHA_256",
        }
        return Call(f"sign with {name}Key", "kms", "sign", arguments, allowed)

    def key(operation: str, **arguments: Any) -> Call:
        arguments = {"KeyId": outputs["CertificateKeyArn"]} | arguments
        return Call(f"kms {operation}", "kms", operation, arguments)

    def statement(text: str, table: str, allowed: set[str]) -> Call:
        arguments = {"Statement": text.format(table=outputs[f"{table}TableName"])}
        return Call(f"{text.split(maxsplit=1)[0]} {table}", "dynamodb", "execute_statement", arguments, allowed)

    def put(table: str, key: str, allowed: set[str], **more: Any) -> Call:
        # The condition never holds: where it is allowed, it changes nothing.
        arguments = {
            "TableName": outputs[f"{table}TableName"],
            "Item": {key: {"S": NOWHERE}} | more,
            "ConditionExpression": "attribute_exists(no_such_attribute)",
        }
        return Call(f"put {table}", "dynamodb", "put_item", arguments, allowed)

    def s3(operation: str, bucket: str, key: str, allowed: set[str]) -> Call:
        arguments = {"Bucket": outputs[f"{bucket}BucketName"], "Key": key}
        if operation == "put_object":
            arguments |= {"IfNoneMatch": "*"}
        return Call(f"{operation} {bucket}/{key}", "s3", operation, arguments, allowed)

    insert = "INSERT INTO \"{table}\" VALUE {{'subject': 'probe', 'at_id': 'x', 'certificate_id': 'probe'}}"
    update = "UPDATE \"{table}\" SET entry='x' WHERE subject='probe' AND at_id='x'"
    delete = "DELETE FROM \"{table}\" WHERE subject='probe' AND at_id='x'"
    return [
        sign("Certificate", SIGNERS),
        sign("Standby", SIGNERS),
        sign("List", {"Status", "StatusLists", "PublishStatus"}),
        key("disable_key"),
        key("schedule_key_deletion", PendingWindowInDays=30),
        key("put_key_policy", PolicyName="default", Policy="{}"),
        key("create_grant", GranteePrincipal="arn:aws:iam::000000000000:root", Operations=["Sign"]),
        put("Certificates", "certificate_id", {"Apply", "Backfill", "Events", "Admin"}),
        put("Config", "name", {"Admin"}, version={"N": "0"}),
        put("Audit", "subject", set(), at_id={"S": "x"}),
        put("Shares", "token_hash", {"Share", "Admin", "Citizen", "Events"}),
        statement(update, "Audit", set()),
        statement(delete, "Audit", set()),
        statement(insert, "Certificates", {"Backfill"}),
        s3("put_object", "Inbox", "ledger/probe", {"Admin"}),
        s3("get_object", "Inbox", "ledger/no-such-ledger", {"Backfill", "Admin"}),
        s3("put_object", "Files", "probe", {"Share"}),
        s3("delete_object", "Files", "probe", set()),
        s3("delete_object", "Inbox", "ledger/probe", set()),
        Call("list tables", "dynamodb", "list_tables", {}),
        Call("list queues", "sqs", "list_queues", {}),
        Call("list buckets", "s3", "list_buckets", {}),
        Call("scan", "dynamodb", "scan", {"TableName": outputs["VehiclesTableName"]}),
        Call("drop", "dynamodb", "delete_table", {"TableName": outputs["VehiclesTableName"]}),
        Call("another role", "sts", "assume_role", {"RoleArn": role, "RoleSessionName": "probe"}),
    ]


class Prober:
    """Runs calls with the role of a function."""

    def __init__(self, stack: Stack) -> None:
        self._lambda = stack.client("lambda")
        resources = stack.client("cloudformation").describe_stack_resources(StackName="jianbiao")
        self._physical = {
            r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources["StackResources"]
        }
        self._layers = [v for k, v in self._physical.items() if k.startswith("DepsLayer")]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("probe.py", PROBE)
        self._code = buffer.getvalue()
        self._account = stack.account

    def outcomes(self, function: str, tried: list[Call]) -> dict[str, str]:
        """Name of the call → ``done`` or an error code."""
        name = f"probe-{function.lower()}"
        self._lambda.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="probe.handler",
            Role=f"arn:aws:iam::{self._account}:role/{self._physical[f'{function}Role']}",
            Code={"ZipFile": self._code},
            Layers=self._layers,
            Timeout=60,
        )
        try:
            event = {
                "calls": [
                    {"service": c.service, "operation": c.operation, "arguments": c.arguments} for c in tried
                ]
            }
            answer = self._lambda.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            found = json.loads(answer["Payload"].read())
            assert isinstance(found, list), found
            return {call.name: outcome for call, outcome in zip(tried, found, strict=True)}
        finally:
            self._lambda.delete_function(FunctionName=name)


@pytest.fixture(scope="module")
def prober(stack: Stack) -> Prober:
    return Prober(stack)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_role_may_do(stack: Stack, prober: Prober, function: str) -> None:
    tried = calls(stack.outputs)
    outcomes = prober.outcomes(function, tried)
    allowed = {name for name, outcome in outcomes.items() if outcome not in DENIED}
    expected = {call.name for call in tried if function in call.allowed}
    # A function may have less than the table says (it is not written yet), never more.
    assert allowed <= expected, {name: outcomes[name] for name in allowed - expected}
    if function in SIGNERS:
        assert outcomes["sign with CertificateKey"] == outcomes["sign with StandbyKey"] == "done"


def test_the_audit_trail_takes_what_is_new_and_only_from_the_police(stack: Stack, prober: Prober) -> None:
    table = stack.outputs["AuditTableName"]
    text = f"INSERT INTO \"{table}\" VALUE {{'subject': 'probe', 'at_id': 'x', 'entry': '{{}}'}}"
    insert = Call("insert", "dynamodb", "execute_statement", {"Statement": text})
    again = Call("again", "dynamodb", "execute_statement", {"Statement": text})
    outcomes = prober.outcomes("VerifyPolice", [insert, again])
    assert outcomes == {"insert": "done", "again": "DuplicateItemException"}
    assert prober.outcomes("VerifyPublic", [insert])["insert"] in DENIED
    assert prober.outcomes("Citizen", [insert])["insert"] in DENIED


def test_a_permission_of_iam_alone_does_not_sign(stack: Stack, prober: Prober) -> None:
    """The key's own policy names who signs: a role that somebody gives `kms:Sign` later on still cannot."""
    iam, role = stack.client("iam"), prober._physical["ShareRole"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "kms:Sign", "Resource": stack.outputs["CertificateKeyArn"]}
        ],
    }
    iam.put_role_policy(RoleName=role, PolicyName="probe", PolicyDocument=json.dumps(policy))
    try:
        sign = calls(stack.outputs)[0]
        assert prober.outcomes("Share", [sign])[sign.name] in DENIED
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="probe")


def test_strangers_are_nobody(stack: Stack) -> None:
    """Keys that the account never gave out."""
    document = stack.document
    operator = Operator(document["aws_endpoint_url"], document["region"], "AKIAIOSFODNN7EXAMPLE")
    dynamodb = operator.client("dynamodb")
    with pytest.raises(dynamodb.exceptions.ClientError) as refused:
        dynamodb.scan(TableName=stack.outputs["VehiclesTableName"])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
