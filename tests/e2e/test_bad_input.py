"""Every bad input gets its documented answer: none is a 5xx, and none stops the rest."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from jianbiao.wire.ids import certificate_id
from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local

JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"
UNKNOWN_ID = certificate_id(bytes(16))


@pytest.fixture(scope="module")
def mine(stack: Stack) -> str:
    """Path of the citizen's certificate."""
    return f"/v1/certificates/{stack.sample(owner='citizen', why='valid')['certificate_id']}"


def problem(reply: Reply, status: int, code: str) -> dict[str, Any]:
    """The RFC 9457 document of an answer, which must be this one."""
    assert (reply.status, reply.headers["content-type"]) == (status, PROBLEM), reply.text
    document: dict[str, Any] = reply.json
    assert document["type"] == f"urn:jianbiao:problem:{code}"
    assert (document["status"], document["code"]) == (status, code)
    assert document["title"]
    assert document["detail"]
    return document


BODY_ROUTES = {
    "/v1/verify": (None, {"code": "A"}),
    "/v1/police/verify": ("police", {"code": "A", "officer_ref": "o-1", "terminal_id": "t-1"}),
    "/v1/certificates": ("citizen", {"plate_class": "02", "plate": "黑A12345", "purpose": "current"}),
    "{mine}/shares": ("citizen", {"expires_in_hours": 1}),
}
"""Path → whose token, and a body that is well-formed."""

