"""Who may seal an address and who may open it: each role's own credentials, tried on the real key."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.e2e.deployment import Stack
from tests.e2e.roles import DENIED, Roles

pytestmark = pytest.mark.local

CONTEXT = {"paper_request": "probe-1"}


def test_one_function_seals_another_opens_and_nobody_does_both(stack: Stack) -> None:
    roles, key = Roles(stack), stack.outputs["PaperKeyArn"]
    sealed = roles.as_role("Citizen")("kms").encrypt(KeyId=key, Plaintext=b"probe", EncryptionContext=CONTEXT)
    attempts = {
        "encrypt": {"Plaintext": b"probe", "EncryptionContext": CONTEXT},
        "decrypt": {"CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": CONTEXT},
        "re_encrypt": {"CiphertextBlob": sealed["CiphertextBlob"], "SourceEncryptionContext": CONTEXT},
        "generate_data_key": {"KeySpec": "AES_256"},
    }
    may: dict[str, set[str]] = {operation: set() for operation in attempts}
    for name in roles.names:
        kms = roles.as_role(name)("kms")
        for operation, arguments in attempts.items():
            target = {"DestinationKeyId": key} if operation == "re_encrypt" else {"KeyId": key}
            try:
                getattr(kms, operation)(**target, **arguments)
            except ClientError as error:
                assert error.response["Error"]["Code"] in DENIED, (name, operation, error)
                continue
            may[operation].add(name)
    assert may == {
        "encrypt": {"Citizen"},
        "decrypt": {"Office"},
        "re_encrypt": set(),
        "generate_data_key": set(),
    }


def test_only_the_right_request_opens_it(stack: Stack) -> None:
    roles, key = Roles(stack), stack.outputs["PaperKeyArn"]
    sealed = roles.as_role("Citizen")("kms").encrypt(KeyId=key, Plaintext=b"probe", EncryptionContext=CONTEXT)
    office = roles.as_role("Office")("kms")
    blob = sealed["CiphertextBlob"]
    assert office.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == b"probe"
    with pytest.raises(ClientError):
        office.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionContext={"paper_request": "probe-2"})


@pytest.mark.parametrize("name", ["Citizen", "Share", "Apply"])
def test_no_citizens_function_reads_the_offices_lists(stack: Stack, name: str) -> None:
    dynamodb = Roles(stack).as_role(name)("dynamodb")
    with pytest.raises(ClientError) as refused:
        dynamodb.query(
            TableName=stack.outputs["PaperTableName"],
            IndexName="by-state",
            KeyConditionExpression="paper_state = :s",
            ExpressionAttributeValues={":s": {"S": "requested"}},
        )
    assert refused.value.response["Error"]["Code"] in DENIED
