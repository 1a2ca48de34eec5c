"""Bindings over HTTP: consent, what a bound person may and may not, and strangers, who see nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from jianbiao.aws.bindings import DynamoBindings
from jianbiao.aws.paper import DynamoPaper
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.register import merge
from jianbiao.domain.times import parse_rfc3339
from jianbiao.domain.vehicle import Vehicle
from jianbiao.records import VehicleChange
from tests.e2e.citizens import QIQIHAR, Citizen, citizen, record, vehicle
from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local


@dataclass(frozen=True)
class Case:
    """An owner with a car that has its certificate, and two other citizens of the same division."""

    stack: Stack
    owner: Citizen
    friend: Citizen
    stranger: Citizen
    car: Vehicle
    certificate_id: str

    def approve(self, who: Citizen) -> str:
        """`who` is bound, with the owner's consent."""
        binding_id = str(who.bind(self.car).json["binding_id"])
        assert self.owner.call("POST", f"/v1/me/bindings/{binding_id}/approval").status == 200
        return binding_id


@pytest.fixture
def case(stack: Stack) -> Case:
    owner, friend, stranger = (citizen(stack) for _ in range(3))
    car = vehicle(stack, owner)
    made = owner.apply(car)
    assert made.status == 201, made.text
    return Case(stack, owner, friend, stranger, car, made.json["certificate_id"])


def everything(case: Case, who: Citizen) -> dict[str, int]:
    """Status of every call on the owner's certificate that shows or shares it."""
    base = f"/v1/certificates/{case.certificate_id}"
    return {
        "read": who.call("GET", base).status,
        "file": who.call("GET", f"{base}/file?format=svg").status,
        "share": who.call("POST", f"{base}/shares", {"expires_in_hours": 1}).status,
        "shares": who.call("GET", f"{base}/shares").status,
        "apply": who.apply(case.car).status,
    }


NOTHING = {"read": 404, "file": 404, "share": 404, "shares": 404, "apply": 404}
ALL = {"read": 200, "file": 303, "share": 201, "shares": 200, "apply": 200}


def test_from_asking_to_ending(case: Case) -> None:
    assert everything(case, case.friend) == NOTHING
    asked = case.friend.bind(case.car)
    assert (asked.status, asked.json["status"], asked.json["relation"]) == (202, "pending", "bound")
    time = parse_rfc3339(asked.json["expires_at"]) - parse_rfc3339(asked.json["created_at"])
    assert time == timedelta(days=7).total_seconds()
    assert everything(case, case.friend) == NOTHING
    (seen,) = case.owner.call("GET", "/v1/me/bindings").json["bindings"]
    assert (seen["relation"], seen["person_ref"]) == ("owner", case.friend.person_ref)
    path = f"/v1/me/bindings/{seen['binding_id']}"
    assert case.friend.call("POST", f"{path}/approval").status == 403
    assert case.stranger.call("POST", f"{path}/approval").status == 404
    assert case.stranger.call("POST", f"{path}/refusal").status == 404
    assert case.stranger.call("DELETE", path).status == 404
    approved = case.owner.call("POST", f"{path}/approval")
    assert (approved.status, approved.json["status"]) == (200, "approved")
    assert case.owner.call("POST", f"{path}/approval").status == 200
    assert everything(case, case.friend) == ALL
    assert everything(case, case.stranger) == NOTHING
    (listed,) = case.friend.call("GET", "/v1/me/vehicles").json["vehicles"]
    assert (listed["relation"], listed["plate"]) == ("bound", case.car.plate)
    assert listed["can"]["claim"]["reason"] == "not-bound"
    (mine,) = case.friend.call("GET", "/v1/me/certificates").json["certificates"]
    assert mine["certificate_id"] == case.certificate_id
    assert case.friend.bind(case.car).status == 200
    assert case.owner.call("DELETE", path).status == 204
    assert case.friend.call("DELETE", path).status == 204
    assert everything(case, case.friend) == NOTHING
    assert case.friend.call("GET", "/v1/me/vehicles").json["vehicles"] == []
    assert case.friend.call("GET", "/v1/me/bindings").json["bindings"][0]["status"] == "ended"
    late = case.owner.call("POST", f"{path}/approval")
    assert (late.status, late.json["code"]) == (409, "not-pending")


def test_an_own_vehicle_is_bound_already(case: Case) -> None:
    reply = case.owner.bind(case.car)
    assert (reply.status, reply.json["relation"], reply.json["binding_id"]) == (200, "owner", None)


def test_claim_and_paper_are_the_owners(case: Case) -> None:
    case.approve(case.friend)
    claim = case.friend.apply(case.car, "claim")
    assert (claim.status, claim.json["code"]) == (404, "not-bound")
    path = f"/v1/certificates/{case.certificate_id}/paper"
    body = {"delivery": "pickup", "office": "230100"}
    assert [
        case.friend.call(m, path, body if m == "POST" else None).status for m in ("POST", "GET", "DELETE")
    ] == [403] * 3
    assert [
        case.stranger.call(m, path, body if m == "POST" else None).status for m in ("POST", "GET", "DELETE")
    ] == [404] * 3


