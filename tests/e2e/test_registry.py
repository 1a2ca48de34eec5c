"""Registry events over HTTP: channels 1, 3 and 6, what ends a certificate, duplicates, bad input, the bus."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from jianbiao.domain.times import CHINA
from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local

APPLIED_WITHIN = 60.0
"""Seconds until an accepted event has ended: the queue, a cold start, and a busy machine."""
HARBIN, BEIJING = "230100", "110000"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def month_end(years: int) -> str:
    """The last day of this month, some years away."""
    today = datetime.now(CHINA).date()
    following = date(today.year + years + today.month // 12, today.month % 12 + 1, 1)
    return (following - timedelta(days=1)).isoformat()


@dataclass
class Registry:
    """A station that reports about one made-up vehicle, and its owner."""

    stack: Stack
    owner: str
    vin: str
    plate: str

    def event(
        self, type_: str, *, age: int = 0, vehicle: dict[str, Any] | None = None, **parts: Any
    ) -> dict[str, Any]:
        """An event that occurred `age` seconds ago."""
        occurred_at = (datetime.now(CHINA) - timedelta(seconds=age)).isoformat(timespec="seconds")
        return {
            "id": secrets.token_hex(12),
            "type": type_,
            "occurred_at": occurred_at,
            "vehicle": {"vin": self.vin, **(vehicle or {})},
            **parts,
        }

    def registration(self, *, age: int = 100, **changes: Any) -> dict[str, Any]:
        """A private car, registered three years ago this month, within its period for another year."""
        facts = {
            "plate_class": "02",
            "plate": self.plate,
            "vehicle_type": "K33",
            "use": "A",
            "colour": "A",
            "seats": 5,
            "is_van": False,
            "casualty_accident": False,
            "illegal_modification": False,
            "registered_on": month_end(-3),
            "manufactured_on": None,
            "valid_until": month_end(1),
            "division": HARBIN,
            "owner_ref": self.owner,
            "state": "A",
        }
        return self.event("vehicle.registered", age=age, vehicle={**facts, **changes})

    def inspection(self, *, age: int = 0, division: str = HARBIN, until: str | None = None) -> dict[str, Any]:
        passed_on = (datetime.now(CHINA) - timedelta(seconds=age)).date().isoformat()
        inspection = {"division": division, "station": "s-1", "passed_on": passed_on}
        return self.event(
            "inspection.passed", age=age, inspection=inspection | ({"valid_until": until} if until else {})
        )

    def send(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.stack.call(
            "POST", "/v1/registry/events", token="registry", json_body={"events": events}
        )
        assert answer.status == 202, answer.text
        return list(answer.json["results"])

    def report(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send an event and read back how it ended."""
        (result,) = self.send(event)
        assert (result["id"], result["result"]) == (event["id"], "accepted"), result
        return self.ended(event["id"])

    def ended(self, event_id: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            answer = self.stack.call("GET", f"/v1/registry/events/{event_id}", token="registry")
            assert answer.status == 200, answer.text
            return dict(answer.json) if answer.json["status"] != "queued" else None

        return eventually(done)

    def certificate(self, certificate_id: str, by: str = "citizen") -> dict[str, Any]:
        answer = self.stack.call("GET", f"/v1/certificates/{certificate_id}", token=by)
        assert answer.status == 200, answer.text
        return dict(answer.json)

    def verdict(self, code: str) -> str:
        answer = self.stack.call("POST", "/v1/verify", json_body={"code": code})
        return str(answer.json["verdict"])

    def apply(self, plate: str | None = None) -> Any:
        body = {"plate_class": "02", "plate": plate or self.plate, "purpose": "current"}
        return self.stack.call("POST", "/v1/certificates", token="citizen", json_body=body)


def eventually(found: Callable[[], Any], within: float = APPLIED_WITHIN) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if (value := found()) is not None:
            return value
        time.sleep(0.2)
    pytest.fail(f"nothing within {within:.0f} s")


_numbers: Iterator[int] = itertools.count(secrets.randbelow(90_000))


def plate() -> str:
    """A plate that no sample has: with two letters at the end."""
    number = next(_numbers) % 90_000
    tail = "".join(secrets.choice(_LETTERS) for _ in range(2))
    return f"黑L{number % 1000:03}{tail}"


@pytest.fixture
def registry(stack: Stack) -> Registry:
    """A vehicle of its own for each test; its owner is the sample citizen."""
    return made(stack)


def made(stack: Stack) -> Registry:
    vin = "LJB" + "".join(secrets.choice("0123456789ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(14))
    return Registry(stack, person(stack, "citizen"), vin, plate())


def person(stack: Stack, token: str) -> str:
    """Person reference behind a sample token."""
    import base64

    payload = stack.token(token).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["person_ref"])


@pytest.mark.shows("channel 1")
def test_channel_1_registration_change_of_plate_and_transfer(stack: Stack, registry: Registry) -> None:
    first = registry.report(registry.registration())
    assert first["status"] == "applied"
    issued = registry.certificate(first["certificate_id"])
    assert (issued["plate"], issued["valid_until"]) == (registry.plate, month_end(1))
    assert registry.verdict(issued["code"]) == "valid"
    other = plate()
    second = registry.report(registry.event("vehicle.changed", age=50, vehicle={"plate": other}))
    changed = registry.certificate(second["certificate_id"])
    assert (changed["plate"], changed["valid_until"], changed["supersedes"]) == (
        other,
        month_end(1),
        first["certificate_id"],
    )
    assert registry.verdict(issued["code"]) == "superseded"
    path = f"/v1/certificates/{second['certificate_id']}/shares"
    share = stack.call("POST", path, token="citizen", json_body={"expires_in_hours": 1})
    assert share.status == 201, share.text
    shared = share.json["url"].removeprefix(stack.base_url)
    assert stack.call("GET", shared).status == 200
    sold = registry.report(
        registry.event("vehicle.transferred", age=10, vehicle={"owner_ref": person(stack, "citizen_2")})
    )
    assert (sold["status"], sold["certificate_id"]) == ("applied", second["certificate_id"])
    assert registry.verdict(changed["code"]) == "valid"
    assert stack.call("GET", shared).status == 410
    assert stack.call("GET", f"/v1/certificates/{sold['certificate_id']}", token="citizen").status == 404
    assert registry.certificate(sold["certificate_id"], "citizen_2")["status"] == "active"


@pytest.mark.shows("channel 3")
def test_channel_3_an_inspection_is_there_at_the_counter(registry: Registry) -> None:
    registry.report(registry.registration())
    passed = registry.report(registry.inspection(until=month_end(3)))
    assert passed["status"] == "applied"
    certificate = registry.certificate(passed["certificate_id"])
    assert (certificate["valid_until"], certificate["status"]) == (month_end(3), "active")


@pytest.mark.shows("channel 6")
def test_channel_6_an_inspection_elsewhere_waits_for_an_application(registry: Registry) -> None:
    first = registry.report(registry.registration())
    away = registry.report(registry.inspection(division=BEIJING, until=month_end(3)))
    assert (away["status"], away["certificate_id"]) == ("applied", None)
    assert registry.certificate(first["certificate_id"])["valid_until"] == month_end(1)
    answer = registry.apply()
    assert answer.status == 201, answer.text
    assert (answer.json["valid_until"], answer.json["supersedes"]) == (month_end(3), first["certificate_id"])


def test_a_deregistration_revokes_and_blocks(registry: Registry) -> None:
    first = registry.report(registry.registration())
    code = registry.certificate(first["certificate_id"])["code"]
    gone = registry.report(registry.event("vehicle.deregistered"))
    assert gone["status"] == "applied"
    assert registry.verdict(code) == "revoked"
    refused = registry.apply()
    assert (refused.status, refused.json["code"]) == (409, "state-blocked")
    inspected = registry.report(registry.inspection(until=month_end(3)))
    assert inspected["status"] in {"applied", "refused"}
    assert inspected["certificate_id"] is None


@pytest.mark.shows("hold met by an event")
def test_a_held_vehicle_is_passed_by_no_event(stack: Stack, registry: Registry) -> None:
    first = registry.report(registry.registration())
    path = f"/v1/admin/certificates/{first['certificate_id']}/revocation"
    stop = {"kind": "suspended", "reason": "核查", "actor": "op-1"}
    assert stack.call("POST", path, token="admin", json_body=stop).status == 200
    inspection = registry.inspection(until=month_end(3))
    passed = registry.report(inspection)
    assert (passed["status"], passed["reason"], passed["certificate_id"]) == ("refused", "hold", None)
    assert registry.certificate(first["certificate_id"])["status"] == "suspended"
    lift = {"vin": registry.vin, "reason": "已结案", "actor": "op-1"}
    assert stack.call("POST", "/v1/admin/holds/lift", token="admin", json_body=lift).status == 200
    # What the inspection said is in the register all the while.
    answer = registry.apply()
    assert (answer.status, answer.json["valid_until"]) == (201, month_end(3))


def test_an_inspection_that_is_heard_of_before_its_registration(registry: Registry) -> None:
    passed = registry.inspection(age=10, until=month_end(3))
    waits = registry.report(passed)
    assert (waits["status"], waits["reason"]) == ("refused", "vehicle-unknown")
    assert waits["message"]["zh"]
    assert waits["next_step"]["en"]
    registered = registry.report(registry.registration(age=500))
    assert registry.certificate(registered["certificate_id"])["valid_until"] == month_end(3)
    assert registry.ended(passed["id"])["certificate_id"] == registered["certificate_id"]


def test_a_plate_that_another_vehicle_is_given(stack: Stack, registry: Registry) -> None:
    first = registry.report(registry.registration(age=500))
    code = registry.certificate(first["certificate_id"])["code"]
    other = made(stack)
    second = other.report(other.registration(age=100, plate=registry.plate))
    assert registry.verdict(code) == "revoked"
    assert other.certificate(second["certificate_id"])["plate"] == registry.plate
    third = made(stack)
    late = third.report(third.registration(age=300, plate=registry.plate))
    assert (late["status"], late["reason"]) == ("refused", "plate-of-another-vehicle")


def test_events_come_twice_and_in_any_order(registry: Registry) -> None:
    events = [
        registry.registration(age=500),
        registry.event("vehicle.changed", age=400, vehicle={"plate": plate()}),
        registry.event("vehicle.changed", age=300, vehicle={"plate": plate()}),
        registry.inspection(age=200, until=month_end(3)),
    ]
    results = registry.send(*reversed(events), *events)
    assert [r["result"] for r in results] == ["accepted"] * 4 + ["duplicate"] * 4
    ends = [registry.ended(event["id"]) for event in events]
    last = events[2]["vehicle"]["plate"]
    answer = registry.apply(last)
    assert (answer.status, answer.json["plate"], answer.json["valid_until"]) == (200, last, month_end(3))
    assert any(end["certificate_id"] == answer.json["certificate_id"] for end in ends)
    assert [r["result"] for r in registry.send(*events)] == ["duplicate"] * 4


def test_bad_events_are_answered_one_by_one(registry: Registry) -> None:
    good = registry.registration()
    wrong_class = registry.registration(plate_class="52")
    impossible = registry.inspection()
    impossible["inspection"]["passed_on"] = "2026-02-30"
    results = registry.send(good, wrong_class, impossible, {"type": "vehicle.stolen"}, {**good, "note": 1})
    assert [r["result"] for r in results] == ["accepted", *["invalid"] * 4]
    assert [r["errors"][0]["pointer"] for r in results[1:4]] == [
        "/events/1/vehicle/plate",
        "/events/2/inspection/passed_on",
        "/events/3/type",
    ]
    (reused,) = registry.send({**good, "vehicle": {**good["vehicle"], "seats": 7}})
    assert reused["errors"] == [{"pointer": "/events/0/id", "detail": "was used for another event"}]


def test_what_is_no_batch_of_events(stack: Stack) -> None:
    def status(body: Any, by: str | None = "registry") -> int:
        return stack.call("POST", "/v1/registry/events", token=by, json_body=body).status

    assert status({"events": []}) == 422
    assert status({"events": [{}] * 101}) == 422
    assert status({"events": ["x"]}) == 422
    assert status({"events": [{}], "more": 1}) == 422
    assert status({"events": [{"id": "x" * 300_000}]}) == 413
    assert status({"events": [{}]}, "citizen") == 403
    assert status({"events": [{}]}, None) == 401
    assert stack.call("GET", "/v1/registry/events/no-such-event", token="registry").status == 404


def test_the_bus_is_told(stack: Stack, registry: Registry) -> None:
    bus, name = stack.outputs["BusName"], f"test-{secrets.token_hex(4)}"
    events, sqs = stack.client("events"), stack.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["jianbiao"]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])
    told: list[dict[str, Any]] = []

    def have(kind: str, certificate_id: str) -> dict[str, Any]:
        def find() -> dict[str, Any] | None:
            received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            told.extend(json.loads(message["Body"]) for message in received)
            return next(
                (
                    dict(notice["detail"])
                    for notice in told
                    if (notice["detail-type"], notice["detail"]["certificate_id"]) == (kind, certificate_id)
                ),
                None,
            )

        return dict(eventually(find))

    try:
        first = registry.report(registry.registration())["certificate_id"]
        issued = have("CertificateIssued", first)
        assert (issued["owner_ref"], issued["channel"]) == (registry.owner, 1)
        second = registry.report(registry.inspection(until=month_end(3)))["certificate_id"]
        assert have("CertificateSuperseded", first)["superseded_by"] == second
        registry.report(registry.event("vehicle.deregistered"))
        assert have("CertificateRevoked", second)["cause"] == "deregistered"
        assert registry.plate not in json.dumps(told, ensure_ascii=False)
        assert registry.vin not in json.dumps(told)
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["1"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=queue)


