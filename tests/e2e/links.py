"""Share links in each of their states."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jianbiao.aws.shares import share_item
from jianbiao.citizen_records import Share
from jianbiao.services.share import token_hash
from tests.e2e.deployment import Stack

TOLD = {"actor": "a-1", "reason": "to look at the page of a suspended certificate"}


def shared(stack: Stack, certificate_id: str, owner: str = "citizen") -> str:
    """Path of a new share link."""
    made = stack.call(
        "POST", f"/v1/certificates/{certificate_id}/shares", token=owner, json_body={"expires_in_hours": 1}
    )
    assert made.status == 201, made.text
    return str(made.json["url"]).removeprefix(stack.base_url)


def withdrawn(stack: Stack, certificate_id: str, owner: str = "citizen") -> str:
    """Path of a share link that was taken back."""
    shares = f"/v1/certificates/{certificate_id}/shares"
    before = {link["share_id"] for link in stack.call("GET", shares, token=owner).json["shares"]}
    path = shared(stack, certificate_id, owner)
    after = {link["share_id"] for link in stack.call("GET", shares, token=owner).json["shares"]}
    (new,) = after - before
    assert stack.call("DELETE", f"{shares}/{new}", token=owner).status == 204
    return path


@contextmanager
def suspended(stack: Stack, certificate_id: str, owner: str) -> Iterator[str]:
    """Path of a share link of a certificate that was suspended after it was shared; it is reinstated in the end."""
    path = shared(stack, certificate_id, owner)
    admin = f"/v1/admin/certificates/{certificate_id}"
    stopped = stack.call(
        "POST", f"{admin}/revocation", token="admin", json_body={"kind": "suspended", **TOLD}
    )
    assert stopped.status == 200, stopped.text
    try:
        yield path
    finally:
        stack.call("POST", f"{admin}/reinstatement", token="admin", json_body=TOLD)


def planted(stack: Stack, certificate_id: str, *, hours: float = 1) -> str:
    """Path of a share link that was put into the store by hand: of a certificate that is no longer active, or (with
    `hours` below zero) one that is over, both of which the API makes only by waiting."""
    now, token = int(time.time()), secrets.token_urlsafe(32)
    share = Share(
        secrets.token_urlsafe(9),
        token_hash(token),
        certificate_id,
        now - 7200,
        "p-1",
        now + int(hours * 3600),
    )
    stack.client("dynamodb").put_item(TableName=stack.outputs["SharesTableName"], Item=share_item(share))
    return f"/s/{token}"