def test_the_owner_sees_and_withdraws_a_bound_persons_shares(case: Case) -> None:
    case.approve(case.friend)
    path = f"/v1/certificates/{case.certificate_id}/shares"
    own = case.owner.call("POST", path, {"expires_in_hours": 1}).json
    friends = case.friend.call("POST", path, {"expires_in_hours": 1}).json
    seen = {s["share_id"]: s["own"] for s in case.owner.call("GET", path).json["shares"]}
    assert seen == {own["share_id"]: True, friends["share_id"]: False}
    seen = {s["share_id"]: s["own"] for s in case.friend.call("GET", path).json["shares"]}
    assert seen == {friends["share_id"]: True}
    assert case.friend.call("DELETE", f"{path}/{own['share_id']}").status == 404
    assert case.owner.call("DELETE", f"{path}/{friends['share_id']}").status == 204
    page = case.stack.call("GET", friends["url"].removeprefix(case.stack.base_url))
    assert page.status == 410
    page = case.stack.call("GET", own["url"].removeprefix(case.stack.base_url))
    assert page.status == 200


def test_another_division_gets_nothing_even_when_bound(case: Case) -> None:
    elsewhere = citizen(case.stack, QIQIHAR)
    case.approve(elsewhere)
    reply = elsewhere.apply(case.car)
    assert (reply.status, reply.json["code"]) == (403, "user-division")
    reply = elsewhere.call("GET", f"/v1/certificates/{case.certificate_id}")
    assert (reply.status, reply.json["code"]) == (403, "user-division")
    (listed,) = elsewhere.call("GET", "/v1/me/vehicles").json["vehicles"]
    assert listed["can"]["current"]["reason"] == "user-division"


def test_five_wrong_guesses_a_day(case: Case) -> None:
    wrong = case.car.vin[-4:-1] + ("0" if case.car.vin[-1] != "0" else "1")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: case.stranger.bind(case.car, wrong), range(8)))
    assert sorted(r.status for r in replies) == [404] * 5 + [429] * 3
    reply = case.stranger.bind(case.car)
    assert (reply.status, reply.json["code"]) == (429, "too-many-requests")
    assert 0 < int(reply.headers["retry-after"]) <= 86_400
    assert case.friend.bind(case.car).status == 202


def test_ten_open_bindings_at_most(case: Case) -> None:
    people = [citizen(case.stack) for _ in range(11)]
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda p: p.bind(case.car), people))
    assert sorted(r.status for r in replies) == [202] * 10 + [409]
    (full,) = [r.json for r in replies if r.status == 409]
    assert full["code"] == "too-many-bindings"
    assert full["next_step"]["zh"]


def test_twenty_open_shares_at_most(case: Case) -> None:
    path = f"/v1/certificates/{case.certificate_id}/shares"
    made = [case.owner.call("POST", path, {"expires_in_hours": 1}) for _ in range(21)]
    assert [r.status for r in made] == [201] * 20 + [409]
    assert made[-1].json["code"] == "too-many-shares"
    assert case.owner.call("DELETE", f"{path}/{made[0].json['share_id']}").status == 204
    assert case.owner.call("POST", path, {"expires_in_hours": 1}).status == 201


def test_a_change_of_owner_ends_all_at_once(case: Case) -> None:
    case.approve(case.friend)
    base = f"/v1/certificates/{case.certificate_id}"
    share = case.owner.call("POST", f"{base}/shares", {"expires_in_hours": 1}).json
    case.owner.call("POST", f"{base}/paper", {"delivery": "pickup", "office": "230100"})
    names = ("vehicles", "plates", "certificates", "statuses", "issuances", "shares", "bindings", "paper")
    client = case.stack.client("dynamodb")
    tables = Tables(**{name: case.stack.outputs[f"{name.capitalize()}TableName"] for name in names})
    found = record(case.stack, case.car)
    at = found.registered.as_of + 1
    sold = merge(found.registered, {"owner_ref": case.stranger.person_ref}, (at, "sale"))
    endings = (
        *DynamoBindings(client, tables).open_of_vehicle(case.car.vin),
        *DynamoPaper(client, tables).open_of_vehicle(case.car.vin),
        *DynamoShares(client, tables).open_of_certificate(case.certificate_id),
    )
    DynamoVehicles(client, tables).change(found, VehicleChange(sold, None, at, "registry", endings=endings))
    assert everything(case, case.owner) == everything(case, case.friend) == NOTHING
    assert everything(case, case.stranger) == ALL
    assert case.stack.call("GET", share["url"].removeprefix(case.stack.base_url)).status == 410
    paper = case.stranger.call("GET", f"{base}/paper").json
    assert paper["status"] == "cancelled"
    assert case.friend.call("GET", "/v1/me/bindings").json["bindings"][0]["status"] == "ended"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plate_class": "02", "plate": "黑A12345"},
        {"plate_class": "02", "plate": "黑A12345", "vin_tail": "12345"},
        {"plate_class": "02", "plate": "黑A12345", "vin_tail": "12 4"},
        {"plate_class": "02", "plate": "no plate", "vin_tail": "1234"},
        {"plate_class": "02", "plate": "黑A12345", "vin_tail": "1234", "more": 1},
    ],
)
def test_wrong_bodies_are_no_guesses(stack: Stack, body: dict[str, str]) -> None:
    somebody = citizen(stack)
    for _ in range(6):
        assert somebody.call("POST", "/v1/me/bindings", body).status == 422


@pytest.mark.parametrize("id_", ["x", "0" * 26, "vehicle%3A1M8GDM9AXKP042788", "guesses", "%00", "x" * 3000])
def test_ids_that_are_none(case: Case, id_: str) -> None:
    assert case.owner.call("DELETE", f"/v1/me/bindings/{id_}").status == 404
    assert case.owner.call("POST", f"/v1/me/bindings/{id_}/approval").status == 404
