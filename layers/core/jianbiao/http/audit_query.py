"""The route that searches the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain import plates
from jianbiao.domain.times import rfc3339
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.auth import client_id
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.instants import instant
from jianbiao.ports import Policies
from jianbiao.records import AuditEntry
from jianbiao.services import audit
from jianbiao.services.audit import AuditDesk
from jianbiao.wire.ids import certificate_id, parse_certificate_id

FOREVER = 4_102_416_000
"""2100-01-01T00:00+08:00."""


def routes(*, desk: AuditDesk, policies: Policies) -> Mapping[str, Route]:
    """Route key → function."""

    def query(request: Request) -> Response:
        body = request.body("AuditQuery")
        entries, following = desk.query(
            _subject(body),
            policies.current(),
            actor=body["actor"],
            client=client_id(request),
            since=instant(body["since"], "/since") if "since" in body else 0,
            until=instant(body["until"], "/until") if "until" in body else FOREVER,
            limit=body.get("limit", 100),
            after=body.get("next"),
        )
        return Response(200, {"entries": [_entry(entry) for entry in entries], "next": following})

    return {"POST /v1/admin/audit/query": query}


def _subject(body: Mapping[str, Any]) -> str:
    """What the body asks for: the schema has seen to it that it is one of the three."""
    if "terminal_id" in body:
        return audit.of_terminal(body["terminal_id"])
    if "certificate_id" in body:
        try:
            return audit.of_certificate(certificate_id(parse_certificate_id(body["certificate_id"])))
        except ValueError as error:
            raise InvalidInput(FieldError("/certificate_id", str(error))) from error
    try:
        return audit.of_plate(body["plate_class"], plates.normalise(body["plate"], body["plate_class"]))
    except ValueError as error:
        raise InvalidInput(FieldError("/plate", str(error))) from error


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": rfc3339(entry.at),
        "action": entry.action,
        "by": entry.by,
        "client": entry.client,
        "detail": dict(entry.detail),
    }
