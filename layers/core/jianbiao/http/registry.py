"""Registry routes: events come in, and are read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.domain.policy import Policy
from jianbiao.domain.times import rfc3339
from jianbiao.http.auth import client_id
from jianbiao.http.edge import Request, Response, Route
from jianbiao.ports import Policies
from jianbiao.services.registry import PLATE_TAKEN, VEHICLE_UNKNOWN, Intake, Result, StoredEvent

MAX_BATCH = 256 * 1024
"""Bytes of a body: a hundred registrations are 70 kB."""

_ZhEn = dict[str, str]

TEXTS: dict[str, tuple[_ZhEn, _ZhEn]] = {
    VEHICLE_UNKNOWN: (
        {
            "zh": "该车尚未登记，已保留此事件。",
            "en": "The vehicle is not registered here yet; the event is kept.",
        },
        {"zh": "请先上报机动车登记。", "en": "Report the registration of the vehicle."},
    ),
    PLATE_TAKEN: (
        {
            "zh": "该号牌已由较新的登记核发给其他机动车。",
            "en": "A newer report gave the plate to another vehicle.",
        },
        {"zh": "请核对号牌后重新上报。", "en": "Check the plate and report the vehicle's change."},
    ),
}
"""Message and next step of the reasons that only events have; those of api.md are policy data."""


def routes(*, intake: Intake, policies: Policies) -> Mapping[str, Route]:
    """Route key → function."""

    def report(request: Request) -> Response:
        batch = request.body("RegistryEvents", MAX_BATCH)["events"]
        results = intake.accept(batch, policies.current(), client_id(request))
        return Response(202, {"results": [shown_result(r, i) for i, r in enumerate(results)]})

    def read(request: Request) -> Response:
        return Response(200, shown_event(intake.read(request.path["id"]), policies.current()))

    return {"POST /v1/registry/events": report, "GET /v1/registry/events/{id}": read}


def shown_result(result: Result, position: int) -> dict[str, Any]:
    """The answer to one event; pointers lead into the request body."""
    errors = [{"pointer": f"/events/{position}{e.pointer}", "detail": e.detail} for e in result.errors]
    return {
        "id": result.event_id,
        "result": result.result,
        "errors": errors,
        "warnings": list(result.warnings),
    }


def shown_event(event: StoredEvent, policy: Policy) -> dict[str, Any]:
    """What became of an event."""
    outcome = event.outcome
    message, next_step = _texts(outcome.reason, policy)
    return {
        "id": event.event_id,
        "type": event.body["type"],
        "status": str(outcome.state),
        "received_at": rfc3339(event.received_at),
        "certificate_id": outcome.certificate_id,
        "reason": outcome.reason,
        "message": message,
        "next_step": next_step,
    }


def _texts(reason: str | None, policy: Policy) -> tuple[_ZhEn | None, _ZhEn | None]:
    if reason is None:
        return None, None
    if reason in TEXTS:
        return TEXTS[reason]
    texts = policy.reason_text(reason)
    return {"zh": texts["zh"], "en": texts["en"]}, texts.get("next_step")
