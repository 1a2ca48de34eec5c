"""Signing keys in the test process, where no KMS is needed. Deterministic: the same vectors every time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jianbiao.domain.codes import Coded
from jianbiao.wire import jb1, keys, signature
from jianbiao.wire.claims import Claims

HARBIN = Coded("230100", "哈尔滨市", "Harbin")
BEIJING = Coded("110000", "北京市", "Beijing")
NBF, EXP = 1_577_808_000, 1_893_427_200
"""Signing interval of the test keys: 2020-01-01 to 2030-01-01, UTC+8."""


@dataclass(frozen=True)
class LocalKey:
    """A P-256 key that signs ES256 with RFC 6979 nonces."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, secret: int) -> LocalKey:
        """The key with this private scalar: published, for tests only."""
        return cls(ec.derive_private_key(secret, ec.SECP256R1()))

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def kid(self) -> bytes:
        return keys.kid_of(self.spki)

    def sign(self, to_be_signed: bytes) -> bytes:
        """r||s over the message."""
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        return signature.raw_from_der(self.private.sign(to_be_signed, algorithm))

    def jwk(
        self, purpose: Any = keys.CERTIFICATE, issuers: Iterable[Coded] = (HARBIN,), **changes: Any
    ) -> dict[str, Any]:
        """The key as it is published, with members changed at will, to wrong ones too."""
        right = keys.jwk_of(self.spki, purpose=keys.CERTIFICATE, issuers=(HARBIN,), nbf=NBF, exp=EXP)
        return right | {"purpose": purpose, "issuers": [issuer.as_json() for issuer in issuers]} | changes

    def certificate(self, claims: Claims) -> bytes:
        """A certificate with these claims, signed by this key."""
        payload = jb1.payload_bytes(claims)
        return jb1.certificate_bytes(self.kid, payload, self.sign(jb1.to_be_signed(self.kid, payload)))


CERTIFICATE_KEY = LocalKey.of(0x1A2B3C4D)
STANDBY_KEY = LocalKey.of(0x2B3C4D5E)
LIST_KEY = LocalKey.of(0x3C4D5E6F)
STRANGER = LocalKey.of(0x4D5E6F70)
"""A key that nobody published."""

CLAIMS = Claims(
    iss="230100",
    exp=1_617_206_400,
    iat=1_585_699_200,
    cti=bytes(range(16)),
    status_idx=123_456,
    status_uri="urn:jianbiao:test:0",
    plate="黑A12345",
    plate_class="02",
    vehicle_type="K33",
    use="A",
)
"""Issued 2020-04-01T08:00 in China, valid through 2021-03-31."""


def document(*jwks: dict[str, Any], version: int = 1) -> dict[str, Any]:
    """A published key set."""
    return {"version": version, "keys": list(jwks)}


def key_set(*jwks: dict[str, Any], version: int = 1) -> keys.KeySet:
    """A key set as the verifier has it; without arguments the ordinary one."""
    ordinary = (CERTIFICATE_KEY.jwk(), STANDBY_KEY.jwk(), LIST_KEY.jwk(keys.STATUS_LIST, issuers=()))
    return keys.KeySet.from_jwks(document(*(jwks or ordinary), version=version))
