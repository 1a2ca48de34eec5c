"""The way of one certificate through the whole deployment, over HTTP: what README's walk shows, with more looked at."""

from __future__ import annotations

import base64
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from jianbiao.domain.times import parse_rfc3339
from jianbiao.errors import Forged
from jianbiao.wire.keys import KeySet
from jianbiao.wire.verify import verify
from tests.e2e.deployment import Reply, Stack, request
from tests.render.scanning import from_pdf, from_png, read
from tests.support.peer_fields import FACE, PEER

pytestmark = pytest.mark.local

PAGE_MARK = "演示 DEMO"


@pytest.fixture(scope="module")
def certificate(stack: Stack) -> dict[str, Any]:
    """The citizen's certificate, as she reads it."""
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    reply = stack.call("GET", f"/v1/certificates/{sample['certificate_id']}", token="citizen")
    assert reply.status == 200, reply.text
    assert reply.json["code"] == sample["code"]
    return dict(reply.json)


def verified(stack: Stack, code: str) -> dict[str, Any]:
    reply = stack.call("POST", "/v1/verify", json_body={"code": code})
    assert reply.status == 200, reply.text
    assert set(reply.json) == PEER
    return dict(reply.json)


def face(stack: Stack, certificate: dict[str, Any], format_: str) -> Reply:
    """The file of a certificate, by the redirect that a browser would follow."""
    path = f"/v1/certificates/{certificate['certificate_id']}/file?format={format_}"
    reply = stack.call("GET", path, token="citizen")
    assert (reply.status, reply.body) == (303, b"")
    return request("GET", reply.headers["location"])


def test_my_vehicles_say_what_can_be_done(stack: Stack, certificate: dict[str, Any]) -> None:
    vehicles = stack.call("GET", "/v1/me/vehicles", token="citizen").json["vehicles"]
    (mine,) = [v for v in vehicles if v["plate"] == certificate["plate"]]
    assert mine["certificate_id"] == certificate["certificate_id"]
    assert mine["relation"] == "owner"
    assert mine["can"]["current"]["possible"]
    assert not mine["can"]["current"]["issues"]
    (expired,) = [v for v in vehicles if v["plate"] == "黑A2K578"]
    assert expired["certificate_id"] is None
    assert expired["can"]["current"]["reason"] == "inspection-expired"
    assert expired["can"]["current"]["next_step"]["zh"]


def test_lists_page_by_page_name_everything_once(stack: Stack) -> None:
    whole = stack.call("GET", "/v1/me/vehicles", token="citizen_portal").json
    assert whole["next"] is None
    seen: list[str] = []
    path = "/v1/me/vehicles?limit=7"
    for _ in range(20):
        page = stack.call("GET", path, token="citizen_portal").json
        assert len(page["vehicles"]) <= 7
        seen += [f"{v['plate_class']['code']} {v['plate']}" for v in page["vehicles"]]
        if page["next"] is None:
            break
        path = f"/v1/me/vehicles?limit=7&next={page['next']}"
    assert seen == [f"{v['plate_class']['code']} {v['plate']}" for v in whole["vehicles"]]
    assert len(set(seen)) == len(seen) > 14


def test_my_certificate_is_listed_and_answers_an_application(
    stack: Stack, certificate: dict[str, Any]
) -> None:
    listed = stack.call("GET", "/v1/me/certificates", token="citizen").json["certificates"]
    ids = [c["certificate_id"] for c in listed]
    assert certificate["certificate_id"] in ids
    body = {"plate_class": "02", "plate": certificate["plate"], "purpose": "current"}
    reply = stack.call("POST", "/v1/certificates", token="citizen", json_body=body)
    assert reply.status == 200
    assert reply.json["certificate_id"] == certificate["certificate_id"]
    assert reply.json["code"] == certificate["code"]


@pytest.mark.parametrize("format_", ["png", "pdf"])
def test_the_downloaded_face_holds_the_code(stack: Stack, certificate: dict[str, Any], format_: str) -> None:
    reply = face(stack, certificate, format_)
    assert reply.status == 200
    assert reply.headers["content-type"] == {"png": "image/png", "pdf": "application/pdf"}[format_]
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    picture = from_png(reply.body) if format_ == "png" else from_pdf(reply.body)
    assert read(picture) == certificate["code"]


def test_the_svg_face_is_served_as_what_it_is(stack: Stack, certificate: dict[str, Any]) -> None:
    reply = face(stack, certificate, "svg")
    assert (reply.status, reply.headers["content-type"]) == (200, "image/svg+xml")
    assert b"<script" not in reply.body


