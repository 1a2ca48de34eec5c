"""Every change of a certificate's state is seen online at once and in its status list within 60 seconds (R6).

The lists are read by other implementations: python-cwt and pycose check the signature, cbor2 and zlib open the claims,
and the entry is picked out of the array by hand.
"""

from __future__ import annotations

import base64
import json
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.e2e.citizens import Citizen, certificate, citizen, vehicle
from tests.e2e.deployment import Stack

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".envs" / "peers" / "bin" / "python"
READER = ROOT / "tests" / "support" / "peer_reader.py"
SECONDS = 60
VALID, REVOKED, SUSPENDED, SUPERSEDED = range(4)

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(
        not PEERS.exists(), reason="the environment .envs/peers is not made; `make test` makes it"
    ),
]


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Citizen:
    return citizen(stack)


def published(stack: Stack, uri: str) -> bytes:
    """The list with this name, by way of the directory."""
    listed = stack.call("GET", "/status-lists").json["status_lists"]
    (path,) = [entry["path"] for entry in listed if entry["uri"] == uri]
    reply = stack.call("GET", path)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/statuslist+cwt"
    return reply.body


def opened(stack: Stack, token: bytes) -> dict[int, Any]:
    """The claims, as the other implementations say after they have checked the signature."""
    keys = stack.call("GET", "/.well-known/jwks.json").json["keys"]
    header = cbor2.loads(cbor2.loads(token).value[0])
    assert header[1] == -7
    assert header[16] == "application/statuslist+cwt"
    kid = base64.urlsafe_b64encode(header[4]).rstrip(b"=").decode()
    (key,) = [k for k in keys if k["kid"] == kid]
    assert key["purpose"] == "status-list"
    x, y = (base64.urlsafe_b64decode(key[c] + "=").hex() for c in ("x", "y"))
    asked = json.dumps({"x": x, "y": y, "tokens": [token.hex()]})
    ran = subprocess.run([str(PEERS), str(READER)], input=asked, capture_output=True, text=True, check=True)
    ((by_pycose, by_python_cwt),) = json.loads(ran.stdout)
    assert by_pycose == by_python_cwt
    claims: dict[int, Any] = cbor2.loads(bytes.fromhex(by_pycose))
    return claims


def entry(claims: dict[int, Any], idx: int) -> int:
    """The draft's reading of an entry of two bits, by hand."""
    status_list = claims[65533]
    assert status_list["bits"] == 2
    array = zlib.decompress(status_list["lst"])
    assert len(array) == 2**18
    return array[idx // 4] >> (idx % 4) * 2 & 3


def listed_within_a_minute(stack: Stack, uri: str, idx: int, wanted: int) -> float:
    """Seconds until the list says `wanted`."""
    begun = time.monotonic()
    last = b""
    while True:
        token = published(stack, uri)
        if token != last and entry(opened(stack, token), idx) == wanted:
            return time.monotonic() - begun
        assert time.monotonic() - begun < SECONDS, f"not in the list after {SECONDS} s"
        last = token
        time.sleep(0.5)


def verdict(stack: Stack, code: str) -> str:
    answer = stack.call("POST", "/v1/verify", json_body={"code": code}).json
    assert answer["status_checked"] == "store"
    return str(answer["verdict"])


def admin(stack: Stack, id_: str, step: str, **body: str) -> None:
    reply = stack.call(
        "POST",
        f"/v1/admin/certificates/{id_}/{step}",
        token="admin",
        json_body={"reason": "检查", "actor": "op-lists", **body},
    )
    assert reply.status == 200, reply.text


def test_each_step_is_seen_at_once_and_in_the_list_within_a_minute(stack: Stack, owner: Citizen) -> None:
    car = vehicle(stack, owner, due=1, age=24)
    old = owner.apply(car)
    claims = certificate(stack, old).claims
    code, id_ = old.json["code"], old.json["certificate_id"]
    seconds = {}

    def seen(said: str, value: int) -> None:
        assert verdict(stack, code) == said
        taken = listed_within_a_minute(stack, claims.status_uri, claims.status_idx, value)
        seconds[said] = round(taken, 1)

    seen("valid", VALID)
    admin(stack, id_, "revocation", kind="suspended")
    seen("suspended", SUSPENDED)
    admin(stack, id_, "reinstatement")
    seen("valid", VALID)
    new = owner.apply(car, "claim")
    assert new.status == 201, new.text
    seen("superseded", SUPERSEDED)
    claims, code = certificate(stack, new).claims, new.json["code"]
    admin(stack, new.json["certificate_id"], "revocation", kind="revoked")
    seen("revoked", REVOKED)
    print("seconds until listed:", json.dumps(seconds))


def test_a_list_says_what_it_is_and_how_long_it_may_be_used(stack: Stack) -> None:
    for shown in stack.call("GET", "/status-lists").json["status_lists"]:
        claims = opened(stack, published(stack, shown["uri"]))
        assert set(claims) == {2, 4, 6, 65533, 65534}
        assert claims[2] == shown["uri"]
        assert claims[65534] == 300
        assert claims[4] == claims[6] + 86_400
        # Made anew by the schedule: never older than ttl and the schedule's minute, give or take the machine.
        assert time.time() - claims[6] < 600


def test_every_list_that_a_certificate_refers_to_is_in_the_directory(stack: Stack, owner: Citizen) -> None:
    uris = {entry["uri"] for entry in stack.call("GET", "/status-lists").json["status_lists"]}
    reply = owner.apply(vehicle(stack, owner))
    assert certificate(stack, reply).claims.status_uri in uris
    assert all(uri.startswith("urn:jianbiao:local:") for uri in uris)


def test_lists_are_cached_by_their_etag(stack: Stack) -> None:
    for path in ("/status-lists", "/status-lists/0"):
        first = stack.call("GET", path)
        assert "max-age" in first.headers["cache-control"]
        again = stack.call("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status in (304, 200)
        if again.status == 200:  # made anew in between
            assert again.headers["etag"] != first.headers["etag"]
        else:
            assert again.body == b""


@pytest.mark.parametrize("n", ["999", "-1", "00", "x", "0.0", "1e0", "%D9%A0", "99999999999999999999"])
def test_other_lists_are_not_there(stack: Stack, n: str) -> None:
    reply = stack.call("GET", f"/status-lists/{n}")
    assert reply.status == 404, reply.text


def test_a_list_token_is_no_certificate_and_the_reverse(stack: Stack, owner: Citizen) -> None:
    token = stack.call("GET", "/status-lists/0").body
    text = base64.b32encode(token[:1200]).rstrip(b"=").decode()
    reply = stack.call("POST", "/v1/verify", json_body={"code": text[:2000]})
    assert reply.status == 400 or reply.json["verdict"] == "forged"
