"""With the signing key disabled nothing becomes active, everybody is told to come back, and then it works."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.sample_life import stores
from tests.e2e.deployment import Stack
from tests.e2e.ledgers import Row, line, new_row
from tests.e2e.test_concurrency import OWNER, application, of_vin, registered

pytestmark = pytest.mark.local


@contextmanager
def disabled(stack: Stack) -> Iterator[None]:
    """The key that signs certificates, disabled."""
    kms, key = stack.client("kms"), stack.outputs["CertificateKeyArn"]
    kms.disable_key(KeyId=key)
    try:
        yield
    finally:
        kms.enable_key(KeyId=key)


def is_told_to_come_back(stack: Stack, row: Row) -> None:
    reply = stack.call("POST", "/v1/certificates", token="citizen_portal", json_body=application(row))
    assert (reply.status, reply.headers["content-type"]) == (503, "application/problem+json"), reply.text
    assert reply.json["code"] == "unavailable"
    assert 1 <= int(reply.headers["retry-after"]) <= 60
    assert reply.json["next_step"]["zh"]


def has_nothing_active(stack: Stack, row: Row) -> None:
    assert of_vin(stack, "Certificates", row["clsbdh"]) == []
    pages = stack.call("GET", "/v1/me/certificates", token="citizen_portal").json
    assert row["hphm"] not in [c["plate"] for c in pages["certificates"]]
    assert pages["next"] is None
    (vehicle,) = [
        v
        for v in stack.call("GET", "/v1/me/vehicles", token="citizen_portal").json["vehicles"]
        if v["plate"] == row["hphm"]
    ]
    assert vehicle["certificate_id"] is None


def gets_the_one_that_was_meant(stack: Stack, row: Row) -> int:
    """Status of an application after the key is back: the payload that was reserved before is what gets signed."""
    (meant,) = of_vin(stack, "Issuances", row["clsbdh"])
    reply = stack.call("POST", "/v1/certificates", token="citizen_portal", json_body=application(row))
    assert reply.json["certificate_id"] == meant["certificate_id"]["S"]
    assert reply.json["status"] == "active"
    assert len(of_vin(stack, "Certificates", row["clsbdh"])) == 1
    assert len(of_vin(stack, "Issuances", row["clsbdh"])) == 1
    verified = stack.call("POST", "/v1/verify", json_body={"code": reply.json["code"]})
    assert verified.json["verdict"] == "valid"
    return reply.status


def test_an_application_waits_for_the_key(stack: Stack) -> None:
    row = registered(stack)
    with disabled(stack):
        # Twice: the second attempt finds the reservation of the first.
        is_told_to_come_back(stack, row)
        is_told_to_come_back(stack, row)
        has_nothing_active(stack, row)
    assert gets_the_one_that_was_meant(stack, row) in {200, 201}
    again = stack.call("POST", "/v1/certificates", token="citizen_portal", json_body=application(row))
    assert again.status == 200


def test_a_ledger_row_waits_for_the_key_and_its_owner_need_not(stack: Stack) -> None:
    """The chunk fails and comes again after the queue's timeout, later than this test waits; the owner's application
    finishes what the row began."""
    row = new_row(stack, owner_ref=OWNER)
    vehicles, _ = stores(stack, stack.outputs)  # type: ignore[arg-type]
    with disabled(stack):
        stack.client("s3").put_object(
            Bucket=stack.outputs["InboxBucketName"], Key="ledger/key-disabled.jsonl", Body=line(row) + b"\n"
        )
        deadline = time.monotonic() + 60
        while (stored := vehicles.get(row["clsbdh"])) is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert stored
        assert stored.current
        has_nothing_active(stack, row)
        is_told_to_come_back(stack, row)
        has_nothing_active(stack, row)
    assert gets_the_one_that_was_meant(stack, row) == 200
    (certificate,) = of_vin(stack, "Certificates", row["clsbdh"])
    assert certificate["trigger"]["S"].startswith("ledger:")


def test_what_was_signed_before_verifies_meanwhile(stack: Stack) -> None:
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    with disabled(stack):
        reply = stack.call("POST", "/v1/verify", json_body={"code": sample["code"]})
        assert (reply.status, reply.json["verdict"]) == (200, "valid")
        body = {"plate_class": "02", "plate": sample["plate"], "purpose": "current"}
        assert stack.call("POST", "/v1/certificates", token="citizen", json_body=body).status == 200
