"""Channels 2, 4, 5 and 6 over HTTP, every reason of refusal that a citizen can meet, and Idempotency-Key."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from jianbiao.records import Hold, VehicleChange
from tests.e2e.citizens import QIQIHAR, Citizen, certificate, citizen, record, stores, vehicle
from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local

YESTERDAY = date.today() - timedelta(days=2)  # noqa: DTZ011 - two days, whatever the time zone


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Citizen:
    return citizen(stack)


def channel(stack: Stack, reply: Reply) -> int:
    return certificate(stack, reply).issuance.cause.channel


def refused(reply: Reply, status: int, code: str) -> dict[str, Any]:
    """The problem of a refusal, worded in both languages with what to do."""
    body: dict[str, Any] = reply.json
    assert (reply.status, body["code"]) == (status, code), reply.text
    assert body["detail"]
    assert body["next_step"]["zh"]
    assert body["next_step"]["en"]
    return body


@pytest.mark.shows("channel 2")
def test_channel_2_the_owner_claims_the_next_period(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner, due=1, age=24)
    old = owner.apply(car)
    assert (old.status, old.json["valid_until"]) == (201, car.valid_until.isoformat())
    reply = owner.apply(car, "claim")
    assert reply.status == 201, reply.text
    assert reply.json["supersedes"] == old.json["certificate_id"]
    assert channel(stack, reply) == 2
    now = record(stack, car).registered.vehicle
    assert now.valid_until.isoformat() == reply.json["valid_until"]
    assert now.valid_until.year == car.valid_until.year + 2
    again = owner.apply(car)
    assert (again.status, again.json["certificate_id"]) == (200, reply.json["certificate_id"])
    verdict = stack.call("POST", "/v1/verify", json_body={"code": old.json["code"]}).json["verdict"]
    assert verdict == "superseded"


def test_the_decision_is_kept(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner, due=1, age=24, insured_until=None)
    refused(owner.apply(car, "claim"), 409, "insurance-missing")
    items = stack.client("dynamodb").query(
        TableName=stack.outputs["DecisionsTableName"],
        KeyConditionExpression="vin = :v",
        ExpressionAttributeValues={":v": {"S": car.vin}},
    )["Items"]
    assert [(i["granted"]["BOOL"], i["reason"]["S"]) for i in items] == [(False, "insurance-missing")]
    assert json.loads(items[0]["grounds"]["S"])["insurance"] == "none"


@pytest.mark.shows("channel 4")
def test_channel_4_the_owner_asks_first(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner)
    reply = owner.apply(car)
    assert reply.status == 201
    assert channel(stack, reply) == 4
    assert reply.headers["location"] == f"/v1/certificates/{reply.json['certificate_id']}"


@pytest.mark.shows("channel 5")
def test_channel_5_a_lost_paper_is_a_download_and_a_lost_certificate_is_made_anew(
    stack: Stack, owner: Citizen
) -> None:
    car = vehicle(stack, owner)
    reply = owner.apply(car)
    again = owner.apply(car)
    assert (again.status, again.json["code"]) == (200, reply.json["code"])
    path = f"/v1/certificates/{reply.json['certificate_id']}/file?format=pdf"
    assert owner.call("GET", path).status == 303
    # Ended by mistake: the vehicle is eligible again, and the owner gets another one.
    made, (vehicles, certificates) = certificate(stack, reply), stores(stack)
    found = vehicles.get(car.vin)
    ended = made.step("revoked", at=made.claims.iat + 1, by="op", why="mistake")
    vehicles.change(found, VehicleChange(found.registered, None, made.claims.iat + 1, "op", steps=(ended,)))
    replaced = owner.apply(car)
    assert (replaced.status, channel(stack, replaced)) == (201, 5)
    assert certificates.get(made.certificate_id).status == "revoked"


def test_channel_6_inspected_elsewhere(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner)
    vehicles, _ = stores(stack)
    found = record(stack, car)
    vehicles.update(found, dataclasses.replace(found.registered, elsewhere=True))
    reply = owner.apply(car)
    assert (reply.status, channel(stack, reply)) == (201, 6)


# Reasons of refusal, in the order of api.md.


@pytest.mark.shows("app-too-old")
def test_1_app_too_old(stack: Stack) -> None:
    somebody = citizen(stack, client="App")
    car = vehicle(stack, somebody)
    for version in ("2.4.3", "2.4.x", "", None):
        headers = {} if version is None else {"X_App_Version": version}
        body = refused(somebody.apply(car, **headers), 426, "app-too-old")
        assert body["minimum_version"] == "2.4.4"
    assert somebody.apply(car, X_App_Version="2.10.0").status == 201


@pytest.mark.shows("not-bound")
def test_2_not_bound(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner)
    stranger = citizen(stack)
    body = refused(stranger.apply(car), 404, "not-bound")
    nobodys = dataclasses.replace(car, plate="黑A0000Z")
    assert refused(stranger.apply(nobodys), 404, "not-bound") == body
    refused(stranger.apply(car, "claim"), 404, "not-bound")


@pytest.mark.shows("user-division")
def test_3_user_division(stack: Stack) -> None:
    elsewhere = citizen(stack, QIQIHAR)
    refused(elsewhere.apply(vehicle(stack, elsewhere)), 403, "user-division")


@pytest.mark.shows("plate-division")
def test_4_plate_division(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner, plate=_plate("黑B"), division=QIQIHAR)
    refused(owner.apply(car), 403, "plate-division")


@pytest.mark.shows("division-not-enabled")
def test_5_division_not_enabled(stack: Stack) -> None:
    elsewhere = citizen(stack, QIQIHAR)
    car = vehicle(stack, elsewhere, plate=_plate("黑B"), division=QIQIHAR)
    refused(elsewhere.apply(car), 403, "division-not-enabled")


@pytest.mark.shows("hold met by an application")
@pytest.mark.shows("hold")
def test_7_hold(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner, due=1, age=24)
    vehicles, _ = stores(stack)
    found = record(stack, car)
    vehicles.change(found, VehicleChange(found.registered, Hold(1, "op", "fraud"), 1, "op"))
    refused(owner.apply(car), 409, "hold")
    refused(owner.apply(car, "claim"), 409, "hold")


Extras = Callable[[dict[str, Any]], bool]


@pytest.mark.parametrize(
    ("code", "purpose", "months", "changes", "extras"),
    [
        ("plate-class-not-eligible", "current", (8, 48), {"plate_class": "22"}, None),
        ("state-blocked", "current", (8, 48), {"state": "C"}, None),
        ("unhandled-violation", "claim", (1, 24), {"state": "G"}, None),
        (
            "record-inconsistent",
            "current",
            (8, 48),
            {"vehicle_type": "M21"},
            lambda b: b["why"] == "class-and-type",
        ),
        (
            "record-inconsistent",
            "claim",
            (1, 24),
            {"division": QIQIHAR},
            lambda b: b["why"] == "plate-and-division",
        ),
        ("record-inconsistent", "current", (8, 47), {}, lambda b: b["why"] == "valid-until"),
        ("inspection-expired", "current", (-1, 72), {}, lambda b: bool(b["expired_on"])),
        ("onsite-inspection-due", "claim", (1, 72), {}, lambda b: bool(b["why"])),
        ("onsite-inspection-due", "claim", (1, 24), {"vehicle_type": "K39"}, lambda b: bool(b["why"])),
        ("window-not-open", "claim", (5, 24), {}, lambda b: date.fromisoformat(b["opens_on"]).day == 1),
        ("insurance-missing", "claim", (1, 24), {"insured_until": None}, None),
        ("insurance-expired", "claim", (1, 24), {"insured_until": YESTERDAY}, None),
        (
            "insurance-mismatch",
            "claim",
            (1, 24),
            {
                "insured_until": None,
                "insurance_plate": "黑A00001",
                "insurance_vin": "LSJA24U62JG269225",
                "insurance_from": YESTERDAY,
                "insurance_to": YESTERDAY + timedelta(days=365),
            },
            None,
        ),
        ("tax-unpaid", "claim", (1, 24), {"tax_paid_until": YESTERDAY}, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.shows("each code")
def test_the_other_reasons(
    stack: Stack,
    owner: Citizen,
    code: str,
    purpose: str,
    months: tuple[int, int],
    changes: dict[str, Any],
    extras: Extras | None,
) -> None:
    due, age = months
    car = vehicle(stack, owner, due=due, age=age, **changes)
    body = refused(owner.apply(car, purpose), 409, code)
    assert extras is None or extras(body), body
    assert record(stack, car).current is None
    # The list says the same without trying.
    (listed,) = [
        v for v in _vehicles(owner) if v["plate"] == car.plate and v["plate_class"]["code"] == car.plate_class
    ]
    assert listed["can"][purpose]["reason"] == code
    assert listed["can"][purpose]["next_step"] == body["next_step"]


# Idempotency-Key


def test_a_key_is_carried_out_once(stack: Stack, owner: Citizen) -> None:
    car, key = vehicle(stack, owner, due=1, age=24), secrets.token_hex(8)
    first = owner.apply(car, "claim", Idempotency_Key=key)
    again = owner.apply(car, "claim", Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = owner.apply(car, "current", Idempotency_Key=key)
    assert (other.status, other.json["code"]) == (422, "invalid-input")
    stranger = citizen(stack)
    refused(stranger.apply(car, "claim", Idempotency_Key=key), 404, "not-bound")
    for bad in ("x" * 256, "a b"):
        assert owner.apply(car, Idempotency_Key=bad).status == 422


def test_the_same_key_at_once_gives_one_certificate(stack: Stack, owner: Citizen) -> None:
    car, key = vehicle(stack, owner, due=1, age=24), secrets.token_hex(8)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: owner.apply(car, "claim", Idempotency_Key=key), range(6)))
    assert {r.status for r in replies} <= {201, 409}
    assert {r.json["code"] for r in replies if r.status == 409} <= {"in-flight"}
    assert len({r.json["certificate_id"] for r in replies if r.status == 201}) == 1


def test_claims_without_a_key_at_once_are_one_period(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner, due=1, age=24)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: owner.apply(car, "claim"), range(6)))
    done = [r for r in replies if r.status in (200, 201)]
    assert {r.status for r in replies} <= {200, 201, 503}, [r.text for r in replies]
    assert len({r.json["certificate_id"] for r in done}) == 1
    assert [r.status for r in done].count(201) <= 1
    assert record(stack, car).registered.vehicle.valid_until.year == car.valid_until.year + 2


def _plate(prefix: str) -> str:
    return f"{prefix}{secrets.randbelow(90_000) + 10_000}"


def _vehicles(owner: Citizen) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following = ""
    while following is not None:
        page = owner.call("GET", f"/v1/me/vehicles?limit=7{following and '&next=' + following}").json
        found += page["vehicles"]
        following = page["next"]
    return found


def test_every_vehicle_is_listed_once(stack: Stack, owner: Citizen) -> None:
    plates = [(v["plate_class"]["code"], v["plate"]) for v in _vehicles(owner)]
    assert len(plates) == len(set(plates))
