"""JSON Schemas (2020-12) of request bodies and answers: the OpenAPI document shows them, `bodies` validates by them."""

from __future__ import annotations

from typing import Any

from jianbiao.http import event_schemas

Schema = dict[str, Any]


def _object(properties: Schema, *, optional: tuple[str, ...] = (), **more: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return shape | ({"required": required} if required else {})


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: Schema = {"type": "string"}
DATE: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}
REFERENCE: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"}
PLATE: Schema = {"type": "string", "minLength": 1, "maxLength": 32}
PLATE_CLASS: Schema = {"type": "string", "pattern": "^[0-9]{2}$"}
CODE: Schema = {"type": "string", "description": "The text of a scanned code (docs/wire-format.md)."}
CERTIFICATE_ID: Schema = {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"}

_COUNT: Schema = {"type": "integer", "minimum": 0}
_BACKFILL: Schema = {
    "backfill_id": TEXT,
    "key": TEXT,
    "as_of": TIME,
    "state": {"enum": ["running", "paused", "aborted", "failed", "done", "refused"]},
    "error": _or_null({"enum": ["gzip", "too-large", "as-of"]}),
    "attempt": {"type": "integer", "minimum": 1},
    "paused": {"type": "boolean"},
    "aborted": {"type": "boolean"},
    "rate": _or_null({"type": "number"}),
    "created_at": TIME,
    "ended_at": _or_null(TIME),
    "progress": _object(
        {
            **dict.fromkeys(
                (
                    "bytes",
                    "of_bytes",
                    "rows",
                    "issued",
                    "already",
                    "refused",
                    "invalid",
                    "unknown_columns",
                    "warnings",
                ),
                _COUNT,
            ),
            "rows_per_second": {"type": "number"},
            "seconds_left": _or_null(_COUNT),
        }
    ),
    "changes": {"type": "array", "items": _object({"at": TIME, "by": TEXT, "what": TEXT})},
}
_CERTIFICATE_STATES = ["active", "superseded", "suspended", "revoked", "expired"]
PAPER_STATES = [
    "requested",
    "printing",
    "mailed",
    "delivered",
    "undeliverable",
    "ready",
    "collected",
    "cancelled",
]
RECIPIENT: Schema = _object(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 64},
        "phone": {"type": "string", "pattern": "^[0-9+() -]{5,24}$"},
        "address": {"type": "string", "minLength": 1, "maxLength": 200},
        "postcode": {"type": "string", "pattern": "^[0-9]{6}$"},
    },
    optional=("postcode",),
    description="Stored encrypted; only the office can read it. No control characters.",
)
_PAPER: Schema = {
    "request_id": TEXT,
    "certificate_id": {"$ref": "#/components/schemas/CertificateId"},
    "status": {"enum": PAPER_STATES},
    "delivery": {"enum": ["mail", "pickup"]},
    "office": TEXT,
    "requested_at": TIME,
    "changed_at": TIME,
}

_FACE: Schema = {
    "certificate_id": _ref("CertificateId"),
    "plate": TEXT,
    "plate_class": _ref("Coded"),
    "vehicle_type": _ref("Coded"),
    "valid_until": DATE,
    "issued_at": TIME,
    "issuer": _ref("Coded"),
}
_PEER: Schema = {
    "verdict": {
        "enum": ["valid", "expired", "superseded", "suspended", "revoked", "not_yet_valid", "forged"]
    },
    "reason": {"type": ["string", "null"]},
    "status_checked": {"enum": ["store", "list", "none"]},
    "status_as_of": _or_null(TIME),
    "checked_at": TIME,
    "certificate": _or_null(_ref("CertificateFace")),
    "message": _ref("ZhEn"),
}
_OWN: Schema = {
    **_FACE,
    "use": _ref("Coded"),
    "code": CODE,
    "status": {"enum": _CERTIFICATE_STATES},
    "status_as_of": TIME,
    "supersedes": _or_null(_ref("CertificateId")),
    "rule_id": TEXT,
    "policy_version": {"type": "integer"},
    "legal_effect": _ref("ZhEn"),
}

