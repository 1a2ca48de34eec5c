"""The closed lists: why a code is forged, why a key set or a status list is not used, and the verdicts."""

from __future__ import annotations

from enum import StrEnum


class ForgedReason(StrEnum):
    """Why a code is forged (wire format 3), in the order in which the verifier looks."""

    WRONG_HEADER = "wrong-header"
    NOT_CANONICAL = "not-canonical"
    MALFORMED = "malformed"
    BAD_CLAIMS = "bad-claims"
    UNKNOWN_KEY = "unknown-key"
    KEY_REVOKED = "key-revoked"
    BAD_SIGNATURE = "bad-signature"
    ISSUER_NOT_ALLOWED = "issuer-not-allowed"
    NOT_ISSUED = "not-issued"
    """Only the store can tell: a certificate that our key signed and the store has never seen."""


class UntrustedReason(StrEnum):
    """Why a key set or a status list is not used; a list can also fail for a reason of `ForgedReason`."""

    MALFORMED_SET = "malformed-set"
    ROLLED_BACK = "rolled-back"
    """Older than the one held already."""
    ALTERED = "altered"
    """Another content under a version or time held already, or not the pinned digest."""
    TOO_LARGE = "too-large"
    WRONG_SUBJECT = "wrong-subject"
    """A list for another name than the one asked for."""
    LIST_EXPIRED = "list-expired"


class Verdict(StrEnum):
    """What is said of a code (api.md)."""

    VALID = "valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    FORGED = "forged"
