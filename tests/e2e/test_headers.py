"""What protects a browser is on every answer, whoever asks for what."""

from __future__ import annotations

import pytest

from tests.e2e.deployment import Reply, Stack

pytestmark = pytest.mark.local


def answers(stack: Stack) -> dict[str, Reply]:
    """An answer of each kind: pages, documents, scripts, JSON, problems."""
    code = stack.sample(owner="citizen", why="valid: an ordinary car")["code"]
    found = {
        path: stack.call("GET", path)
        for path in (
            "/",
            "/verify",
            "/app",
            "/.well-known/jwks.json",
            "/openapi.json",
            "/status-lists",
            "/s/unknown",
        )
    }
    found["page behind a code"] = stack.call("GET", "/V/" + code.rpartition("/")[2])
    found["not a code"] = stack.call("POST", "/v1/verify", json_body={"code": "!"})
    found["verdict"] = stack.call("POST", "/v1/verify", json_body={"code": code})
    found["own vehicles"] = stack.call("GET", "/v1/me/vehicles", token="citizen")
    return found


def test_every_answer_is_protected(stack: Stack) -> None:
    for what, reply in answers(stack).items():
        headers = reply.headers
        assert headers["strict-transport-security"].startswith("max-age=63072000"), what
        assert headers["x-content-type-options"] == "nosniff", what
        assert headers["referrer-policy"] == "no-referrer", what
        if headers["content-type"].startswith("text/html"):
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, what
            assert "frame-ancestors 'none'" in policy, what
            assert "unsafe" not in policy.replace("wasm-unsafe-eval", ""), what
        elif "json" in headers["content-type"] and what in ("not a code", "verdict", "own vehicles"):
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'", what


def test_what_is_somebody_s_own_is_kept_nowhere(stack: Stack) -> None:
    found = answers(stack)
    for what in ("own vehicles", "verdict", "page behind a code", "/s/unknown"):
        assert found[what].headers["cache-control"] == "no-store", what
