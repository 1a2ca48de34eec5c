"""Paper marks over HTTP: the owner asks, the office works, and nobody but the office can read the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.citizens import Citizen, citizen, vehicle
from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local

HOME = {
    "name": "王小明",
    "phone": "+86 138-0000-0000",
    "address": "哈尔滨市道里区中央大街1号",
    "postcode": "150010",
}
MAIL = {"delivery": "mail", "recipient": HOME}


@dataclass(frozen=True)
class Case:
    """An owner with a certificate."""

    stack: Stack
    owner: Citizen
    certificate_id: str

    @property
    def path(self) -> str:
        return f"/v1/certificates/{self.certificate_id}/paper"

    def ask(self, body: dict[str, Any] | None = None) -> Reply:
        return self.owner.call("POST", self.path, body or MAIL)

    def step(self, request_id: str, status: str, **more: Any) -> Reply:
        body = {"status": status, "officer_ref": "o-17"} | more
        return self.stack.call("PATCH", f"/v1/office/paper/{request_id}", token="office", json_body=body)

    def listed(self, **query: str) -> list[dict[str, Any]]:
        """The office's list, all pages."""
        found: list[dict[str, Any]] = []
        following: str | None = ""
        while following is not None:
            wanted = query | ({"next": following} if following else {})
            path = "/v1/office/paper?limit=2&" + "&".join(f"{k}={v}" for k, v in wanted.items())
            page = self.stack.call("GET", path, token="office")
            assert page.status == 200, page.text
            found += page.json["papers"]
            following = page.json["next"]
        return found


@pytest.fixture
def case(stack: Stack) -> Case:
    owner = citizen(stack)
    made = owner.apply(vehicle(stack, owner))
    assert made.status == 201, made.text
    return Case(stack, owner, made.json["certificate_id"])


def test_by_mail_from_the_request_to_the_letter_box(case: Case) -> None:
    assert case.owner.call("GET", case.path).status == 404
    asked = case.ask()
    assert (asked.status, asked.json["status"], asked.json["office"]) == (201, "requested", "230100")
    assert "王小明" not in asked.text
    id_ = asked.json["request_id"]
    (there,) = [p for p in case.listed() if p["request_id"] == id_]
    assert there["recipient"] == HOME
    assert there["certificate_status"] == "active"
    for status in ("printing", "mailed", "delivered"):
        reply = case.step(id_, status, remark="第一批")
        assert (reply.status, reply.json["status"], reply.json["changed_by"]) == (200, status, "o-17")
        assert case.step(id_, status).status == 200
        assert case.owner.call("GET", case.path).json["status"] == status
    assert [p["recipient"] for p in case.listed(status="delivered") if p["request_id"] == id_] == [None]
    assert id_ not in {p["request_id"] for p in case.listed()}
    certificate = case.owner.call("GET", f"/v1/certificates/{case.certificate_id}").json
    assert certificate["status"] == "active"
    again = case.ask()
    assert (again.status, again.json["request_id"]) == (201, f"{case.certificate_id}-2")


def test_to_be_collected(case: Case) -> None:
    office = "道里分所"
    id_ = case.ask({"delivery": "pickup", "office": office}).json["request_id"]
    (there,) = case.listed(office="%E9%81%93%E9%87%8C%E5%88%86%E6%89%80")
    assert (there["request_id"], there["office"], there["recipient"]) == (id_, office, None)
    assert [case.step(id_, s).status for s in ("printing", "ready", "collected")] == [200] * 3


def test_steps_that_are_none(case: Case) -> None:
    id_ = case.ask().json["request_id"]
    for status in ("mailed", "ready", "delivered", "collected", "undeliverable"):
        reply = case.step(id_, status)
        assert (reply.status, reply.json["code"]) == (409, "not-allowed-in-state")
    assert case.step(id_, "requested").status == 422
    assert case.step(id_, "printing", officer_ref="").status == 422
    assert case.step(id_, "printing", remark="a\nb").status == 422
    for unknown in (f"{case.certificate_id}-2", "x", "x" * 3000, f"{case.certificate_id}-0"):
        assert case.step(unknown, "printing").status == 404
    assert case.owner.call("GET", case.path).json["status"] == "requested"


