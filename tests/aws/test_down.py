"""Services that refuse, time out or cannot be reached: every adapter says Unavailable, and its caller answers 503."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from jianbiao.aws.audit import DynamoAudit
from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.config import DynamoKeys, DynamoPolicies
from jianbiao.aws.files import S3Files
from jianbiao.aws.inbox import S3Inbox
from jianbiao.aws.indices import DynamoIndices
from jianbiao.aws.issuances import DynamoIssuances
from jianbiao.aws.kms import KmsSigner
from jianbiao.aws.launches import StepFunctions
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.status_lists import S3Lists
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.errors import Unavailable
from jianbiao.ports import SigningKeys
from jianbiao.records import AuditEntry
from jianbiao.services.ledger_run import LedgerObject
from jianbiao.wire.keys import KeySet

ID = "0" * 26
TABLES = Tables(vehicles="v", plates="p", certificates="c", issuances="i", statuses="s", shares="h")
ENTRY = AuditEntry(1, "verify", "o-1", "police", ("certificate#none",), {}, 180)
LEDGER = LedgerObject("ledger/a", "1", "e", 10, 1)


class Down:
    """A client all of whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def call(**_: Any) -> Any:
            raise self.error

        return call


class ArnsOnly:
    """A key set of which a signer needs no more."""

    def key_arns(self) -> dict[bytes, str]:
        return {b"kid": "arn"}

    def current(self) -> SigningKeys:
        return SigningKeys(KeySet.from_jwks({"version": 1, "keys": []}), b"kid")


CALLS: dict[str, Callable[[Any], Any]] = {
    "vehicles.get": lambda c: DynamoVehicles(c, TABLES).get("x"),
    "vehicles.get_many": lambda c: DynamoVehicles(c, TABLES).get_many(["x"]),
    "vehicles.vin_of_plate": lambda c: DynamoVehicles(c, TABLES).vin_of_plate("02", "x"),
    "vehicles.of_owner": lambda c: DynamoVehicles(c, TABLES).of_owner("x", limit=1, after=None),
    "certificates.get": lambda c: DynamoCertificates(c, TABLES).get(ID),
    "certificates.get_many": lambda c: DynamoCertificates(c, TABLES).get_many([ID]),
    "issuances.get": lambda c: DynamoIssuances(c, "i").get(ID),
    "indices.take": lambda c: DynamoIndices(c, "a", bytes).take(1),
    "keys.current": lambda c: DynamoKeys(c, "k").current(),
    "policies.current": lambda c: DynamoPolicies(c, "k").current(),
    "shares.by_token": lambda c: DynamoShares(c, TABLES).by_token("x"),
    "shares.of_certificate": lambda c: DynamoShares(c, TABLES).of_certificate(ID),
    "shares.withdraw": lambda c: DynamoShares(c, TABLES).withdraw("x", at=1, by="x"),
    "shares.count_view": lambda c: DynamoShares(c, TABLES).count_view("x"),
    "audit.record": lambda c: DynamoAudit(c, "a", bytes).record([ENTRY]),
    "kms.sign": lambda c: KmsSigner(c, ArnsOnly()).sign(b"kid", b"m"),  # type: ignore[arg-type]
    "files.exists": lambda c: files(c).exists("k"),
    "files.put": lambda c: files(c).put("k", b"", content_type="image/png", file_name="a"),
    "inbox.find": lambda c: S3Inbox(c, "b").find("k", None),
    "inbox.read": lambda c: S3Inbox(c, "b").read("k"),
    "inbox.write_once": lambda c: S3Inbox(c, "b").write_once("k", {}),
    "inbox.reader": lambda c: list(S3Inbox(c, "b").reader(LEDGER)(0, 10)),
    "lists.get": lambda c: S3Lists(lambda: c, "b").get(1),
    "lists.put": lambda c: S3Lists(lambda: c, "b").put(1, b"", replaces=None),
    "engine.start": lambda c: StepFunctions(c, "arn")("n", {}),
}

ERRORS: dict[str, Callable[[], Exception]] = {
    "denied": lambda: ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"),
    "throttled": lambda: ClientError({"Error": {"Code": "ThrottlingException"}}, "x"),
    "internal": lambda: ClientError({"Error": {"Code": "InternalError"}}, "x"),
    "disabled": lambda: ClientError({"Error": {"Code": "DisabledException"}}, "x"),
    "nameless": lambda: ClientError({}, "x"),
    "connect": lambda: ConnectTimeoutError(endpoint_url="http://x"),
    "endpoint": lambda: EndpointConnectionError(endpoint_url="http://x"),
    "read": lambda: ReadTimeoutError(endpoint_url="http://x"),
    "credentials": NoCredentialsError,
}
"""Made anew for each case: an exception that was raised before carries the frames of that case with it."""


def files(client: Any) -> S3Files:
    """Without the client that signs URLs, which talks to nobody."""
    made = S3Files.__new__(S3Files)
    made._s3, made._bucket = client, "b"
    return made


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("failure", ERRORS)
def test_every_failure_is_unavailable(name: str, failure: str) -> None:
    error = ERRORS[failure]()
    with pytest.raises(Unavailable) as caught:
        CALLS[name](Down(error))
    assert caught.value.__cause__ is error