MALFORMED = {
    "nothing": b"",
    "no JSON": b"code=A",
    "cut short": b'{"code":"A',
    "a list": b"[]",
    "a text": b'"A"',
    "null": b"null",
    "NaN": b'{"code":NaN}',
    "a lone surrogate": b'{"code":"\\ud800"}',
    "a lone surrogate as a name": b'{"\\udfff":1}',
    "a byte-order mark": b"\xef\xbb\xbf{}",
    "two objects": b"{}{}",
    "nested 300 deep": b'{"code":' + b"[" * 300 + b"]" * 300 + b"}",
    "nested 30,000 deep": b'{"code":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "a number of 5,000 digits": b'{"code":' + b"1" * 5000 + b"}",
    "a zero byte": b'{"code":"\x00"}',
}


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json_is_400(stack: Stack, mine: str, route: str, body: bytes) -> None:
    reply = stack.call("POST", route.format(mine=mine), token=BODY_ROUTES[route][0], body=body, headers=JSON)
    problem(reply, 400, "malformed-json")


@pytest.mark.parametrize("route", BODY_ROUTES)
def test_unknown_fields_are_refused_and_named(stack: Stack, mine: str, route: str) -> None:
    token, good = BODY_ROUTES[route]
    reply = stack.call("POST", route.format(mine=mine), token=token, json_body=good | {"admin": True})
    document = problem(reply, 422, "invalid-input")
    assert [error["pointer"] for error in document["errors"]] == [""]
    assert "admin" in document["errors"][0]["detail"]


@pytest.mark.parametrize("route", BODY_ROUTES)
def test_each_field_is_checked_and_pointed_at(stack: Stack, mine: str, route: str) -> None:
    token, good = BODY_ROUTES[route]
    for name in good:
        for wrong in (None, True, 1.5, [], {}, {"a": 1}):
            reply = stack.call("POST", route.format(mine=mine), token=token, json_body=good | {name: wrong})
            document = problem(reply, 422, "invalid-input")
            assert [error["pointer"] for error in document["errors"]] == [f"/{name}"]
        left_out = {k: v for k, v in good.items() if k != name}
        reply = stack.call("POST", route.format(mine=mine), token=token, json_body=left_out)
        assert name in problem(reply, 422, "invalid-input")["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("route", "changes"),
    [
        ("/v1/police/verify", {"officer_ref": ""}),
        ("/v1/police/verify", {"officer_ref": "x" * 65}),
        ("/v1/police/verify", {"officer_ref": "two words"}),
        ("/v1/police/verify", {"terminal_id": "终端"}),
        ("/v1/police/verify", {"terminal_id": "t\n1"}),
        ("/v1/certificates", {"plate_class": "2"}),
        ("/v1/certificates", {"plate_class": "002"}),
        ("/v1/certificates", {"plate_class": "０２"}),
        ("/v1/certificates", {"purpose": "renew"}),
        ("/v1/certificates", {"plate": ""}),
        ("/v1/certificates", {"plate": "黑" * 33}),
        ("{mine}/shares", {"expires_in_hours": 0}),
        ("{mine}/shares", {"expires_in_hours": -1}),
        ("{mine}/shares", {"expires_in_hours": 721}),
        ("{mine}/shares", {"expires_in_hours": 10**400}),
        ("{mine}/shares", {"expires_in_hours": "1"}),
    ],
)
def test_values_out_of_bounds_are_422(stack: Stack, mine: str, route: str, changes: dict[str, Any]) -> None:
    token, good = BODY_ROUTES[route]
    reply = stack.call("POST", route.format(mine=mine), token=token, json_body=good | changes)
    document = problem(reply, 422, "invalid-input")
    assert {error["pointer"] for error in document["errors"]} == {f"/{name}" for name in changes}


@pytest.mark.parametrize(
    "plate",
    [
        "京OOO",
        "A12345",
        "黑A1234",
        "黑A123456",
        "黑A12I45",
        "黑I12345",
        "??????",
        "黑A1234\u202e5",
        "<script>",
        "😀",
    ],
)
def test_bad_plates_are_422_with_a_hint(stack: Stack, plate: str) -> None:
    body = {"plate_class": "02", "plate": plate, "purpose": "current"}
    document = problem(
        stack.call("POST", "/v1/certificates", token="citizen", json_body=body), 422, "invalid-input"
    )
    assert [error["pointer"] for error in document["errors"]] == ["/plate"]
    assert len(document["errors"][0]["detail"]) > 10


@pytest.mark.parametrize("plate", ["黑A99999", "京A12345", "黑A6Q688"])
def test_unknown_and_foreign_vehicles_are_answered_alike(stack: Stack, plate: str) -> None:
    body = {"plate_class": "02", "plate": plate, "purpose": "current"}
    document = problem(
        stack.call("POST", "/v1/certificates", token="citizen", json_body=body), 404, "not-bound"
    )
    assert document["next_step"]


@pytest.mark.parametrize("spelling", ["黑A·12345", " 黑a 12345 ", "黑Ａ１２３４５", "黑A-12345"])
def test_plates_as_people_write_them_are_understood(stack: Stack, spelling: str) -> None:
    body = {"plate_class": "02", "plate": spelling, "purpose": "current"}
    reply = stack.call("POST", "/v1/certificates", token="citizen", json_body=body)
    assert (reply.status, reply.json["plate"]) == (200, "黑A12345")


@pytest.mark.parametrize(
    ("route", "over"), [("/v1/verify", 64 * 1024), ("/v1/certificates", 64 * 1024), ("/v1/verify", 6_000_000)]
)
def test_bodies_that_are_too_long_are_413(stack: Stack, route: str, over: int) -> None:
    token, good = BODY_ROUTES[route]
    body = json.dumps(good).encode() + b" " * over
    problem(stack.call("POST", route, token=token, body=body, headers=JSON), 413, "too-long")


def test_beyond_ten_megabytes_the_gateway_says_413(stack: Stack) -> None:
    """Announced; the body is never sent."""
    address, _, port = stack.host.partition(":")
    with socket.create_connection((address, int(port)), timeout=20) as connection:
        head = (
            "POST /v1/verify HTTP/1.1",
            f"Host: {stack.host}",
            f"Content-Length: {10 * 2**20 + 1}",
            "",
            "",
        )
        connection.sendall("\r\n".join(head).encode())
        answer = connection.recv(65536)
    assert answer.split()[1] == b"413"


def test_a_code_of_more_than_2048_characters_is_no_code(stack: Stack) -> None:
    for length in (2049, 10_000, 60_000):
        problem(stack.call("POST", "/v1/verify", json_body={"code": "A" * length}), 400, "not-a-code")


@pytest.mark.parametrize(
    "code", ["", " ", "A", "hello", "https://v.example/V/", "2K?", "二维码", "0189", "\u212a" * 90]
)
def test_garbage_codes_are_no_codes(stack: Stack, code: str) -> None:
    document = problem(stack.call("POST", "/v1/verify", json_body={"code": code}), 400, "not-a-code")
    assert document["next_step"]["zh"]
    body = {"code": code, "officer_ref": "o-1", "terminal_id": "t-1"}
    problem(stack.call("POST", "/v1/police/verify", token="police", json_body=body), 400, "not-a-code")


@pytest.mark.parametrize("path", ["/V/A", "/v/hello", "/V/%E9%BB%91", "/V/2K%20A", "/V/" + "A" * 3000])
def test_a_garbage_page_says_so_to_people(stack: Stack, path: str) -> None:
    reply = stack.call("GET", path)
    assert (reply.status, reply.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "id_", [UNKNOWN_ID, "x", "0" * 25, "0" * 27, "8" + "0" * 25, "%E9%BB%91", "%ff%fe", "U" * 26, "a" * 2000]
)
def test_unknown_ids_are_404(stack: Stack, id_: str) -> None:
    for method, path, body in (
        ("GET", f"/v1/certificates/{id_}", None),
        ("GET", f"/v1/certificates/{id_}/file", None),
        ("GET", f"/v1/certificates/{id_}/shares", None),
        ("POST", f"/v1/certificates/{id_}/shares", {"expires_in_hours": 1}),
        ("DELETE", f"/v1/certificates/{id_}/shares/x", None),
    ):
        problem(stack.call(method, path, token="citizen", json_body=body), 404, "not-found")


def test_unknown_shares_are_404(stack: Stack, mine: str) -> None:
    problem(stack.call("DELETE", f"{mine}/shares/AAAAAAAAAAAA", token="citizen"), 404, "not-found")
    for token in ("x", "A" * 43, "%00", "%E9%BB%91", "A" * 3000):
        reply = stack.call("GET", f"/s/{token}")
        assert reply.status == 404, token


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=1e2", "/limit"),
        ("limit=%D9%A1", "/limit"),
        ("limit=" + "9" * 5000, "/limit"),
        ("limit=", "/limit"),
        ("next=x", "/next"),
        ("next=", "/next"),
        ("next=%00", "/next"),
        ("next=%E9%BB%91", "/next"),
        ("next=" + "A" * 3000, "/next"),
    ],
)
def test_pages_that_nobody_offered_are_422(stack: Stack, query: str, pointer: str) -> None:
    for path in ("/v1/me/vehicles", "/v1/me/certificates"):
        document = problem(stack.call("GET", f"{path}?{query}", token="citizen"), 422, "invalid-input")
        assert [error["pointer"] for error in document["errors"]] == [pointer]


