"""ES256 (ECDSA on P-256 with SHA-256): KMS speaks DER, the wire speaks r||s (RFC 9053 section 2.1)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

RAW_SIZE = 64
"""Bytes of r||s."""

_HALF = RAW_SIZE // 2
_ES256 = ec.ECDSA(hashes.SHA256())
_ES256_OF_DIGEST = ec.ECDSA(Prehashed(hashes.SHA256()))


def raw_from_der(der: bytes, size: int = RAW_SIZE) -> bytes:
    """DER `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3) as r||s of `size` bytes.

    Raises ValueError for other bytes, and for an r or s beyond its half.
    """
    try:
        r, s = decode_dss_signature(der)
        return r.to_bytes(size // 2) + s.to_bytes(size // 2)
    except OverflowError as exc:
        raise ValueError(f"r or s is no {size // 2}-byte number") from exc


def der_from_raw(raw: bytes) -> bytes:
    """r||s, 64 bytes, as DER. Raises ValueError for another length."""
    if len(raw) != RAW_SIZE:
        raise ValueError("an ES256 signature has 64 bytes")
    return encode_dss_signature(int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:]))


def check(public_key: ec.EllipticCurvePublicKey, raw: bytes, message: bytes) -> None:
    """Return only if `raw` is `public_key`'s signature over `message`; raises InvalidSignature.

    Any r, s in 1…n-1 is accepted, nothing outside. ECDSA signatures are malleable: never an identity.
    """
    try:
        public_key.verify(der_from_raw(raw), message, _ES256)
    except ValueError as exc:
        raise InvalidSignature from exc


def check_digest(public_key: ec.EllipticCurvePublicKey, raw: bytes, digest: bytes) -> None:
    """As `check`, over the SHA-256 `digest` of the message, 32 bytes."""
    try:
        public_key.verify(der_from_raw(raw), digest, _ES256_OF_DIGEST)
    except ValueError as exc:
        raise InvalidSignature from exc
