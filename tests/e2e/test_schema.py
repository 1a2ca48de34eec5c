"""R8: answers about things that are there are as the OpenAPI document describes them, kind by kind. What the document
allows and forbids is tried by schemathesis (test_schemathesis.py)."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from jianbiao.domain.times import CHINA
from jianbiao.http.openapi import COMMITTED
from tests.e2e.citizens import citizen, vehicle
from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(json.loads(COMMITTED.read_text(encoding="utf-8")))


def fitting(route: str, status: int, reply: Reply) -> Any:
    """The answer's JSON, once it is found to be as the document has it."""
    assert reply.status == status, (route, reply.text)
    method, _, path = route.partition(" ")
    described = document()["paths"][path][method.lower()]["responses"][str(status)]
    kind = reply.headers["content-type"].partition(";")[0]
    schema = described["content"][kind]["schema"]
    whole = {**schema, "components": document()["components"]}
    wrong = jsonschema_rs.Draft202012Validator(whole, validate_formats=True).iter_errors(reply.json)
    assert [(route, list(w.instance_path), w.message) for w in wrong] == []
    return reply.json


def test_a_citizen_s_answers_are_as_described(stack: Stack) -> None:
    owner, friend = citizen(stack), citizen(stack)
    car = vehicle(stack, owner, due=1, age=24)
    body = {"plate_class": car.plate_class, "plate": car.plate}
    apply = "POST /v1/certificates"
    made = fitting(apply, 201, owner.call("POST", "/v1/certificates", body | {"purpose": "current"}))
    fitting(apply, 200, owner.call("POST", "/v1/certificates", body | {"purpose": "current"}))
    fitting(apply, 404, friend.call("POST", "/v1/certificates", body | {"purpose": "current"}))
    fitting(apply, 422, owner.call("POST", "/v1/certificates", body | {"purpose": "both"}))
    fitting("GET /v1/me/vehicles", 200, owner.call("GET", "/v1/me/vehicles"))
    fitting("GET /v1/me/certificates", 200, owner.call("GET", "/v1/me/certificates"))
    one, base = "/v1/certificates/{id}", f"/v1/certificates/{made['certificate_id']}"
    fitting(f"GET {one}", 200, owner.call("GET", base))
    fitting(f"POST {one}/shares", 201, owner.call("POST", f"{base}/shares", {"expires_in_hours": 1}))
    fitting(f"GET {one}/shares", 200, owner.call("GET", f"{base}/shares"))
    pickup = {"delivery": "pickup", "office": "230100"}
    fitting(f"POST {one}/paper", 201, owner.call("POST", f"{base}/paper", pickup))
    fitting(f"POST {one}/paper", 409, owner.call("POST", f"{base}/paper", pickup))
    fitting(f"GET {one}/paper", 200, owner.call("GET", f"{base}/paper"))
    listed = stack.call("GET", "/v1/office/paper?limit=100", token="office")
    fitting("GET /v1/office/paper", 200, listed)
    bindings, asked = "POST /v1/me/bindings", body | {"vin_tail": car.vin[-4:]}
    fitting(bindings, 200, owner.call("POST", "/v1/me/bindings", asked))
    pending = fitting(bindings, 202, friend.call("POST", "/v1/me/bindings", asked))
    approval = owner.call("POST", f"/v1/me/bindings/{pending['binding_id']}/approval")
    fitting("POST /v1/me/bindings/{id}/approval", 200, approval)
    fitting("GET /v1/me/bindings", 200, friend.call("GET", "/v1/me/bindings"))
    fitting("GET /v1/me/vehicles", 200, friend.call("GET", "/v1/me/vehicles"))


def test_answers_to_machines_and_to_anybody_are_as_described(stack: Stack) -> None:
    def call(status: int, route: str, body: Any = None, token: str | None = None, **ids: str) -> Any:
        method, _, path = route.partition(" ")
        sent = {"X-Actor": "op-1"} if token == "admin" else {}
        path = path.format(**ids)
        return fitting(route, status, stack.call(method, path, token=token, json_body=body, headers=sent))

    officer = {"officer_ref": "o-1", "terminal_id": "t-schema"}
    for sample in (sample for sample in stack.document["samples"] if sample["code"]):
        call(200, "POST /v1/verify", {"code": sample["code"]})
        call(200, "POST /v1/police/verify", officer | {"code": sample["code"]}, "police")
    sample = stack.sample(owner="citizen")
    scans = [{"code": sample["code"], "scanned_at": "2026-01-01T08:00:00+08:00"}, {"code": "x"}]
    call(422, "POST /v1/police/verify/batch", officer | {"scans": scans}, "police")
    call(200, "POST /v1/police/verify/batch", officer | {"scans": scans[:1]}, "police")
    plate = {"plate_class": sample["plate_class"], "plate": sample["plate"]}
    call(200, "POST /v1/police/lookup", officer | plate, "police")
    call(200, "POST /v1/police/lookup", officer | plate | {"plate": "黑A0000Z"}, "police")
    call(200, "GET /status-lists")
    call(200, "GET /.well-known/jwks.json")
    call(200, "GET /openapi.json")
    call(200, "GET /v1/admin/certificates/{id}", token="admin", id=sample["certificate_id"])
    call(200, "GET /v1/admin/backfills", token="admin")
    policy = call(200, "GET /v1/admin/policy", token="admin")["policy"]
    call(200, "POST /v1/admin/policy/preview", {"policy": policy}, "admin")
    call(200, "POST /v1/admin/audit/query", {"terminal_id": "t-schema", "actor": "op-1"}, "admin")
    moment = datetime.now(CHINA).isoformat(timespec="seconds")
    event = {"id": secrets.token_hex(8), "type": "vehicle.deregistered", "occurred_at": moment}
    event["vehicle"] = {"vin": "1M8GDM9AXKP042788"}
    call(202, "POST /v1/registry/events", {"events": [event, {"type": "none"}]}, "registry")
    call(200, "GET /v1/registry/events/{id}", token="registry", id=event["id"])
    call(404, "GET /v1/registry/events/{id}", token="registry", id="none")
    call(401, "GET /v1/registry/events/{id}", id="none")
    call(403, "GET /v1/registry/events/{id}", token="police", id="none")
