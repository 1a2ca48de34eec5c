"""Shapes of what the operators' desks answer: launches, certificates and holds, policy, audit."""

from __future__ import annotations

from jianbiao.http.schemas.parts import (
    CERTIFICATE_STATES,
    FACE,
    POLICY,
    TEXT,
    TIME,
    Schema,
    object_of,
    or_null,
    ref,
)

_COUNT: Schema = {"type": "integer", "minimum": 0}
_BACKFILL: Schema = {
    "backfill_id": TEXT,
    "key": TEXT,
    "as_of": TIME,
    "state": {"enum": ["running", "paused", "aborted", "failed", "done", "refused"]},
    "error": or_null({"enum": ["gzip", "too-large", "as-of"]}),
    "attempt": {"type": "integer", "minimum": 1},
    "paused": {"type": "boolean"},
    "aborted": {"type": "boolean"},
    "rate": or_null({"type": "number"}),
    "created_at": TIME,
    "ended_at": or_null(TIME),
    "progress": object_of(
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
            "seconds_left": or_null(_COUNT),
        }
    ),
    "changes": {"type": "array", "items": object_of({"at": TIME, "by": TEXT, "what": TEXT})},
}
_HOLDS: Schema = {
    "hold": or_null(object_of({"at": TIME, "by": TEXT, "why": TEXT})),
    "holds": {
        "type": "array",
        "items": object_of({"step": {"enum": ["held", "lifted"]}, "at": TIME, "by": TEXT, "why": TEXT}),
    },
}

ANSWERS: dict[str, Schema] = {
    "BackfillUpload": object_of(
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
    "Backfill": object_of(_BACKFILL),
    "BackfillWhole": object_of(
        {
            **_BACKFILL,
            "report": or_null(
                object_of(
                    {
                        "counts": {"type": "object", "additionalProperties": _COUNT},
                        "by_reason": {"type": "object", "additionalProperties": _COUNT},
                    }
                )
            ),
        }
    ),
    "Backfills": object_of({"backfills": {"type": "array", "items": ref("Backfill")}, "next": or_null(TEXT)}),
    "AdminCertificate": object_of(
        {
            **FACE,
            "use": ref("Coded"),
            "status": {"enum": CERTIFICATE_STATES},
            "status_as_of": TIME,
            "signed": {"type": "boolean", "description": "False where it was stopped before it was signed."},
            "life": {
                "type": "array",
                "items": object_of(
                    {
                        "status": {"enum": ["active", "superseded", "suspended", "revoked"]},
                        "at": TIME,
                        "by": TEXT,
                        "why": TEXT,
                    }
                ),
            },
            "issuance": object_of(
                {
                    "channel": {"type": "integer"},
                    "trigger": TEXT,
                    "actor": TEXT,
                    "rule_id": TEXT,
                    "policy_version": {"type": "integer"},
                    "transition": {"type": "boolean"},
                    "supersedes": or_null(ref("CertificateId")),
                    "kid": TEXT,
                    "status_list": object_of({"uri": TEXT, "idx": {"type": "integer"}}),
                }
            ),
            "newest": {"type": "boolean", "description": "Whether it is the vehicle's newest certificate."},
            "vin": TEXT,
            "paper_mark_number": {"type": ["string", "null"]},
            **_HOLDS,
        }
    ),
    "VehicleHolds": object_of({"vin": TEXT, **_HOLDS}),
    "PolicyVersion": object_of({"version": {"type": "integer"}, "published_at": TIME, "actor": TEXT}),
    "PolicyPublished": object_of(
        {"version": {"type": "integer"}, "published_at": TIME, "actor": TEXT, "policy": POLICY}
    ),
    "PolicyPreview": object_of(
        {
            "version": {"type": "integer", "description": "What it would become."},
            "changes": {
                "type": "array",
                "items": object_of(
                    {
                        "path": TEXT,
                        "before": {"description": "Any JSON."},
                        "after": {"description": "Any JSON."},
                    }
                ),
            },
        }
    ),
    "AuditEntries": object_of(
        {
            "entries": {
                "type": "array",
                "items": object_of(
                    {"at": TIME, "action": TEXT, "by": TEXT, "client": TEXT, "detail": {"type": "object"}}
                ),
            },
            "next": {"type": ["string", "null"]},
        }
    ),
}
"""Shapes by name."""
