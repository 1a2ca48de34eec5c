"""What operators do, over HTTP: with the reason and the person on record, and no way around a hold."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest

from tests.e2e import ledgers
from tests.e2e.citizens import Citizen, citizen, vehicle
from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Citizen:
    return citizen(stack)


def post(stack: Stack, path: str, **body: Any) -> Reply:
    return stack.call(
        "POST", f"/v1/admin/{path}", token="admin", json_body={"reason": "核查", "actor": "op-1", **body}
    )


def history(stack: Stack, id_: str) -> dict[str, Any]:
    reply = stack.call("GET", f"/v1/admin/certificates/{id_}", token="admin", headers={"X-Actor": "op-2"})
    assert reply.status == 200, reply.text
    shown: dict[str, Any] = reply.json
    return shown


def verdict(stack: Stack, code: str) -> str:
    return str(stack.call("POST", "/v1/verify", json_body={"code": code}).json["verdict"])


def test_suspend_reinstate_revoke_lift(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner)
    made = owner.apply(car).json
    id_ = made["certificate_id"]

    suspended = post(stack, f"certificates/{id_}/revocation", kind="suspended", reason="疑似伪造")
    assert (suspended.status, suspended.json["status"]) == (200, "suspended")
    assert verdict(stack, made["code"]) == "suspended"
    assert owner.call("GET", f"/v1/certificates/{id_}").json["status"] == "suspended"
    refused = owner.apply(car)
    assert (refused.status, refused.json["code"]) == (409, "hold")
    # The same call again, after its answer was lost, is answered with what is there.
    assert post(stack, f"certificates/{id_}/revocation", kind="suspended", reason="疑似伪造").status == 200
    other = post(stack, f"certificates/{id_}/revocation", kind="suspended")
    assert (other.status, other.json["code"]) == (409, "not-allowed-in-state")

    assert post(stack, f"certificates/{id_}/reinstatement", actor="op-3").json["hold"] is None
    assert verdict(stack, made["code"]) == "valid"
    assert owner.apply(car).json["certificate_id"] == id_

    assert post(stack, f"certificates/{id_}/revocation", kind="revoked").status == 200
    assert verdict(stack, made["code"]) == "revoked"
    assert owner.apply(car).json["code"] == "hold"
    late = post(stack, f"certificates/{id_}/reinstatement")
    assert (late.status, late.json["code"]) == (409, "not-allowed-in-state")
    lifted = post(stack, "holds/lift", vin=car.vin, reason="已结案")
    assert (lifted.status, lifted.json["hold"]) == (200, None)
    again = post(stack, "holds/lift", vin=car.vin)
    assert (again.status, again.json["code"]) == (409, "not-held")
    new = owner.apply(car)
    assert new.status == 201
    assert new.json["certificate_id"] != id_

    shown = history(stack, id_)
    assert [(s["status"], s["by"], s["why"]) for s in shown["life"][1:]] == [
        ("suspended", "op-1", "疑似伪造"),
        ("active", "op-3", "核查"),
        ("revoked", "op-1", "核查"),
    ]
    assert [(s["step"], s["by"], s["why"]) for s in shown["holds"]] == [
        ("held", "op-1", "疑似伪造"),
        ("lifted", "op-3", "核查"),
        ("held", "op-1", "核查"),
        ("lifted", "op-1", "已结案"),
    ]
    assert (shown["vin"], shown["newest"], shown["issuance"]["channel"]) == (car.vin, False, 4)


@pytest.mark.shows("hold met by a ledger")
def test_a_held_vehicle_is_passed_by_no_ledger(stack: Stack) -> None:
    row = ledgers.new_row(stack)
    ledgers.load_rows(stack, [row])
    look = {"plate_class": row["hpzl"], "plate": row["hphm"], "officer_ref": "o", "terminal_id": "t-admin"}
    seen = stack.call("POST", "/v1/police/lookup", token="police", json_body=look).json
    id_ = seen["certificate"]["certificate_id"]
    assert post(stack, f"certificates/{id_}/revocation", kind="revoked").status == 200
    later = row | {"yxqz": row["yxqz"].replace(row["yxqz"][:4], str(int(row["yxqz"][:4]) + 2))}
    accounts = ledgers.load_rows(stack, [later], as_of=int(time.time()) + 5)
    assert (accounts.counts["refused"], accounts.counts["issued"]) == (1, 0)
    seen = stack.call("POST", "/v1/police/lookup", token="police", json_body=look).json
    assert (seen["verdict"], seen["certificate"]["certificate_id"]) == ("revoked", id_)
    assert post(stack, "holds/lift", vin=row["clsbdh"]).status == 200
    accounts = ledgers.load_rows(stack, [later], as_of=int(time.time()) + 6)
    assert accounts.counts["issued"] == 1


def test_reading_is_on_record(stack: Stack, owner: Citizen) -> None:
    id_ = owner.apply(vehicle(stack, owner)).json["certificate_id"]
    nobody = stack.call("GET", f"/v1/admin/certificates/{id_}", token="admin")
    assert (nobody.status, nobody.json["code"]) == (422, "invalid-input")
    history(stack, id_)
    asked = {"certificate_id": id_, "actor": "op-4"}
    entries = stack.call("POST", "/v1/admin/audit/query", token="admin", json_body=asked).json["entries"]
    seen = {(e["action"], e["by"]) for e in entries}
    assert seen == {("admin-read", "op-2"), ("audit-query", "op-4")}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("certificates/{id}/revocation", {"kind": "expired"}),
        ("certificates/{id}/revocation", {"kind": "revoked", "reason": " "}),
        ("certificates/{id}/revocation", {"kind": "revoked", "reason": "a\nb"}),
        ("certificates/{id}/revocation", {"kind": "revoked", "reason": "x" * 501}),
        ("certificates/{id}/revocation", {"kind": "revoked", "actor": ""}),
        ("certificates/{id}/revocation", {"kind": "revoked", "actor": "张三"}),
        ("certificates/{id}/reinstatement", {"kind": "revoked"}),
        ("holds/lift", {"vin": "LSJA24U62JG26922I"}),
        ("holds/lift", {"vin": "short"}),
    ],
)
def test_bad_input_changes_nothing(stack: Stack, path: str, body: dict[str, str]) -> None:
    sample = stack.sample(owner="citizen")
    reply = post(stack, path.format(id=sample["certificate_id"]), **body)
    assert (reply.status, reply.json["code"]) == (422, "invalid-input")
    assert verdict(stack, sample["code"]) == "valid"


def test_unknown_certificates_and_vehicles(stack: Stack) -> None:
    for path, body in (
        ("certificates/00000000000000000000000000/revocation", {"kind": "revoked"}),
        ("certificates/nonsense/reinstatement", {}),
        ("holds/lift", {"vin": "LSJA24U62JG269225"}),
    ):
        assert post(stack, path, **body).status == 404


@pytest.mark.parametrize("token", ["citizen", "police", "registry", "office"])
def test_only_admins(stack: Stack, token: str) -> None:
    id_ = stack.sample(owner="citizen")["certificate_id"]
    body = {"kind": "revoked", "reason": "r", "actor": "x"}
    for method, path, sent in (
        ("POST", f"/v1/admin/certificates/{id_}/revocation", body),
        ("POST", f"/v1/admin/certificates/{id_}/reinstatement", body),
        ("POST", "/v1/admin/holds/lift", body),
        ("GET", f"/v1/admin/certificates/{id_}", None),
        ("GET", "/v1/admin/policy", None),
        ("PUT", "/v1/admin/policy", body),
        ("POST", "/v1/admin/policy/preview", body),
        ("POST", "/v1/admin/audit/query", body),
    ):
        assert stack.call(method, path, token=token, json_body=sent).status == 403
        assert stack.call(method, path, json_body=sent).status == 401


# --- Policy -------------------------------------------------------------------------------------------------


def policy(stack: Stack, version: int | None = None) -> dict[str, Any]:
    path = "/v1/admin/policy" + (f"?policy_version={version}" if version else "")
    reply = stack.call("GET", path, token="admin", headers={"X-Actor": "op-1"})
    assert reply.status == 200, reply.text
    shown: dict[str, Any] = reply.json
    return shown


def publish(stack: Stack, document: Any, **more: Any) -> Reply:
    body = {"policy": document, "actor": "op-1", **more}
    return stack.call("PUT", "/v1/admin/policy", token="admin", json_body=body)


def within_a_minute(said: Any) -> float:
    """Seconds until `said` is so, ten times in a row: several processes answer."""
    begun = time.monotonic()
    row = 0
    while row < 10:
        row = row + 1 if said() else 0
        assert time.monotonic() - begun < 60
        time.sleep(0.1 if row else 1)
    return time.monotonic() - begun


def test_a_higher_minimum_version_is_in_effect_within_a_minute_and_rolled_back(stack: Stack) -> None:
    before = policy(stack)
    document = before["policy"] | {"app": before["policy"]["app"] | {"minimum_version": "99.0"}}
    preview = stack.call(
        "POST", "/v1/admin/policy/preview", token="admin", json_body={"policy": document}
    ).json
    assert preview["changes"] == [
        {
            "path": "/app/minimum_version",
            "before": before["policy"]["app"]["minimum_version"],
            "after": "99.0",
        }
    ]
    made = publish(stack, document, replaces=before["version"])
    assert (made.status, made.json["version"]) == (200, before["version"] + 1)

    def status() -> int:
        return stack.call("GET", "/v1/me/certificates", token="citizen").status

    try:
        within_a_minute(lambda: status() == 426)
    finally:
        back = publish(stack, policy(stack, before["version"])["policy"])
        assert (back.status, back.json["version"]) == (200, before["version"] + 2)
    within_a_minute(lambda: status() == 200)
    assert policy(stack)["policy"]["app"] == before["policy"]["app"]
    assert policy(stack, before["version"] + 1)["actor"] == "op-1"


def test_a_policy_is_refused_as_a_whole(stack: Stack) -> None:
    before = policy(stack)
    good = before["policy"]
    texts = good["texts"]
    for document, pointer in (
        ({}, "/policy/app"),
        (good | {"surprise": secrets.token_hex(2)}, "/policy/surprise"),
        (good | {"texts": texts | {"title": {"zh": "标志🚗", "en": "Mark"}}}, "/policy/texts/title/zh"),
    ):
        reply = publish(stack, document)
        assert (reply.status, reply.json["code"]) == (422, "invalid-input")
        assert pointer in [error["pointer"] for error in reply.json["errors"]]
    second = publish(stack, good, replaces=before["version"] + 1)
    assert (second.status, second.json["code"]) == (409, "policy-changed")
    twice = b'{"actor":"a","actor":"b","policy":{}}'
    reply = stack.call(
        "PUT", "/v1/admin/policy", token="admin", body=twice, headers={"Content-Type": "application/json"}
    )
    assert (reply.status, reply.json["code"]) == (400, "malformed-json")
    assert policy(stack)["version"] == before["version"]
    assert (
        stack.call("GET", "/v1/admin/policy?policy_version=x", token="admin", headers={"X-Actor": "a"}).status
        == 422
    )
