"""Shapes of certificates, and of what verification finds, for everybody and for police."""

from __future__ import annotations

from jianbiao.http.schemas.parts import (
    CERTIFICATE_ID,
    CERTIFICATE_STATES,
    CODE,
    FACE,
    TEXT,
    TIME,
    Schema,
    object_of,
    or_null,
    ref,
)

_PEER: Schema = {
    "verdict": {
        "enum": ["valid", "expired", "superseded", "suspended", "revoked", "not_yet_valid", "forged"]
    },
    "reason": {"type": ["string", "null"]},
    "status_checked": {"enum": ["store", "list", "none"]},
    "status_as_of": or_null(TIME),
    "checked_at": TIME,
    "certificate": or_null(ref("CertificateFace")),
    "message": ref("ZhEn"),
}
_OWN: Schema = {
    **FACE,
    "use": ref("Coded"),
    "code": CODE,
    "status": {"enum": CERTIFICATE_STATES},
    "status_as_of": TIME,
    "supersedes": or_null(ref("CertificateId")),
    "rule_id": TEXT,
    "policy_version": {"type": "integer"},
    "legal_effect": ref("ZhEn"),
}

_POLICE: Schema = {
    "vehicle": or_null(ref("PoliceVehicle")),
    "inspection": {"enum": ["in_period", "expired", None]},
    "enforcement_note": ref("ZhEn"),
}

ANSWERS: dict[str, Schema] = {
    "ZhEn": object_of({"zh": TEXT, "en": TEXT}),
    "Coded": object_of({"code": TEXT, "zh": TEXT, "en": TEXT}),
    "CertificateId": CERTIFICATE_ID,
    "CertificateFace": object_of(FACE),
    "Certificate": object_of(_OWN),
    "Finding": object_of(_PEER),
    "PoliceVehicle": object_of(
        {
            "state": {"type": "array", "items": ref("Coded")},
            "alerts": {"type": "array", "items": ref("Coded")},
            "vehicle_type": ref("Coded"),
            "use": ref("Coded"),
            "colour": or_null(ref("Coded")),
            "vin_tail": TEXT,
            "seats": {"type": ["integer", "null"]},
            "state_as_of": TIME,
        }
    ),
    "PoliceFinding": object_of({**_PEER, **_POLICE}),
    "PoliceBatch": object_of(
        {
            "results": {
                "type": "array",
                "description": "One for each scan, in order.",
                "items": object_of(
                    {
                        "scanned_at": TIME,
                        "problem": {"enum": [None, "not-a-code"]},
                        "as_of_scan": or_null(ref("Finding")),
                        "as_of_now": or_null(ref("PoliceFinding")),
                    }
                ),
            }
        }
    ),
    "PoliceSight": object_of(
        {
            **_PEER,
            **_POLICE,
            "verdict": {"enum": [*_PEER["verdict"]["enum"], None]},
            "message": or_null(ref("ZhEn")),
        }
    ),
}
"""Shapes by name."""
