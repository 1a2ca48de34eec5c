"""JSON Schemas of registry events, one for each type. A batch is answered event by event, so that the schema of the
request body only says that there are events; these say what each has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jianbiao.errors import FieldError, MalformedJson

Schema = dict[str, Any]

_REFERENCE: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"}
_DATE: Schema = {"type": "string", "format": "date", "pattern": "^(19|20|21)[0-9]{2}-"}
# The format alone also admits leap seconds, offsets of a whole day and other times that no clock shows.
_TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)$",
    "description": "RFC 3339 with offset; counts in whole seconds.",
}
_ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[0-9A-Za-z._:~-]+$"}
_DIVISION: Schema = {"type": "string", "pattern": "^[0-9]{6}$"}
_VIN: Schema = {"type": "string", "minLength": 17, "maxLength": 40, "description": "17 characters, GB 16735"}
_PLATE: Schema = {"type": "string", "minLength": 1, "maxLength": 32}
_STATE: Schema = {
    "type": "string",
    "pattern": "^[A-Z]{1,10}$",
    "description": '机动车状态: a set of letters, e.g. "GQ".',
}
_OWNER = {"owner_ref": _REFERENCE}
_REGISTRATION: Schema = {
    "plate_class": {"type": "string", "pattern": "^[0-9]{2}$"},
    "plate": _PLATE,
    "vehicle_type": {"type": "string", "pattern": "^[A-Z][0-9A-Z]{2}$"},
    "use": {"type": "string", "pattern": "^[A-Z]$"},
    "colour": {"type": "string", "pattern": "^[A-Z]{0,5}$"},
    "seats": {"type": ["integer", "null"], "minimum": 0, "maximum": 999},
    "is_van": {"type": "boolean"},
    "casualty_accident": {"type": "boolean"},
    "illegal_modification": {"type": "boolean"},
    "registered_on": _DATE,
    "manufactured_on": {"anyOf": [_DATE, {"type": "null"}]},
    "valid_until": {"anyOf": [_DATE, {"type": "null"}], "description": "Last day of a month."},
    "division": _DIVISION,
}


def _object(properties: Schema, required: Sequence[str], **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def _event(type_: str, vehicle: Schema, parts: Schema | None = None, **more: Any) -> Schema:
    head = {
        "id": _ID,
        "type": {"const": type_},
        "occurred_at": _TIME,
        "vehicle": vehicle,
    }
    parts = parts or {}
    required = [*head, *(() if "anyOf" in more else parts)]
    return _object({**head, **parts}, required, **more)


def _vehicle(needed: Schema, optional: Schema | None = None, **more: Any) -> Schema:
    return _object({"vin": _VIN, **needed, **(optional or {})}, ["vin", *needed], **more)


_INSPECTION = _object(
    {
        "division": _DIVISION,
        "station": _REFERENCE,
        "passed_on": _DATE,
        "valid_until": {
            **_DATE,
            "description": "Last day of a month. Absent: the rules of the policy decide.",
        },
    },
    ["division", "station", "passed_on"],
)
_POLICY = _object({"plate": _PLATE, "vin": _VIN, "from": _DATE, "to": _DATE}, ["plate", "vin", "from", "to"])
_TAX = _object({"paid_until": _DATE}, ["paid_until"])

EVENT_NAMES = {
    "vehicle.registered": "VehicleRegistered",
    "vehicle.transferred": "VehicleTransferred",
    "vehicle.changed": "VehicleChanged",
    "vehicle.deregistered": "VehicleDeregistered",
    "vehicle.state_changed": "VehicleStateChanged",
    "inspection.passed": "InspectionPassed",
    "insurance.updated": "InsuranceUpdated",
}
"""Type → name of its schema."""

EVENTS: dict[str, Schema] = {
    "VehicleRegistered": _event("vehicle.registered", _vehicle({**_REGISTRATION, **_OWNER, "state": _STATE})),
    "VehicleTransferred": _event(
        "vehicle.transferred",
        _vehicle(_OWNER, {name: _REGISTRATION[name] for name in ("plate_class", "plate", "division")}),
    ),
    "VehicleChanged": _event("vehicle.changed", _vehicle({}, _REGISTRATION, minProperties=2)),
    "VehicleDeregistered": _event("vehicle.deregistered", _vehicle({})),
    "VehicleStateChanged": _event("vehicle.state_changed", _vehicle({"state": _STATE})),
    "InspectionPassed": _event("inspection.passed", _vehicle({}), {"inspection": _INSPECTION}),
    "InsuranceUpdated": _event(
        "insurance.updated",
        _vehicle({}),
        {"policy": _POLICY, "tax": _TAX},
        anyOf=[{"required": ["policy"]}, {"required": ["tax"]}],
    ),
}
"""Shapes of events, by name."""

BATCH: Schema = _object(
    {
        "events": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "description": "By its `type`: "
                + ", ".join(EVENT_NAMES.values())
                + ". Each is answered by itself.",
            },
        }
    },
    ["events"],
)
"""Shape of a request body."""

_ERROR = _object({"pointer": {"type": "string"}, "detail": {"type": "string"}}, ["pointer", "detail"])
RESULTS: Schema = _object(
    {
        "results": {
            "type": "array",
            "items": _object(
                {
                    "id": {"type": ["string", "null"]},
                    "result": {"enum": ["accepted", "duplicate", "invalid"]},
                    "errors": {"type": "array", "items": _ERROR},
                    "warnings": {"type": "array", "items": {"type": "string"}},
                },
                ["id", "result", "errors", "warnings"],
            ),
        }
    },
    ["results"],
)
_TEXT: Schema = {"type": "string"}
_ZH_EN = _object({"zh": _TEXT, "en": _TEXT}, ["zh", "en"])
STATE: Schema = _object(
    {
        "id": _TEXT,
        "type": {"enum": list(EVENT_NAMES)},
        "status": {"enum": ["queued", "applied", "refused"]},
        "received_at": {"type": "string", "format": "date-time"},
        "certificate_id": {"type": ["string", "null"]},
        "reason": {"type": ["string", "null"]},
        "message": {"anyOf": [_ZH_EN, {"type": "null"}]},
        "next_step": {"anyOf": [_ZH_EN, {"type": "null"}]},
    },
    ["id", "type", "status", "received_at", "certificate_id", "reason", "message", "next_step"],
)


def shape_faults(event: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the shape of an event; nothing where it is valid by the schema of its type."""
    from jianbiao.http.bodies import validate

    name = EVENT_NAMES.get(type_) if isinstance(type_ := event.get("type"), str) else None
    if name is None:
        return [FieldError("/type", f"is none of {', '.join(EVENT_NAMES)}")]
    try:
        return validate(name, dict(event))
    except MalformedJson:
        return [FieldError("", "is nested too deep")]