ACTOR = REFERENCE
REASON: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 500,
    "pattern": "^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$",
    "description": "Why, for the record.",
}
_HOLDS: Schema = {
    "hold": _or_null(_object({"at": TIME, "by": TEXT, "why": TEXT})),
    "holds": {
        "type": "array",
        "items": _object({"step": {"enum": ["held", "lifted"]}, "at": TIME, "by": TEXT, "why": TEXT}),
    },
}
_POLICE: Schema = {
    "vehicle": _or_null(_ref("PoliceVehicle")),
    "inspection": {"enum": ["in_period", "expired", None]},
    "enforcement_note": _ref("ZhEn"),
}
_WHO: Schema = {"officer_ref": REFERENCE, "terminal_id": REFERENCE}
_POLICY: Schema = {
    "type": "object",
    "description": "A policy document, as GET /v1/admin/policy gives it.",
}

COMPONENTS: dict[str, Schema] = {
    "RegistryResults": event_schemas.RESULTS,
    "RegistryEvent": event_schemas.STATE,
    "ZhEn": _object({"zh": TEXT, "en": TEXT}),
    "Coded": _object({"code": TEXT, "zh": TEXT, "en": TEXT}),
    "CertificateId": CERTIFICATE_ID,
    "CertificateFace": _object(_FACE),
    "Certificate": _object(_OWN),
    "Finding": _object(_PEER),
    "PoliceVehicle": _object(
        {
            "state": {"type": "array", "items": _ref("Coded")},
            "alerts": {"type": "array", "items": _ref("Coded")},
            "vehicle_type": _ref("Coded"),
            "use": _ref("Coded"),
            "colour": _or_null(_ref("Coded")),
            "vin_tail": TEXT,
            "seats": {"type": ["integer", "null"]},
            "state_as_of": TIME,
        }
    ),
    "PoliceFinding": _object({**_PEER, **_POLICE}),
    "PoliceBatch": _object(
        {
            "results": {
                "type": "array",
                "description": "One for each scan, in order.",
                "items": _object(
                    {
                        "scanned_at": TIME,
                        "problem": {"enum": [None, "not-a-code"]},
                        "as_of_scan": _or_null(_ref("Finding")),
                        "as_of_now": _or_null(_ref("PoliceFinding")),
                    }
                ),
            }
        }
    ),
    "PoliceSight": _object(
        {
            **_PEER,
            **_POLICE,
            "verdict": {"enum": [*_PEER["verdict"]["enum"], None]},
            "message": _or_null(_ref("ZhEn")),
        }
    ),
    "BackfillUpload": _object(
        {
            "key": TEXT,
            "upload_url": {"type": "string", "format": "uri"},
            "method": {"const": "PUT"},
            "headers": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "To be sent with the upload, as they are.",
            },
            "expires_at": TIME,
        }
    ),
    "Backfill": _object(_BACKFILL),
    "BackfillWhole": _object(
        {
            **_BACKFILL,
            "report": _or_null(
                _object(
                    {
                        "counts": {"type": "object", "additionalProperties": _COUNT},
                        "by_reason": {"type": "object", "additionalProperties": _COUNT},
                    }
                )
            ),
        }
    ),
    "Backfills": _object({"backfills": {"type": "array", "items": _ref("Backfill")}, "next": _or_null(TEXT)}),
    "AdminCertificate": _object(
        {
            **_FACE,
            "use": _ref("Coded"),
            "status": {"enum": ["active", "superseded", "suspended", "revoked", "expired"]},
            "status_as_of": TIME,
            "signed": {"type": "boolean", "description": "False where it was stopped before it was signed."},
            "life": {
                "type": "array",
                "items": _object(
                    {
                        "status": {"enum": ["active", "superseded", "suspended", "revoked"]},
                        "at": TIME,
                        "by": TEXT,
                        "why": TEXT,
                    }
                ),
            },
            "issuance": _object(
                {
                    "channel": {"type": "integer"},
                    "trigger": TEXT,
                    "actor": TEXT,
                    "rule_id": TEXT,
                    "policy_version": {"type": "integer"},
                    "transition": {"type": "boolean"},
                    "supersedes": _or_null(_ref("CertificateId")),
                    "kid": TEXT,
                    "status_list": _object({"uri": TEXT, "idx": {"type": "integer"}}),
                }
            ),
            "newest": {"type": "boolean", "description": "Whether it is the vehicle's newest certificate."},
            "vin": TEXT,
            "paper_mark_number": {"type": ["string", "null"]},
            **_HOLDS,
        }
    ),
    "VehicleHolds": _object({"vin": TEXT, **_HOLDS}),
    "PolicyVersion": _object({"version": {"type": "integer"}, "published_at": TIME, "actor": TEXT}),
    "PolicyPublished": _object(
        {"version": {"type": "integer"}, "published_at": TIME, "actor": TEXT, "policy": _POLICY}
    ),
    "PolicyPreview": _object(
        {
            "version": {"type": "integer", "description": "What it would become."},
            "changes": {
                "type": "array",
                "items": _object(
                    {
                        "path": TEXT,
                        "before": {"description": "Any JSON."},
                        "after": {"description": "Any JSON."},
                    }
                ),
            },
        }
    ),
    "AuditEntries": _object(
        {
            "entries": {
                "type": "array",
                "items": _object(
                    {"at": TIME, "action": TEXT, "by": TEXT, "client": TEXT, "detail": {"type": "object"}}
                ),
            },
            "next": {"type": ["string", "null"]},
        }
    ),
    "StatusListDirectory": _object(
        {"status_lists": {"type": "array", "items": _object({"uri": TEXT, "path": TEXT})}}
    ),
    "Possibility": _object(
        {
            "possible": {"type": "boolean"},
            "issues": {"type": "boolean", "description": "Whether doing it would make a new certificate."},
            "valid_until": _or_null(DATE),
            "reason": {"type": ["string", "null"]},
            "message": _or_null(_ref("ZhEn")),
            "next_step": _or_null(_ref("ZhEn")),
            "extras": {"type": "object", "additionalProperties": TEXT},
        }
    ),
    "ListedVehicle": _object(
        {
            "plate": TEXT,
            "plate_class": _ref("Coded"),
            "vehicle_type": _ref("Coded"),
            "use": _ref("Coded"),
            "vin_tail": TEXT,
            "relation": {"enum": ["owner", "bound"]},
            "inspection_valid_until": _or_null(DATE),
            "state_as_of": TIME,
            "certificate_id": _or_null(_ref("CertificateId")),
            "can": _object({"current": _ref("Possibility"), "claim": _ref("Possibility")}),
        }
    ),
    "VehicleList": _object(
        {
            "vehicles": {"type": "array", "items": _ref("ListedVehicle")},
            "next": {"type": ["string", "null"]},
        }
    ),
    "CertificateList": _object(
        {
            "certificates": {"type": "array", "items": _ref("Certificate")},
            "next": {"type": ["string", "null"]},
        }
    ),
    "Binding": _object(
        {
            "binding_id": {**TEXT, "type": ["string", "null"], "description": "Null for an own vehicle."},
            "relation": {"enum": ["owner", "bound"], "description": "What the caller is to the vehicle."},
            "status": {"enum": ["pending", "approved", "refused", "ended", "expired"]},
            "plate_class": _ref("Coded"),
            "plate": TEXT,
            "person_ref": {"type": ["string", "null"], "description": "Who asks; the owner alone sees it."},
            "created_at": _or_null(TIME),
            "expires_at": {**_or_null(TIME), "description": "End of the time to consent, while pending."},
        }
    ),
    "BindingList": _object(
        {"bindings": {"type": "array", "items": _ref("Binding")}, "next": {"type": ["string", "null"]}}
    ),
    "Recipient": RECIPIENT,
    "Paper": _object(_PAPER),
    "OfficePaper": _object(
        {
            **_PAPER,
            "plate": {"type": ["string", "null"]},
            "plate_class": _or_null(_ref("Coded")),
            "valid_until": _or_null(DATE),
            "certificate_status": {"enum": [*_CERTIFICATE_STATES, None]},
            "recipient": _or_null(_ref("Recipient")),
            "changed_by": TEXT,
            "remark": TEXT,
        }
    ),
    "OfficePaperList": _object(
        {"papers": {"type": "array", "items": _ref("OfficePaper")}, "next": {"type": ["string", "null"]}}
    ),
    "NewShare": _object({"share_id": TEXT, "url": {"type": "string", "format": "uri"}, "expires_at": TIME}),
    "ShareList": _object(
        {
            "shares": {
                "type": "array",
                "items": _object(
                    {
                        "share_id": TEXT,
                        "own": {"type": "boolean", "description": "Made by who looks; the owner sees all."},
                        "status": {"enum": ["open", "expired", "withdrawn"]},
                        "created_at": TIME,
                        "expires_at": TIME,
                        "withdrawn_at": _or_null(TIME),
                        "views": {"type": "integer", "minimum": 0},
                    }
                ),
            }
        }
    ),
    "Problem": _object(
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": TEXT,
            "next_step": _ref("ZhEn"),
            "errors": {"type": "array", "items": _object({"pointer": TEXT, "detail": TEXT})},
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
    "VerifyRequest": _object({"code": CODE}),
    "PoliceVerifyRequest": _object({"code": CODE, **_WHO}),
    "PoliceBatchRequest": _object(
        {
            "scans": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": _object({"code": CODE, "scanned_at": TIME}),
            },
            **_WHO,
        }
    ),
    "PoliceLookupRequest": _object({"plate_class": PLATE_CLASS, "plate": PLATE, **_WHO}),
    "RevocationRequest": _object(
        {"kind": {"enum": ["revoked", "suspended"]}, "reason": REASON, "actor": ACTOR}
    ),
    "ReasonRequest": _object({"reason": REASON, "actor": ACTOR}),
    "BackfillRequest": _object(
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
    "BackfillControl": _object(
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
    "BackfillRedrive": _object({"actor": ACTOR}),
    "LiftRequest": _object(
        {"vin": {"type": "string", "minLength": 17, "maxLength": 40}, "reason": REASON, "actor": ACTOR}
    ),
    "PolicyRequest": _object(
        {
            "policy": _POLICY,
            "actor": ACTOR,
            "replaces": {
                "type": "integer",
                "minimum": 1,
                "description": "The version it was made from: refused where another one is in force by now.",
            },
        },
        optional=("replaces",),
    ),
    "PolicyPreviewRequest": _object({"policy": _POLICY, "actor": ACTOR}, optional=("actor",)),
    "AuditQuery": _object(
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
    "ApplyRequest": _object(
        {"plate_class": PLATE_CLASS, "plate": PLATE, "purpose": {"enum": ["current", "claim"]}}
    ),
    "BindRequest": _object(
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
    "PaperRequest": _object(
        {
            "delivery": {"enum": ["mail", "pickup"]},
            "recipient": _ref("Recipient"),
            "office": {"type": "string", "minLength": 1, "maxLength": 64},
        },
        optional=("recipient", "office"),
        **{
            "if": {"properties": {"delivery": {"const": "mail"}}},
            "then": {"required": ["recipient"], "properties": {"office": False}},
            "else": {"required": ["office"], "properties": {"recipient": False}},
        },
    ),
    "PaperStep": _object(
        {
            "status": {"enum": PAPER_STATES[1:]},
            "officer_ref": REFERENCE,
            "remark": {"type": "string", "maxLength": 200},
        },
        optional=("remark",),
    ),
    "ShareRequest": _object({"expires_in_hours": {"type": "integer", "minimum": 1, "maximum": 720}}),
}
"""Shapes of request bodies, by name."""
