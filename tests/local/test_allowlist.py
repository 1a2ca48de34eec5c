"""The rules of the public port, without a network. tests/e2e/test_front.py asks the real one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.allowlist import API_PATHS, AllowList, ApiCall, ObjectCall, Refused, forwarded

HOST = "127.0.0.1:8080"
RULES = AllowList(frozenset({HOST}), frozenset({"local-files-1", "local-inbox-1"}))
SIGNED = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "ASIA0123456789ABCDEF/20260301/ap-east-1/s3/aws4_request",
    "X-Amz-Date": "20260301T000000Z",
    "X-Amz-Expires": "300",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Security-Token": "token",
    "X-Amz-Signature": "0" * 64,
}
OBJECT = "/local-files-1/a/b.png"


def decide(method: str, path: str, query: str = "", **headers: str) -> object:
    return RULES.decide(
        method, path, query, {"host": HOST} | {k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.mark.parametrize("path", API_PATHS)
def test_paths_of_the_api(path: str) -> None:
    asked = path.replace("{", "").replace("}", "")
    assert decide("GET", asked) == ApiCall(asked)
    if path != "/":
        assert isinstance(decide("GET", asked + "/"), Refused)
        assert isinstance(decide("GET", asked + "/more/than/that"), Refused)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60))
def test_whatever_is_let_through_is_one_of_them(text: str) -> None:
    path = "/" + text.replace("?", "")
    decision = decide("GET", path)
    if isinstance(decision, ApiCall):
        first = path[1:].partition("/")[0]
        assert first in {p[1:].partition("/")[0] for p in API_PATHS}
        assert ".." not in path.split("/")
        assert not path.startswith(("//", "/_"))


@given(st.binary(max_size=12))
def test_a_segment_stays_a_segment(data: bytes) -> None:
    path = "/V/" + "".join(f"%{byte:02x}" for byte in data)
    allowed = data not in (b"", b".", b"..") and not any(b < 0x20 or b in b"/\\\x7f" for b in data)
    assert isinstance(decide("GET", path), ApiCall) is allowed


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "PROPFIND", "get", ""])
def test_other_methods(method: str) -> None:
    assert isinstance(decide(method, "/"), Refused)


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1", "127.0.0.1:8081", "evil.example", "s3.amazonaws.com"]
)
def test_other_hosts(host: str) -> None:
    decision = RULES.decide("GET", "/", "", {"host": host})
    assert isinstance(decision, Refused)
    assert decision.status == 421


def test_a_signed_request() -> None:
    for method in ("GET", "HEAD", "PUT"):
        assert decide(method, OBJECT, urlencode(SIGNED)) == ObjectCall(OBJECT)
    assert decide("GET", OBJECT, urlencode(SIGNED | {"response-content-type": "x", "versionId": "1"}))
    # A client that follows a redirect brings its access token along; it stays behind.
    assert decide("GET", OBJECT, urlencode(SIGNED), authorization="Bearer x") == ObjectCall(OBJECT)
    assert forwarded([("authorization", "Bearer x"), ("range", "bytes=0-1")], to_api=False) == [
        ("range", "bytes=0-1")
    ]


@pytest.mark.parametrize("missing", SIGNED)
def test_every_part_of_the_signature_is_needed(missing: str) -> None:
    query = {name: value for name, value in SIGNED.items() if name != missing}
    assert isinstance(decide("GET", OBJECT, urlencode(query)), Refused)
    assert isinstance(decide("GET", OBJECT, urlencode(SIGNED | {missing: ""})), Refused)


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Amz-Credential": "test/20260301/ap-east-1/s3/aws4_request"},
        {"X-Amz-Credential": "123456789012/20260301/ap-east-1/s3/aws4_request"},
        {"X-Amz-Credential": "AKIA0123456789ABCDEF/20260301/ap-east-1/s3/aws4_request"},
        {"X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256"},
        {"acl": ""},
        {"uploads": ""},
        {"AWSAccessKeyId": "test"},
    ],
    ids=str,
)
def test_what_else_is_signed_by_nobody_we_trust(changed: dict[str, str]) -> None:
    assert isinstance(decide("GET", OBJECT, urlencode(SIGNED | changed)), Refused)


def test_parameters_given_twice_have_two_readings() -> None:
    query = urlencode(SIGNED) + "&X-Amz-Credential=test/20260301/ap-east-1/s3/aws4_request"
    assert isinstance(decide("GET", OBJECT, query), Refused)


def test_other_operations_on_buckets() -> None:
    query = urlencode(SIGNED)
    for method in ("POST", "DELETE", "OPTIONS", "PATCH"):
        assert isinstance(decide(method, OBJECT, query), Refused)
    for path in ("/local-files-1", "/local-files-1/", "/local-other/a"):
        assert isinstance(decide("GET", path, query), Refused)
    for header in ("x_amz_copy_source", "x_amz_acl", "x_amz_grant_read"):
        assert isinstance(decide("PUT", OBJECT, query, **{header: "x"}), Refused)
    assert isinstance(decide("GET", OBJECT, query, authorization="AWS4-HMAC-SHA256 x"), Refused)


def test_headers_that_stay_behind() -> None:
    headers = [
        ("host", "x"), ("connection", "x"), ("x-forwarded-for", "x"), ("forwarded", "x"), ("x-amz-target", "x"),
        ("x-ministack-invoke-depth", "1"), ("expect", "100-continue"), ("transfer-encoding", "chunked"),
        ("authorization", "Bearer x"), ("content-type", "a/b"), ("idempotency-key", "k"), ("x-app-version", "1"),
    ]  # fmt: skip
    kept = {"authorization", "content-type", "idempotency-key", "x-app-version"}
    assert {name for name, _ in forwarded(headers, to_api=True)} == kept
    assert {name for name, _ in forwarded(headers, to_api=False)} == (kept - {"authorization"}) | {
        "x-amz-target"
    }
