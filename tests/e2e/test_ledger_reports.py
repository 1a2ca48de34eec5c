"""A second ledger over HTTP: what it says of owners, states and plates follows at once, by the worker's own role."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.e2e import ledgers
from tests.e2e.citizens import Citizen, citizen
from tests.e2e.deployment import Stack

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Citizen:
    return citizen(stack)


def mine(somebody: Citizen, plate: str) -> dict[str, Any] | None:
    """Somebody's certificate for a plate, if she sees one."""
    listed = somebody.call("GET", "/v1/me/certificates?limit=100").json["certificates"]
    return next((dict(certificate) for certificate in listed if certificate["plate"] == plate), None)


def test_owner_state_and_plate(stack: Stack, owner: Citizen) -> None:
    sold, gone, former, bearer = (ledgers.new_row(stack, owner_ref=owner.person_ref) for _ in range(4))
    now = int(time.time())
    assert ledgers.load_rows(stack, [sold, gone, former], as_of=now - 60).counts["issued"] == 3
    codes = {row["hphm"]: mine(owner, row["hphm"]) for row in (sold, gone, former)}
    certificate = codes[sold["hphm"]]
    assert certificate
    base = f"/v1/certificates/{certificate['certificate_id']}"
    share = owner.call("POST", f"{base}/shares", {"expires_in_hours": 1}).json
    assert owner.call("POST", f"{base}/paper", {"delivery": "pickup", "office": "230100"}).status == 201
    friend, buyer = citizen(stack), citizen(stack)
    asked = friend.call(
        "POST",
        "/v1/me/bindings",
        {"plate_class": "02", "plate": sold["hphm"], "vin_tail": sold["clsbdh"][-4:]},
    ).json
    assert owner.call("POST", f"/v1/me/bindings/{asked['binding_id']}/approval").status == 200

    later = [
        sold | {"owner_ref": buyer.person_ref},
        gone | {"zt": "E"},
        bearer | {"hphm": former["hphm"]},
    ]
    accounts = ledgers.load_rows(stack, later, as_of=now)
    assert {k: accounts.counts[k] for k in ("already", "refused", "issued", "invalid")} == {
        "already": 1,
        "refused": 1,
        "issued": 1,
        "invalid": 0,
    }
    # Another owner: all that the former one opened has ended.
    assert stack.call("GET", share["url"].removeprefix(stack.base_url)).status == 410
    assert buyer.call("GET", f"{base}/paper").json["status"] == "cancelled"
    assert friend.call("GET", "/v1/me/bindings").json["bindings"][0]["status"] == "ended"
    assert owner.call("GET", base).status == friend.call("GET", base).status == 404
    assert buyer.call("GET", base).json["status"] == "active"

    def verdict(plate: str) -> str:
        code = (codes[plate] or {})["code"]
        return str(stack.call("POST", "/v1/verify", json_body={"code": code}).json["verdict"])

    # A state that ends certificates, and a plate that was given to another vehicle.
    assert (verdict(sold["hphm"]), verdict(gone["hphm"]), verdict(former["hphm"])) == (
        "valid",
        "revoked",
        "revoked",
    )
    look = {"plate_class": "02", "plate": former["hphm"], "officer_ref": "o", "terminal_id": "t-ledger"}
    seen = stack.call("POST", "/v1/police/lookup", token="police", json_body=look).json
    assert (seen["verdict"], seen["vehicle"]["vin_tail"]) == ("valid", bearer["clsbdh"][-4:])
