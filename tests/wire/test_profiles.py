"""Another signature algorithm is a profile beside ES256: signed, coded, verified, and never mixed up with it."""

from __future__ import annotations

import dataclasses

import pytest
from cbor2 import CBORTag, dumps
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.errors import Forged
from jianbiao.ports import SigningKeys
from jianbiao.wire import jb1
from jianbiao.wire.keys import KeySet
from jianbiao.wire.profiles import ACCEPTED, ES256, Profile
from jianbiao.wire.verify import verify_certificate
from tests.services.ledgers import row, run, vin
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, document
from tests.support.second_profile import ES384, jwk_of_p384
from tests.support.world import World

BIG = ec.derive_private_key(0x5E6F7081, ec.SECP384R1())
JWK, KID = jwk_of_p384(BIG.public_key())
PAYLOAD = jb1.payload_bytes(CLAIMS)
BOTH = KeySet.from_jwks(document(CERTIFICATE_KEY.jwk(), JWK), (ES256, ES384))
PRODUCT = KeySet.from_jwks(document(CERTIFICATE_KEY.jwk(), JWK))


def signed(profile: Profile, *, size: int = 0, kid: bytes = KID) -> bytes:
    """A certificate under the profile's header, signed by the P-384 key."""
    der = BIG.sign(jb1.to_be_signed(kid, PAYLOAD, profile), ec.ECDSA(hashes.SHA384()))
    raw = ES384.raw_from_der(der)
    return jb1.certificate_bytes(kid, PAYLOAD, raw[: size or len(raw)], profile)


def refused(certificate: bytes, keys: KeySet) -> str:
    with pytest.raises(Forged) as caught:
        verify_certificate(certificate, keys)
    return caught.value.reason


def test_a_certificate_of_the_second_profile_verifies_where_its_key_is_taken() -> None:
    verified = verify_certificate(signed(ES384), BOTH)
    assert (verified.claims, verified.key.kid, verified.key.profile) == (CLAIMS, KID, ES384)
    assert verify_certificate(CERTIFICATE_KEY.certificate(CLAIMS), BOTH).key.profile is ES256


def test_its_bytes_are_those_of_a_cose_sign1_with_its_algorithm() -> None:
    certificate = signed(ES384)
    protected = dumps({1: -35, 4: KID}, canonical=True)
    assert certificate == dumps(CBORTag(18, [protected, {}, PAYLOAD, certificate[-96:]]), canonical=True)


def test_the_product_takes_es256_alone() -> None:
    assert ACCEPTED == (ES256,)
    assert [key.profile for key in PRODUCT.keys] == [ES256]
    assert refused(signed(ES384), PRODUCT) == "wrong-header"


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        # The header names ES256, the kid a P-384 key: the key decides, and no key of that algorithm has this kid.
        (signed(ES256, size=64), "unknown-key"),
        # The header names ES384, the kid an ES256 key.
        (signed(ES384, kid=CERTIFICATE_KEY.kid), "unknown-key"),
        # A signature of the other profile's size.
        (signed(ES384)[:-98] + b"\x58\x40" + signed(ES384)[-64:], "wrong-header"),
        (signed(ES384)[:-1] + bytes((signed(ES384)[-1] ^ 1,)), "bad-signature"),
    ],
)
def test_the_certificate_does_not_choose_the_algorithm(certificate: bytes, reason: str) -> None:
    assert refused(certificate, BOTH) == reason


def test_one_kid_with_keys_of_two_algorithms() -> None:
    """Kids are hints and may collide: each certificate still finds the key of its own algorithm alone."""
    collision = JWK | {"kid": CERTIFICATE_KEY.jwk()["kid"]}
    keys = KeySet.from_jwks(document(CERTIFICATE_KEY.jwk(), collision), (ES256, ES384))
    kid = CERTIFICATE_KEY.kid
    assert verify_certificate(signed(ES384, kid=kid), keys).key.profile is ES384
    assert verify_certificate(CERTIFICATE_KEY.certificate(CLAIMS), keys).key.profile is ES256
    assert refused(signed(ES256, size=64, kid=kid), keys) == "bad-signature"


def test_the_issuer_signs_with_the_algorithm_of_the_active_key() -> None:
    world = World()
    run(world, row(1))
    (made,) = world.active(vin(1))
    published = KeySet.from_jwks(document(JWK | {"nbf": 0, "exp": 4_000_000_000}), (ES256, ES384))
    keys, signer = world.keys, world.signer
    keys.current = lambda: SigningKeys(published, KID)  # type: ignore[method-assign]
    signer.sign = lambda kid, message: BIG.sign(message, ec.ECDSA(hashes.SHA384()))  # type: ignore[method-assign]
    issuance = dataclasses.replace(made.issuance, kid=KID)
    data = world.issuer.sign(issuance).data
    assert verify_certificate(data, published).claims == issuance.claims
