"""Signatures by KMS: of the message itself, by the key that the key set names.

moto signs with disabled keys, too: that case is in tests/e2e/test_key_disabled.py, on the local AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto import mock_aws

from jianbiao.aws.kms import KmsSigner
from jianbiao.errors import Unavailable
from jianbiao.ports import SigningKeys
from jianbiao.wire.keys import KeySet, kid_of
from tests.support.second_profile import ES384, jwk_of_p384


@dataclass
class Keys:
    """What a signer asks of a key set."""

    arns: dict[bytes, str]
    published: KeySet = field(default_factory=lambda: KeySet.from_jwks({"version": 1, "keys": []}))

    def current(self) -> SigningKeys:
        return SigningKeys(self.published, bytes(8))

    def key_arns(self) -> dict[bytes, str]:
        return self.arns


@pytest.fixture(scope="module")
def kms() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "kms", region_name="ap-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )


def make(kms: Any) -> tuple[bytes, str, ec.EllipticCurvePublicKey]:
    """Kid, ARN and public half of a new key."""
    metadata = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    spki = kms.get_public_key(KeyId=metadata["Arn"])["PublicKey"]
    public = load_der_public_key(spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return kid_of(spki), metadata["Arn"], public


def test_each_kid_signs_by_its_own_key(kms: Any) -> None:
    (kid, arn, public), (other_kid, other_arn, other) = make(kms), make(kms)
    signer = KmsSigner(kms, Keys({kid: arn, other_kid: other_arn}))  # type: ignore[arg-type]
    message = bytes(range(256)) * 16  # 4,096 bytes: the most that KMS signs RAW
    public.verify(signer.sign(kid, message), message, ec.ECDSA(hashes.SHA256()))
    signature = signer.sign(other_kid, message)
    other.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def test_the_key_set_says_which_algorithm_a_key_signs_with(kms: Any) -> None:
    metadata = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    public = load_der_public_key(kms.get_public_key(KeyId=metadata["Arn"])["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    jwk, kid = jwk_of_p384(public)
    published = KeySet.from_jwks({"version": 1, "keys": [jwk]}, (ES384,))
    signature = KmsSigner(kms, Keys({kid: metadata["Arn"]}, published)).sign(kid, b"x")  # type: ignore[arg-type]
    public.verify(signature, b"x", ec.ECDSA(hashes.SHA384()))


def test_a_kid_without_a_key_signs_nothing(kms: Any) -> None:
    kid, arn, _ = make(kms)
    with pytest.raises(Unavailable, match="no signing key with this kid"):
        KmsSigner(kms, Keys({kid: arn})).sign(bytes(8), b"x")  # type: ignore[arg-type]
