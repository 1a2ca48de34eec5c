"""Routes that publish the policy, show it, and show what a change would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain.times import rfc3339
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.auth import actor
from jianbiao.http.edge import Request, Response, Route
from jianbiao.services.policy_desk import PolicyDesk, PublishedPolicy

MAX_BODY = 512 * 1024
"""A document has some 60 KB; one whose hanzi are written as escapes has three times that."""
MAX_VERSION = 2**31 - 1


def routes(*, desk: PolicyDesk) -> Mapping[str, Route]:
    """Route key → function."""

    def publish(request: Request) -> Response:
        body = request.body("PolicyRequest", MAX_BODY)
        made = desk.publish(body["policy"], actor=body["actor"], replaces=body.get("replaces"))
        return Response(200, _about(made))

    def preview(request: Request) -> Response:
        body = request.body("PolicyPreviewRequest", MAX_BODY)
        version, found = desk.preview(body["policy"])
        changes = [{"path": c.path, "before": c.before, "after": c.after} for c in found]
        return Response(200, {"version": version, "changes": changes})

    def read(request: Request) -> Response:
        actor(request)
        policy = desk.read(_version(request))
        return Response(200, {**_about(policy), "policy": policy.source})

    return {
        "PUT /v1/admin/policy": publish,
        "POST /v1/admin/policy/preview": preview,
        "GET /v1/admin/policy": read,
    }


def _version(request: Request) -> int | None:
    text = request.query.get("policy_version")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= MAX_VERSION):
        raise InvalidInput(FieldError("", "the query parameter policy_version is a whole number from 1"))
    return int(text)


def _about(policy: PublishedPolicy) -> dict[str, Any]:
    return {
        "version": policy.version,
        "published_at": rfc3339(policy.published_at),
        "actor": policy.actor,
    }
