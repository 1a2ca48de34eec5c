"""Shapes of request bodies. Those of registry events are in `http.event_schemas`."""

from __future__ import annotations

from jianbiao.http.schemas.parts import (
    ACTOR,
    CODE,
    PAPER_STATES,
    PLATE,
    PLATE_CLASS,
    POLICY,
    REASON,
    REFERENCE,
    TIME,
    Schema,
    object_of,
    ref,
)

_WHO: Schema = {"officer_ref": REFERENCE, "terminal_id": REFERENCE}

REQUESTS: dict[str, Schema] = {
    "VerifyRequest": object_of({"code": CODE}),
    "PoliceVerifyRequest": object_of({"code": CODE, **_WHO}),
    "PoliceBatchRequest": object_of(
        {
            "scans": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": object_of({"code": CODE, "scanned_at": TIME}),
            },
            **_WHO,
        }
    ),
    "PoliceLookupRequest": object_of({"plate_class": PLATE_CLASS, "plate": PLATE, **_WHO}),
    "RevocationRequest": object_of(
        {"kind": {"enum": ["revoked", "suspended"]}, "reason": REASON, "actor": ACTOR}
    ),
    "ReasonRequest": object_of({"reason": REASON, "actor": ACTOR}),
    "BackfillRequest": object_of(
        {
            "actor": ACTOR,
            "as_of": {
                "type": "string",
                "minLength": 20,
                "maxLength": 35,
                "description": "When the ledger was true (RFC 3339 with its offset); default: when it is uploaded.",
            },
        },
        optional=("as_of",),
    ),
    "BackfillControl": object_of(
        {
            "actor": ACTOR,
            "paused": {"type": "boolean"},
            "rate": {
                "type": "number",
                "minimum": 1,
                "maximum": 100_000,
                "description": "Signatures a second of all workers together; each makes four at least."
                " To have fewer, pause the launch.",
            },
            "aborted": {"const": True},
        },
        optional=("paused", "rate", "aborted"),
        minProperties=2,
    ),
    "BackfillRedrive": object_of({"actor": ACTOR}),
    "LiftRequest": object_of(
        {"vin": {"type": "string", "minLength": 17, "maxLength": 40}, "reason": REASON, "actor": ACTOR}
    ),
    "PolicyRequest": object_of(
        {
            "policy": POLICY,
            "actor": ACTOR,
            "replaces": {
                "type": "integer",
                "minimum": 1,
                "description": "The version it was made from: refused where another one is in force by now.",
            },
        },
        optional=("replaces",),
    ),
    "PolicyPreviewRequest": object_of({"policy": POLICY, "actor": ACTOR}, optional=("actor",)),
    "AuditQuery": object_of(
        {
            "certificate_id": {"type": "string", "minLength": 26, "maxLength": 26},
            "plate_class": PLATE_CLASS,
            "plate": PLATE,
            "terminal_id": REFERENCE,
            "since": TIME,
            "until": TIME,
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "next": {"type": "string", "pattern": "^[0-9]{12}-[0-9a-f]{16}$"},
            "actor": ACTOR,
        },
        optional=("certificate_id", "plate_class", "plate", "terminal_id", "since", "until", "limit", "next"),
        oneOf=[
            {"required": ["certificate_id"], "properties": {"plate": False, "plate_class": False}},
            {"required": ["plate_class", "plate"]},
            {"required": ["terminal_id"], "properties": {"plate": False, "plate_class": False}},
        ],
        description="By one of: certificate_id, plate_class and plate, terminal_id.",
    ),
    "ApplyRequest": object_of(
        {"plate_class": PLATE_CLASS, "plate": PLATE, "purpose": {"enum": ["current", "claim"]}}
    ),
    "BindRequest": object_of(
        {
            "plate_class": PLATE_CLASS,
            "plate": PLATE,
            "vin_tail": {
                "type": "string",
                "pattern": "^[0-9A-Za-z]{4}$",
                "description": "The last four characters of the VIN.",
            },
        }
    ),
    "PaperRequest": object_of(
        {
            "delivery": {"enum": ["mail", "pickup"]},
            "recipient": ref("Recipient"),
            "office": {"type": "string", "minLength": 1, "maxLength": 64},
        },
        optional=("recipient", "office"),
        **{
            "if": {"properties": {"delivery": {"const": "mail"}}},
            "then": {"required": ["recipient"], "properties": {"office": False}},
            "else": {"required": ["office"], "properties": {"recipient": False}},
        },
    ),
    "PaperStep": object_of(
        {
            "status": {"enum": PAPER_STATES[1:]},
            "officer_ref": REFERENCE,
            "remark": {"type": "string", "maxLength": 200},
        },
        optional=("remark",),
    ),
    "ShareRequest": object_of({"expires_in_hours": {"type": "integer", "minimum": 1, "maximum": 720}}),
}
"""Shapes by name."""
