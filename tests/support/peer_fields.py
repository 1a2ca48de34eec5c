"""What a stranger is told of a code (api.md): these members and no others. Written out, not read off the schemas."""

from __future__ import annotations

PEER = {
    "verdict",
    "reason",
    "status_checked",
    "status_as_of",
    "checked_at",
    "certificate",
    "message",
}
"""Members of the answer."""
FACE = {
    "certificate_id",
    "plate",
    "plate_class",
    "vehicle_type",
    "valid_until",
    "issued_at",
    "issuer",
}
"""Members of its certificate: what the face shows."""
