"""The verifier (wire format 3): strict, offline, without side effects.

1. The text has the grammar, is Base32 in its only form, and begins as it should (`parse_code`: NotACode).
2. Its shape is the one shape (`open_certificate`: wrong-header, not-canonical, malformed, bad-claims).
3. A published certificate key has this kid and signed at `iat` (unknown-key); it is not compromised
   (key-revoked).
4. Its signature is right (bad-signature). Only now may a claim be believed or shown.
5. The issuer is one of the key's (issuer-not-allowed).
6. Not yet valid, expired.
7. Status: valid, revoked, suspended, superseded.

`verify` does 1 to 5 and raises; `judge` does 6 and 7 for an instant and a status. The caller must still find
the status (in the store, or by `StatusList.status`), say when there was none, and, where it has the store,
refuse as `not-issued` what the store has never seen. Nothing named in a code is ever fetched.
"""

from __future__ import annotations

from dataclasses import dataclass

from jianbiao.errors import Forged
from jianbiao.wire.claims import Claims
from jianbiao.wire.code_text import parse_code
from jianbiao.wire.jb1 import open_certificate
from jianbiao.wire.keys import CERTIFICATE, KeySet, PublishedKey
from jianbiao.wire.reasons import ForgedReason, Verdict

CLOCK_SKEW = 300
"""Seconds by which a certificate may seem to come from the future."""

_BY_STATUS = {1: Verdict.REVOKED, 2: Verdict.SUSPENDED, 3: Verdict.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class Verified:
    """A certificate that one of the published keys vouches for; its time and status are not judged yet."""

    claims: Claims
    key: PublishedKey
    certificate: bytes


def verify(text: str, keys: KeySet) -> Verified:
    """Steps 1 to 5 for the text of a code. Raises NotACode, Forged. The time plays no part: see `judge`."""
    return verify_certificate(parse_code(text), keys)


def verify_certificate(certificate: bytes, keys: KeySet) -> Verified:
    """Steps 2 to 5 for certificate bytes. Raises Forged."""
    opened = open_certificate(certificate, keys.profiles)
    claims = opened.claims
    key = keys.who_signed(
        kid=opened.kid,
        purpose=CERTIFICATE,
        iat=claims.iat,
        message=opened.to_be_signed,
        signature=opened.signature,
        profile=opened.profile,
    )
    if claims.iss not in key.issuer_codes:
        raise Forged(ForgedReason.ISSUER_NOT_ALLOWED)
    return Verified(claims, key, certificate)


def judge(verified: Verified, now: int, status: int | None) -> Verdict:
    """Steps 6 and 7: the verdict as of `now` (epoch seconds).

    `status` is 0 to 3 as in the status list; None (no usable list) and other values leave the certificate
    valid: the caller says `status_checked: none` then.
    """
    if verified.claims.iat > now + CLOCK_SKEW:
        return Verdict.NOT_YET_VALID
    if now >= verified.claims.exp:
        return Verdict.EXPIRED
    if status is None:
        return Verdict.VALID
    return _BY_STATUS.get(status, Verdict.VALID)
