"""The claims of a certificate (wire format 2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claims:
    """What a certificate says. Times are epoch seconds; names are the CWT claim names (RFC 8392)."""

    iss: str
    """Division code of the issuing authority, GB/T 2260, six digits."""
    exp: int
    """First second after the last valid day."""
    iat: int
    cti: bytes
    """Certificate id, 16 random bytes."""
    status_idx: int
    status_uri: str
    """Opaque name of the status list, urn:jianbiao:<deployment>:<n>."""
    plate: str
    plate_class: str
    vehicle_type: str
    use: str
