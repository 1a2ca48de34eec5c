"""JSON Schemas (2020-12) of request bodies and answers: the OpenAPI document shows them, `bodies` validates by them."""

from __future__ import annotations

from jianbiao.http import event_schemas
from jianbiao.http.schemas import citizens, desks, verification
from jianbiao.http.schemas.parts import (
    TEXT,
    Schema,
    object_of,
    ref,
)
from jianbiao.http.schemas.requests import REQUESTS

COMPONENTS: dict[str, Schema] = {
    "RegistryResults": event_schemas.RESULTS,
    "RegistryEvent": event_schemas.STATE,
    **verification.ANSWERS,
    **desks.ANSWERS,
    "StatusListDirectory": object_of(
        {"status_lists": {"type": "array", "items": object_of({"uri": TEXT, "path": TEXT})}}
    ),
    **citizens.ANSWERS,
    "Problem": object_of(
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": TEXT,
            "next_step": ref("ZhEn"),
            "errors": {"type": "array", "items": object_of({"pointer": TEXT, "detail": TEXT})},
        },
        optional=("next_step", "errors"),
    )
    | {"additionalProperties": True, "description": "RFC 9457 problem details."},
    "GatewayMessage": {
        "type": "object",
        "properties": {"message": {"type": ["string", "null"]}},
        "description": "The gateway's own 401, 403, 404, 413, 429 and 503.",
    },
}
"""Shapes of answers, by name."""

BODIES: dict[str, Schema] = {
    "RegistryEvents": event_schemas.BATCH,
    **event_schemas.EVENTS,
    **REQUESTS,
}
"""Shapes of request bodies, by name."""
