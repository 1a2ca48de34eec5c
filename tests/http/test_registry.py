"""The registry routes in process: results, pointers, read-back, and who reported."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from jianbiao.http import registry
from jianbiao.http.bodies import validate
from jianbiao.http.edge import make_handler
from jianbiao.http.schemas import COMPONENTS
from tests.http.events import Quiet, event
from tests.support.registry import RegistryWorld, inspected, registered


def call(world: RegistryWorld, route: str, body: Any = None, **path: str) -> tuple[int, Any]:
    handler = make_handler(
        registry.routes(intake=world.intake, policies=world.policies),
        logger=Quiet(),
        policy=world.policies.current,
    )
    claims = {"authorizer": {"jwt": {"claims": {"client_id": "station-1"}}}, "requestId": "r"}
    sent = None if body is None else json.dumps(body, ensure_ascii=False)
    answer = handler(event(route, sent, requestContext=claims, pathParameters=path), None)
    return answer["statusCode"], json.loads(answer["body"])


def report(world: RegistryWorld, *events: Any) -> tuple[int, Any]:
    return call(world, "POST /v1/registry/events", {"events": list(events)})


def read(world: RegistryWorld, event_id: str) -> tuple[int, Any]:
    return call(world, "GET /v1/registry/events/{id}", id=event_id)


def test_a_batch_is_accepted_and_read_back() -> None:
    world = RegistryWorld()
    status, body = report(world, registered("e-1"), {"type": "vehicle.changed"}, {"id": 7})
    assert status == 202
    assert [(r["id"], r["result"]) for r in body["results"]] == [
        ("e-1", "accepted"),
        (None, "invalid"),
        (None, "invalid"),
    ]
    assert body["results"][2]["errors"][0]["pointer"] == "/events/2/type"
    assert set(body["results"][0]) == set(
        COMPONENTS["RegistryResults"]["properties"]["results"]["items"]["required"]
    )
    assert world.events.by_id["e-1"].sent_by == "station-1"
    assert read(world, "e-1")[1]["status"] == "queued"
    world.drain()
    status, ended = read(world, "e-1")
    assert (status, ended["status"]) == (200, "applied")
    assert set(ended) == set(COMPONENTS["RegistryEvent"]["required"])
    (active,) = world.active()
    assert ended["certificate_id"] == active.certificate_id
    assert read(world, "e-2")[0] == 404


def test_a_refusal_comes_with_words_and_the_next_step() -> None:
    world = RegistryWorld()
    world.happen(
        inspected("e-1"), registered("e-2", 1, valid_until=date(2026, 12, 31), vin="1M8GDM9AXKP042788")
    )
    _, unknown = read(world, "e-1")
    assert (unknown["status"], unknown["reason"]) == ("refused", "vehicle-unknown")
    assert unknown["next_step"]["en"] == "Report the registration of the vehicle."
    _, refused = read(world, "e-2")
    assert refused["reason"] == "record-inconsistent"
    assert refused["message"] == {
        k: world.policies.policy.reason_text(refused["reason"])[k] for k in ("zh", "en")
    }


def test_bodies_that_are_no_batch() -> None:
    world = RegistryWorld()
    assert call(world, "POST /v1/registry/events", {"events": []})[0] == 422
    assert call(world, "POST /v1/registry/events", {"events": [1]})[0] == 422
    assert report(world, *[{}] * 101)[0] == 422
    # More than other routes accept: a hundred registrations are well above 64 kB.
    many = [registered(f"e-{i}", owner_ref="p" * 64) for i in range(100)]
    assert len(json.dumps(many, ensure_ascii=False).encode()) > 0.7 * 64 * 1024
    assert report(world, *many)[0] == 202
    assert report(world, {"id": "x" * 262_144})[0] == 413
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    status, body = report(world, {"type": "vehicle.deregistered", "vehicle": deep})
    assert status in {202, 400}
    assert status == 400 or body["results"][0]["result"] == "invalid"


def test_valid_events_are_valid_by_their_documented_schemas() -> None:
    assert not validate("VehicleRegistered", registered("e-1"))
    assert not validate("InspectionPassed", inspected("e-1"))
    assert validate("VehicleRegistered", inspected("e-1"))
