"""Police calls over HTTP: a scan, a day's scans made offline, a plate; and what each leaves in the audit trail."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest

from jianbiao.domain.times import parse_rfc3339, rfc3339
from tests.e2e.citizens import Citizen, citizen, vehicle
from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Citizen:
    return citizen(stack)


@pytest.fixture
def terminal() -> str:
    """A terminal that no other test has."""
    return f"t-{secrets.token_hex(4)}"


def ask(stack: Stack, path: str, terminal: str, **body: Any) -> Reply:
    who = {"officer_ref": "officer-1", "terminal_id": terminal}
    return stack.call("POST", f"/v1/police/{path}", token="police", json_body=body | who)


def audit(stack: Stack, **by: Any) -> list[dict[str, Any]]:
    """Entries of the trail, without the searches."""
    reply = stack.call("POST", "/v1/admin/audit/query", token="admin", json_body={"actor": "auditor"} | by)
    assert reply.status == 200, reply.text
    return [entry for entry in reply.json["entries"] if entry["action"] != "audit-query"]


def test_a_scan_and_a_plate_show_the_same(stack: Stack, owner: Citizen, terminal: str) -> None:
    car = vehicle(stack, owner, colour="A", state="A")
    made = owner.apply(car).json
    scan = ask(stack, "verify", terminal, code=made["code"]).json
    sight = ask(stack, "lookup", terminal, plate_class="02", plate=car.plate.lower()).json
    assert scan["verdict"] == "valid"
    assert scan["vehicle"]["vin_tail"] == car.vin[-4:]
    assert {k: v for k, v in scan.items() if k not in ("checked_at", "status_as_of")} == {
        k: v for k, v in sight.items() if k not in ("checked_at", "status_as_of")
    }
    said = [(e["action"], e["by"], e["detail"]["verdict"]) for e in audit(stack, terminal_id=terminal)]
    assert sorted(said) == [("lookup", "officer-1", "valid"), ("verify", "officer-1", "valid")]
    for by in (
        {"certificate_id": made["certificate_id"].lower()},
        {"plate_class": "02", "plate": car.plate},
    ):
        assert len(audit(stack, **by)) == 2
    owner.apply(car)


def test_plates_without_a_certificate_and_without_a_vehicle(
    stack: Stack, owner: Citizen, terminal: str
) -> None:
    car = vehicle(stack, owner)
    sight = ask(stack, "lookup", terminal, plate_class="02", plate=car.plate).json
    assert (sight["verdict"], sight["certificate"], sight["inspection"]) == (None, None, "in_period")
    assert sight["vehicle"]["vin_tail"] == car.vin[-4:]
    assert sight["enforcement_note"]["zh"]
    unknown = ask(stack, "lookup", terminal, plate_class="02", plate="黑A0000A")
    assert (unknown.status, unknown.json["vehicle"], unknown.json["verdict"]) == (200, None, None)
    wrong = ask(stack, "lookup", terminal, plate_class="02", plate="no plate")
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/plate")
    assert len(audit(stack, terminal_id=terminal)) == 2


def test_a_batch_is_judged_as_of_each_scan_and_as_of_now(stack: Stack, owner: Citizen, terminal: str) -> None:
    made = owner.apply(vehicle(stack, owner)).json
    issued_at = parse_rfc3339(made["issued_at"])
    time.sleep(2)
    step = {"kind": "suspended", "reason": "r", "actor": "op"}
    path = f"/v1/admin/certificates/{made['certificate_id']}/revocation"
    assert stack.call("POST", path, token="admin", json_body=step).status == 200
    now = int(time.time())
    forged = stack.sample(why="forged")["code"] if _has(stack, "forged") else made["code"][:-2] + "AA"
    scans = [
        {"code": made["code"], "scanned_at": rfc3339(issued_at)},
        {"code": "nonsense!", "scanned_at": rfc3339(now)},
        {"code": made["code"], "scanned_at": rfc3339(now)},
        {"code": forged, "scanned_at": rfc3339(now)},
        {"code": made["code"], "scanned_at": rfc3339(issued_at - 3_600)},
    ]
    results = ask(stack, "verify/batch", terminal, scans=scans).json["results"]
    assert [r["scanned_at"] for r in results] == [s["scanned_at"] for s in scans]
    verdicts = [r["problem"] or (r["as_of_scan"]["verdict"], r["as_of_now"]["verdict"]) for r in results]
    assert verdicts == [
        ("valid", "suspended"),
        "not-a-code",
        ("suspended", "suspended"),
        ("forged", "forged"),
        ("not_yet_valid", "suspended"),
    ]
    assert results[0]["as_of_now"]["vehicle"]["vin_tail"]
    assert "vehicle" not in results[0]["as_of_scan"]
    entries = audit(stack, terminal_id=terminal)
    assert len(entries) == 4
    assert {e["detail"]["verdict_as_of_scan"] for e in entries} == {
        "valid",
        "suspended",
        "forged",
        "not_yet_valid",
    }


def _has(stack: Stack, why: str) -> bool:
    return any(why in sample["why"] and sample["code"] for sample in stack.document["samples"])


@pytest.mark.parametrize(
    ("scans", "pointer"),
    [
        ([], "/scans"),
        ([{"code": "x", "scanned_at": "2026-01-01T00:00:00"}], "/scans/0/scanned_at"),
        ([{"code": "x", "scanned_at": "9999-12-31T23:59:59-14:00"}], "/scans/0/scanned_at"),
        ([{"code": "x", "scanned_at": "0001-01-01T00:00:00+14:00"}], "/scans/0/scanned_at"),
        ([{"code": "x", "scanned_at": 5}], "/scans/0/scanned_at"),
        ([{"code": "x"}], "/scans/0"),
        ([{"code": "x", "scanned_at": "2026-01-01T00:00:00Z"}] * 101, "/scans"),
    ],
)
def test_bad_batches(stack: Stack, terminal: str, scans: list[Any], pointer: str) -> None:
    reply = ask(stack, "verify/batch", terminal, scans=scans)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_hundred_scans(stack: Stack, terminal: str) -> None:
    code = stack.sample(owner="citizen")["code"]
    scans = [{"code": code, "scanned_at": rfc3339(int(time.time()) - n)} for n in range(100)]
    reply = ask(stack, "verify/batch", terminal, scans=scans)
    assert reply.status == 200
    assert {r["as_of_now"]["verdict"] for r in reply.json["results"]} == {"valid"}
    first = stack.call(
        "POST",
        "/v1/admin/audit/query",
        token="admin",
        json_body={"terminal_id": terminal, "actor": "auditor", "limit": 60},
    ).json
    rest = stack.call(
        "POST",
        "/v1/admin/audit/query",
        token="admin",
        json_body={"terminal_id": terminal, "actor": "auditor", "limit": 60, "next": first["next"]},
    ).json
    assert len(first["entries"]) == 60
    shown = [e for e in first["entries"] + rest["entries"] if e["action"] == "verify-batch"]
    assert len(shown) == 100


def test_a_search_is_on_record_and_asks_for_one_thing(stack: Stack, terminal: str) -> None:
    for by in (
        {},
        {"plate": "黑A12345"},
        {"terminal_id": terminal, "certificate_id": "0" * 26},
        {"terminal_id": terminal, "next": "x"},
    ):
        reply = stack.call("POST", "/v1/admin/audit/query", token="admin", json_body={"actor": "a"} | by)
        assert reply.status == 422, by
    asked = {"terminal_id": terminal, "actor": "auditor-7"}
    for _ in range(2):
        shown = stack.call("POST", "/v1/admin/audit/query", token="admin", json_body=asked).json["entries"]
    assert {(e["action"], e["by"]) for e in shown} == {("audit-query", "auditor-7")}


@pytest.mark.parametrize("token", ["citizen", "admin", "registry", "office"])
def test_only_police(stack: Stack, token: str) -> None:
    for path in ("verify", "verify/batch", "lookup"):
        assert stack.call("POST", f"/v1/police/{path}", token=token, json_body={}).status == 403
        assert stack.call("POST", f"/v1/police/{path}", json_body={}).status == 401