def test_one_open_request_and_cancelling_it(case: Case) -> None:
    case.ask()
    reply = case.ask()
    assert (reply.status, reply.json["code"]) == (409, "paper-open")
    assert [case.owner.call("DELETE", case.path).status for _ in range(2)] == [204, 204]
    assert case.owner.call("GET", case.path).json["status"] == "cancelled"
    id_ = case.ask().json["request_id"]
    case.step(id_, "printing")
    late = case.owner.call("DELETE", case.path)
    assert (late.status, late.json["code"]) == (409, "not-allowed-in-state")
    assert case.step(id_, "cancelled", remark="misprint").status == 200


def test_a_second_citizen_of_the_same_division_is_refused_everywhere(case: Case) -> None:
    case.ask()
    stranger = citizen(case.stack)
    for method, body in (("POST", MAIL), ("GET", None), ("DELETE", None)):
        reply = stranger.call(method, case.path, body)
        assert (reply.status, reply.json["code"]) == (404, "not-found")
    assert case.owner.call("GET", case.path).json["status"] == "requested"
    # Scopes keep the two sides apart.
    assert stranger.call("GET", "/v1/office/paper").status == 403
    assert case.stack.call("GET", case.path, token="office").status == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"delivery": "mail"}, ""),
        ({"delivery": "pickup"}, ""),
        ({"delivery": "drone", "recipient": HOME}, "/delivery"),
        ({"delivery": "mail", "recipient": HOME, "office": "230100"}, "/office"),
        ({"delivery": "pickup", "office": "230100", "recipient": HOME}, "/recipient"),
        ({"delivery": "mail", "recipient": HOME | {"address": "a\u0000b"}}, "/recipient/address"),
        ({"delivery": "mail", "recipient": HOME | {"address": "a\r\nb"}}, "/recipient/address"),
        ({"delivery": "mail", "recipient": HOME | {"name": "\u202eabc"}}, "/recipient/name"),
        ({"delivery": "mail", "recipient": HOME | {"name": " "}}, "/recipient/name"),
        ({"delivery": "mail", "recipient": HOME | {"phone": "call me"}}, "/recipient/phone"),
        ({"delivery": "mail", "recipient": HOME | {"address": "x" * 201}}, "/recipient/address"),
        ({"delivery": "mail", "recipient": HOME | {"id_number": "1"}}, "/recipient"),
        ({"delivery": "pickup", "office": "\u0007"}, "/office"),
    ],
)
def test_wrong_bodies(case: Case, body: dict[str, Any], pointer: str) -> None:
    reply = case.ask(body)
    assert (reply.status, reply.json["code"]) == (422, "invalid-input"), reply.text
    assert pointer in {error["pointer"] for error in reply.json["errors"]}
    assert case.owner.call("GET", case.path).status == 404


def test_wrong_questions_of_the_office(case: Case) -> None:
    for query in ("status=lost", "limit=0", "next=x", "office="):
        assert case.stack.call("GET", f"/v1/office/paper?{query}", token="office").status == 422


def test_addresses_are_stored_encrypted(case: Case) -> None:
    case.ask()
    items = case.stack.client("dynamodb").query(
        TableName=case.stack.outputs["PaperTableName"],
        KeyConditionExpression="certificate_id = :c",
        ExpressionAttributeValues={":c": {"S": case.certificate_id}},
    )["Items"]
    stored = items[0]["recipient"]["B"]
    assert not any(text.encode() in stored for text in HOME.values())
    assert not any(text in str({**items[0], "recipient": None}) for text in HOME.values())
    # Whoever holds the table but neither key permission has nothing; another request's id does not open it either.
    kms = case.stack.client("kms")
    with pytest.raises(kms.exceptions.ClientError):
        kms.decrypt(
            KeyId=case.stack.outputs["PaperKeyArn"],
            CiphertextBlob=stored,
            EncryptionContext={"paper_request": f"{case.certificate_id}-2"},
        )
