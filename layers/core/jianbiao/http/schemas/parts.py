"""What bodies and answers are made of."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def object_of(properties: Schema, *, optional: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object with these properties and no others; all of them required but `optional`."""
    required = [name for name in properties if name not in optional]
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return shape | ({"required": required} if required else {})


def ref(name: str) -> Schema:
    """A reference to the shape with this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    """A shape, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: Schema = {"type": "string"}
DATE: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}
REFERENCE: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"}
PLATE: Schema = {"type": "string", "minLength": 1, "maxLength": 32}
PLATE_CLASS: Schema = {"type": "string", "pattern": "^[0-9]{2}$"}
CODE: Schema = {"type": "string", "description": "The text of a scanned code (docs/verifier.md)."}
CERTIFICATE_ID: Schema = {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"}

CERTIFICATE_STATES = ["active", "superseded", "suspended", "revoked", "expired"]
"""`expired` is derived from the date, never stored."""
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
"""Of a request for a paper mark."""

FACE: Schema = {
    "certificate_id": ref("CertificateId"),
    "plate": TEXT,
    "plate_class": ref("Coded"),
    "vehicle_type": ref("Coded"),
    "valid_until": DATE,
    "issued_at": TIME,
    "issuer": ref("Coded"),
}
"""What a certificate shows to whoever holds it."""
ACTOR = REFERENCE
REASON: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 500,
    "pattern": "^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$",
    "description": "Why, for the record.",
}
POLICY: Schema = {
    "type": "object",
    "description": "A policy document, as GET /v1/admin/policy gives it.",
}