def test_the_code_verifies_for_anybody(stack: Stack, certificate: dict[str, Any]) -> None:
    before = int(time.time())
    answer = verified(stack, certificate["code"])
    assert (answer["verdict"], answer["reason"], answer["status_checked"]) == ("valid", None, "store")
    assert before <= parse_rfc3339(answer["checked_at"]) <= time.time() + 1
    assert set(answer["certificate"]) == FACE
    for name in FACE:
        assert answer["certificate"][name] == certificate[name]


def test_the_code_verifies_offline_with_the_published_keys(stack: Stack, certificate: dict[str, Any]) -> None:
    keys = KeySet.from_jwks(stack.call("GET", "/.well-known/jwks.json").body)
    claims = verify(certificate["code"], keys).claims
    assert claims.plate == certificate["plate"]
    assert claims.status_uri.startswith("urn:jianbiao:local:")


@pytest.mark.parametrize(("path", "language"), [("", "zh-CN"), ("?lang=en", "en")])
def test_a_phone_camera_opens_a_page(
    stack: Stack, certificate: dict[str, Any], path: str, language: str
) -> None:
    for text in (certificate["code"], certificate["code"].lower()):
        # What a camera opens: the browser lower-cases scheme and host, and leaves the path as it is.
        url = urlsplit(text)
        reply = stack.call("GET", url.path + path)
        assert reply.status == 200
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
        assert "unsafe" not in reply.headers["content-security-policy"]
        assert certificate["plate"][:2] in reply.text
        assert certificate["certificate_id"] in reply.text.replace(" ", "").replace("-", "")
        assert f'lang="{language}"' in reply.text
        assert "<script" not in reply.text
        assert PAGE_MARK in reply.text


def test_police_see_the_vehicle_too(stack: Stack, certificate: dict[str, Any]) -> None:
    body = {"code": certificate["code"], "officer_ref": "officer-7", "terminal_id": "terminal-3"}
    reply = stack.call("POST", "/v1/police/verify", token="police", json_body=body)
    assert reply.status == 200
    answer = reply.json
    sample = stack.sample(owner="citizen", why="valid: an ordinary car")
    assert (answer["verdict"], answer["inspection"]) == ("valid", "in_period")
    assert answer["vehicle"]["vin_tail"] == sample["vin"][-4:]
    assert answer["vehicle"]["state"] == [
        {"code": "A", "zh": "正常", "en": answer["vehicle"]["state"][0]["en"]}
    ]
    assert sample["vin"] not in reply.text
    assert "p-citizen-1" not in reply.text


@pytest.mark.parametrize("verdict", ["expired", "not_yet_valid", "superseded", "suspended", "revoked"])
def test_every_verdict_can_be_tried(stack: Stack, verdict: str) -> None:
    (sample, *_) = [s for s in stack.document["samples"] if s["why"].partition(":")[0] == verdict]
    answer = verified(stack, sample["code"])
    assert (answer["verdict"], answer["reason"]) == (verdict, None)
    assert answer["certificate"]["valid_until"]


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("store has never seen it", "not-issued"),
        ("one bit of the signature", "bad-signature"),
        ("a key that nobody published", "unknown-key"),
    ],
)
def test_forged_samples_show_nothing_of_what_they_claim(stack: Stack, why: str, reason: str) -> None:
    code = stack.sample(why=why)["code"]
    answer = verified(stack, code)
    assert (answer["verdict"], answer["reason"], answer["certificate"]) == ("forged", reason, None)
    page = stack.call("GET", urlsplit(code).path)
    assert page.status == 200
    assert "黑A00000" not in page.text


def test_every_flipped_bit_of_a_byte_row_is_forged(stack: Stack, certificate: dict[str, Any]) -> None:
    """One bit of each byte, over HTTP; every bit of every byte is tried in tests/wire/test_damage.py."""
    text = certificate["code"].rpartition("/")[2]
    data = base64.b32decode(text + "=" * (-len(text) % 8))
    for at in range(1, len(data), 3):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        code = base64.b32encode(bytes(flipped)).decode().rstrip("=")
        answer = verified(stack, code)
        assert (answer["verdict"], answer["certificate"]) == ("forged", None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: code[:-1],
        lambda code: code + "A",
        lambda code: code[:60] + "1" + code[61:],
        lambda code: code[:60] + "O" * (code[60] != "O") + code[61:],
        lambda code: code + "?lang=en",
        lambda code: code + "=",
        lambda code: code.rpartition("/")[2][:40],
        lambda code: "看" + code,
    ],
)
def test_a_garbled_code_is_forged_or_no_code(stack: Stack, certificate: dict[str, Any], spoil: Any) -> None:
    code = spoil(certificate["code"])
    reply = stack.call("POST", "/v1/verify", json_body={"code": code})
    if reply.status == 200:
        assert reply.json["verdict"] == "forged"
        with pytest.raises(Forged):
            verify(code, KeySet.from_jwks(stack.call("GET", "/.well-known/jwks.json").body))
    else:
        assert (reply.status, reply.json["code"]) == (400, "not-a-code")