@pytest.mark.parametrize("format_", ["exe", "PDF", "", "../x", "pdf%00"])
def test_other_formats_are_422(stack: Stack, mine: str, format_: str) -> None:
    problem(stack.call("GET", f"{mine}/file?format={format_}", token="citizen"), 422, "invalid-input")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/verify"),
        ("PUT", "/v1/verify"),
        ("DELETE", "/v1/me/vehicles"),
        ("PATCH", "/v1/certificates"),
        ("POST", "/V/AAAA"),
        ("POST", "/.well-known/jwks.json"),
        ("GET", "/v1/nothing"),
        ("GET", "/v1/verify/more"),
    ],
)
def test_wrong_methods_and_paths_are_the_gateways_404(stack: Stack, method: str, path: str) -> None:
    reply = stack.call(method, path, token="citizen", body=b"{}" if method != "GET" else None)
    assert (reply.status, reply.json) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("version", [None, "", "1.0.0", "2", "two", "2.4.4-beta", "２.４.４", "9" * 100])
def test_an_app_that_is_too_old_or_says_nothing_is_426(stack: Stack, version: str | None) -> None:
    headers = {} if version is None else {"X-App-Version": version.encode().decode("latin-1")}
    reply = stack.call("GET", "/v1/me/vehicles", token="citizen", headers=headers, app=False)
    assert problem(reply, 426, "app-too-old")["minimum_version"]


def test_the_portal_needs_no_app_version(stack: Stack) -> None:
    assert stack.call("GET", "/v1/me/vehicles", token="citizen_portal", app=False).status == 200
