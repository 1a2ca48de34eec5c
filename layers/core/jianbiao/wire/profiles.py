"""Signature algorithms: all in which one profile of the wire format differs from another (wire format 2).

The product has one, ES256. A region that requires SM2 gets a `Profile` beside it and a key set that takes keys of
both; nothing else of signer, key set and verifier knows an algorithm. The key says which profile a certificate has to
have, never the certificate: a header that names another algorithm than the key's finds no key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.wire import cbor, signature


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One algorithm, on one curve. Two are the same where they are one object."""

    name: str
    """`alg` of a JWK (RFC 7518 section 3.1)."""
    alg: int
    """COSE algorithm, a negative number (RFC 9053)."""
    crv: str
    """`crv` of a JWK; its `kty` is EC."""
    coordinate: int
    """Bytes of x and of y."""
    kms: str
    """KMS's name of it (SigningAlgorithm)."""
    public_key: Callable[[int, int], Any]
    """The public key with the coordinates x, y; raises ValueError for a point that is not on the curve."""
    check: Callable[[Any, bytes, bytes], None]
    """(public key, raw signature, message): returns only where the signature is right, raises InvalidSignature."""
    signature_size: int = field(init=False)
    """Bytes of r||s: both halves have the size of a coordinate."""
    header: bytes = field(init=False)
    """The protected header {1: alg, 4: kid} up to the kid."""

    def __post_init__(self) -> None:
        """Derive what the coder asks each time."""
        object.__setattr__(self, "signature_size", 2 * self.coordinate)
        object.__setattr__(self, "header", b"\xa2\x01" + cbor.head(1, -1 - self.alg) + b"\x04")

    def raw_from_der(self, der: bytes) -> bytes:
        """A signature as KMS gives it, in the form of the wire. Raises ValueError."""
        return signature.raw_from_der(der, self.signature_size)


def _p256(x: int, y: int) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


ES256 = Profile("ES256", -7, "P-256", 32, "ECDSA_SHA_256", _p256, signature.check)

ACCEPTED = (ES256,)
"""Profiles whose keys the product's key set takes."""
