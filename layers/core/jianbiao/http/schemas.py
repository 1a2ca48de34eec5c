"""JSON Schemas (2020-12) of request bodies and answers: the OpenAPI document shows them, `bodies` validates by them."""

from __future__ import annotations

from typing import Any

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
    "status": {"enum": ["active", "superseded", "suspended", "revoked", "expired"]},
    "status_as_of": TIME,
    "supersedes": _or_null(_ref("CertificateId")),
    "rule_id": TEXT,
    "policy_version": {"type": "integer"},
    "legal_effect": _ref("ZhEn"),
}

COMPONENTS: dict[str, Schema] = {
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
    "PoliceFinding": _object(
        {
            **_PEER,
            "vehicle": _or_null(_ref("PoliceVehicle")),
            "inspection": {"enum": ["in_period", "expired", None]},
            "enforcement_note": _ref("ZhEn"),
        }
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
    "OwnVehicle": _object(
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
            "vehicles": {"type": "array", "items": _ref("OwnVehicle")},
            "next": {"type": ["string", "null"]},
        }
    ),
    "CertificateList": _object(
        {
            "certificates": {"type": "array", "items": _ref("Certificate")},
            "next": {"type": ["string", "null"]},
        }
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
    "VerifyRequest": _object({"code": CODE}),
    "PoliceVerifyRequest": _object({"code": CODE, "officer_ref": REFERENCE, "terminal_id": REFERENCE}),
    "ApplyRequest": _object({"plate_class": PLATE_CLASS, "plate": PLATE, "purpose": {"enum": ["current"]}}),
    "ShareRequest": _object({"expires_in_hours": {"type": "integer", "minimum": 1, "maximum": 720}}),
}
"""Shapes of request bodies, by name."""