def test_a_share_is_opened_counted_and_withdrawn(stack: Stack, certificate: dict[str, Any]) -> None:
    shares = f"/v1/certificates/{certificate['certificate_id']}/shares"
    before = int(time.time())
    made = stack.call("POST", shares, token="citizen", json_body={"expires_in_hours": 2})
    assert made.status == 201
    assert 7200 <= parse_rfc3339(made.json["expires_at"]) - before <= 7205
    assert len(made.json["url"].rpartition("/s/")[2]) >= 22, "at least 128 random bits"
    # Whoever has the link sees the face, without signing in.
    page = request("GET", made.json["url"])
    assert page.status == 200
    assert page.headers["cache-control"] == "no-store"
    assert certificate["plate"] in page.text.replace("·", "").replace(" ", "")
    picture = request("GET", made.json["url"] + "?format=png")
    assert picture.status == 303
    assert read(from_png(request("GET", picture.headers["location"]).body)) == certificate["code"]
    listed = stack.call("GET", shares, token="citizen").json["shares"]
    (link,) = [s for s in listed if s["share_id"] == made.json["share_id"]]
    assert (link["status"], link["views"]) == ("open", 1)
    # The token itself is nowhere but in the answer to its making.
    token = made.json["url"].rpartition("/")[2]
    assert token not in stack.call("GET", shares, token="citizen").text
    stored = stack.client("dynamodb").scan(TableName=stack.outputs["SharesTableName"])["Items"]
    assert stored
    assert token not in repr(stored)
    # Withdrawn, twice: the second time changes nothing.
    for _ in range(2):
        withdrawal = stack.call("DELETE", f"{shares}/{link['share_id']}", token="citizen")
        assert (withdrawal.status, withdrawal.body) == (204, b"")
    for query in ("", "?format=png"):
        gone = request("GET", made.json["url"] + query)
        assert gone.status == 410
        assert certificate["plate"] not in gone.text
    (link,) = [
        s
        for s in stack.call("GET", shares, token="citizen").json["shares"]
        if s["share_id"] == made.json["share_id"]
    ]
    assert (link["status"], link["views"]) == ("withdrawn", 1)
    assert link["withdrawn_at"]


def test_a_share_that_has_expired_is_gone(stack: Stack, certificate: dict[str, Any]) -> None:
    """The shortest share lives an hour, so its end is moved in the store."""
    shares = f"/v1/certificates/{certificate['certificate_id']}/shares"
    made = stack.call("POST", shares, token="citizen", json_body={"expires_in_hours": 1}).json
    assert request("GET", made["url"]).status == 200
    table, dynamodb = stack.outputs["SharesTableName"], stack.client("dynamodb")
    (item,) = [
        item
        for item in dynamodb.scan(TableName=table)["Items"]
        if item.get("share_id", {}).get("S") == made["share_id"]
    ]
    dynamodb.update_item(
        TableName=table,
        Key={"token_hash": item["token_hash"]},
        UpdateExpression="SET expires_at = :now",
        ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
    )
    assert request("GET", made["url"]).status == 410


@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_what_is_not_active_has_no_file_and_cannot_be_shared(stack: Stack, state: str) -> None:
    path = f"/v1/certificates/{stack.sample(why=state)['certificate_id']}"
    read_back = stack.call("GET", path, token="citizen_portal")
    assert (read_back.status, read_back.json["status"]) == (200, state)
    for reply in (
        stack.call("GET", f"{path}/file", token="citizen_portal"),
        stack.call("POST", f"{path}/shares", token="citizen_portal", json_body={"expires_in_hours": 1}),
    ):
        assert (reply.status, reply.json["code"]) == (409, "not-active")


def test_the_start_page_offers_what_there_is_to_try(stack: Stack) -> None:
    page = stack.call("GET", "/")
    assert page.status == 200
    assert PAGE_MARK in page.text
