"""The signing keys' own policies name who signs: a permission that IAM alone gives does not.

A function of the test's takes a role, as somebody would who had taken a function over.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local

PROBE = """
import boto3, botocore.exceptions

def handler(event, context):
    try:
        boto3.client("kms").sign(
            KeyId=event["key"], Message=b"probe", MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "signed"
"""
Sign = Callable[[str], str]
"""Signs with a key (its ARN); returns ``signed`` or an error code."""


@contextmanager
def taken_over(stack: Stack, function: str) -> Iterator[tuple[str, Sign]]:
    """The name of a function's role, and a way to sign with it."""
    resources = stack.client("cloudformation").describe_stack_resources(StackName="jianbiao")[
        "StackResources"
    ]
    physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
    role, client, name = physical[f"{function}Role"], stack.client("lambda"), f"probe-{function.lower()}"
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("probe.py", PROBE)
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="probe.handler",
        Role=f"arn:aws:iam::{stack.account}:role/{role}",
        Code={"ZipFile": code.getvalue()},
        Layers=[value for key, value in physical.items() if key.startswith("DepsLayer")],
        Timeout=60,
    )

    def sign(key: str) -> str:
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"key": key}).encode())
        return str(json.loads(answer["Payload"].read()))

    try:
        yield role, sign
    finally:
        client.delete_function(FunctionName=name)


def test_the_probe_can_sign_with_a_role_that_may(stack: Stack) -> None:
    with taken_over(stack, "Apply") as (_, sign):
        assert sign(stack.outputs["CertificateKeyArn"]) == "signed"
        assert sign(stack.outputs["ListKeyArn"]) == "AccessDeniedException"


def test_a_permission_of_iam_alone_does_not_sign(stack: Stack) -> None:
    iam, kms, key = stack.client("iam"), stack.client("kms"), stack.outputs["CertificateKeyArn"]
    permission = policy({"Effect": "Allow", "Action": "kms:Sign", "Resource": key})
    root = f"arn:aws:iam::{stack.account}:root"
    usual = policy({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"})
    own = kms.get_key_policy(KeyId=key)["Policy"]
    with taken_over(stack, "Share") as (role, sign):
        iam.put_role_policy(RoleName=role, PolicyName="probe", PolicyDocument=permission)
        try:
            assert sign(key) == "AccessDeniedException"
            # With the policy that keys have by default it would: what stops it is ours.
            kms.put_key_policy(KeyId=key, PolicyName="default", Policy=usual)
            assert sign(key) == "signed"
        finally:
            kms.put_key_policy(KeyId=key, PolicyName="default", Policy=own)
            iam.delete_role_policy(RoleName=role, PolicyName="probe")
        assert sign(key) == "AccessDeniedException"


def policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
