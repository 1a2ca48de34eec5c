"""Shapes of what citizens are answered, and the office that prints for them."""

from __future__ import annotations

from jianbiao.http.schemas.parts import (
    CERTIFICATE_STATES,
    DATE,
    PAPER_STATES,
    TEXT,
    TIME,
    Schema,
    object_of,
    or_null,
    ref,
)

_RECIPIENT: Schema = object_of(
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

ANSWERS: dict[str, Schema] = {
    "Possibility": object_of(
        {
            "possible": {"type": "boolean"},
            "issues": {"type": "boolean", "description": "Whether doing it would make a new certificate."},
            "valid_until": or_null(DATE),
            "reason": {"type": ["string", "null"]},
            "message": or_null(ref("ZhEn")),
            "next_step": or_null(ref("ZhEn")),
            "extras": {"type": "object", "additionalProperties": TEXT},
        }
    ),
    "ListedVehicle": object_of(
        {
            "plate": TEXT,
            "plate_class": ref("Coded"),
            "vehicle_type": ref("Coded"),
            "use": ref("Coded"),
            "vin_tail": TEXT,
            "relation": {"enum": ["owner", "bound"]},
            "inspection_valid_until": or_null(DATE),
            "state_as_of": TIME,
            "certificate_id": or_null(ref("CertificateId")),
            "can": object_of({"current": ref("Possibility"), "claim": ref("Possibility")}),
        }
    ),
    "VehicleList": object_of(
        {
            "vehicles": {"type": "array", "items": ref("ListedVehicle")},
            "next": {"type": ["string", "null"]},
        }
    ),
    "CertificateList": object_of(
        {
            "certificates": {"type": "array", "items": ref("Certificate")},
            "next": {"type": ["string", "null"]},
        }
    ),
    "Binding": object_of(
        {
            "binding_id": {**TEXT, "type": ["string", "null"], "description": "Null for an own vehicle."},
            "relation": {"enum": ["owner", "bound"], "description": "What the caller is to the vehicle."},
            "status": {"enum": ["pending", "approved", "refused", "ended", "expired"]},
            "plate_class": ref("Coded"),
            "plate": TEXT,
            "person_ref": {"type": ["string", "null"], "description": "Who asks; the owner alone sees it."},
            "created_at": or_null(TIME),
            "expires_at": {**or_null(TIME), "description": "End of the time to consent, while pending."},
        }
    ),
    "BindingList": object_of(
        {"bindings": {"type": "array", "items": ref("Binding")}, "next": {"type": ["string", "null"]}}
    ),
    "Recipient": _RECIPIENT,
    "Paper": object_of(_PAPER),
    "OfficePaper": object_of(
        {
            **_PAPER,
            "plate": {"type": ["string", "null"]},
            "plate_class": or_null(ref("Coded")),
            "valid_until": or_null(DATE),
            "certificate_status": {"enum": [*CERTIFICATE_STATES, None]},
            "recipient": or_null(ref("Recipient")),
            "changed_by": TEXT,
            "remark": TEXT,
        }
    ),
    "OfficePaperList": object_of(
        {"papers": {"type": "array", "items": ref("OfficePaper")}, "next": {"type": ["string", "null"]}}
    ),
    "NewShare": object_of({"share_id": TEXT, "url": {"type": "string", "format": "uri"}, "expires_at": TIME}),
    "ShareList": object_of(
        {
            "shares": {
                "type": "array",
                "items": object_of(
                    {
                        "share_id": TEXT,
                        "own": {"type": "boolean", "description": "Made by who looks; the owner sees all."},
                        "status": {"enum": ["open", "expired", "withdrawn"]},
                        "created_at": TIME,
                        "expires_at": TIME,
                        "withdrawn_at": or_null(TIME),
                        "views": {"type": "integer", "minimum": 0},
                    }
                ),
            }
        }
    ),
}
"""Shapes by name."""
