"""A second signature algorithm, ES384 on P-384: what a region with another one (SM2) would add, for tests only."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jianbiao.wire.keys import base64url, kid_of
from jianbiao.wire.profiles import Profile
from tests.support.local_key import EXP, HARBIN, NBF

_SIZE = 48
_ALGORITHM = ec.ECDSA(hashes.SHA384())


def _public_key(x: int, y: int) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP384R1()).public_key()


def _check(public_key: ec.EllipticCurvePublicKey, raw: bytes, message: bytes) -> None:
    r, s = int.from_bytes(raw[:_SIZE]), int.from_bytes(raw[_SIZE:])
    try:
        public_key.verify(encode_dss_signature(r, s), message, _ALGORITHM)
    except ValueError as exc:
        raise InvalidSignature from exc


ES384 = Profile("ES384", -35, "P-384", _SIZE, "ECDSA_SHA_384", _public_key, _check)


def jwk_of_p384(public_key: ec.EllipticCurvePublicKey) -> tuple[dict[str, Any], bytes]:
    """The key as it would be published, and its kid."""
    numbers = public_key.public_numbers()
    kid = kid_of(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    jwk = {
        "kty": "EC",
        "crv": "P-384",
        "x": base64url(numbers.x.to_bytes(_SIZE)),
        "y": base64url(numbers.y.to_bytes(_SIZE)),
        "alg": "ES384",
        "use": "sig",
        "kid": base64url(kid),
        "purpose": "certificate",
        "issuers": [HARBIN.as_json()],
        "nbf": NBF,
        "exp": EXP,
    }
    return jwk, kid