def test_what_was_set_aside_is_sent_again(
    stack: Stack, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jianbiao.ops import redrive

    sqs = stack.client("sqs")
    source, target = stack.outputs["EventsDeadLettersUrl"], stack.outputs["EventsQueueUrl"]
    event = registry.registration()
    dynamodb = stack.client("dynamodb")
    from jianbiao.aws.events import DynamoEvents, SqsEvents
    from jianbiao.services.registry import StoredEvent, digest

    store = DynamoEvents(dynamodb, stack.outputs["EventsTableName"])
    store.insert_many(
        [StoredEvent(event["id"], event, digest(event), "test", int(time.time()) - 3600, 86_400)]
    )
    sqs.send_message(QueueUrl=source, MessageBody=json.dumps({"event_id": event["id"]}))
    assert redrive.dead_letters(sqs, source, target, lambda _: None) >= 1
    assert registry.ended(event["id"])["status"] == "applied"
    never = registry.event("vehicle.changed", vehicle={"plate": plate()})
    store.insert_many(
        [StoredEvent(never["id"], never, digest(never), "test", int(time.time()) - 3600, 86_400)]
    )
    assert redrive.queued(store, SqsEvents(sqs, target), int(time.time()) - 900, lambda _: None) >= 1
    assert registry.ended(never["id"])["status"] == "applied"
