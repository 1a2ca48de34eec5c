"""Hostile certificates are refused, each for the right reason; keys that may not vouch for a certificate do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jianbiao.errors import Forged, NotACode
from jianbiao.wire import jb1, status_list
from jianbiao.wire.keys import STATUS_LIST, KeySet, base64url
from jianbiao.wire.reasons import ForgedReason
from jianbiao.wire.verify import verify, verify_certificate
from tests.support import hostile as table
from tests.support.forge import Forge
from tests.support.hostile import Case, hostile
from tests.support.local_key import (
    BEIJING,
    CERTIFICATE_KEY,
    CLAIMS,
    EXP,
    LIST_KEY,
    NBF,
    STANDBY_KEY,
    STRANGER,
    key_set,
)

CASES = list(hostile(CERTIFICATE_KEY.sign, CERTIFICATE_KEY.kid, CLAIMS, signs_from=NBF, signs_until=EXP))


def reason_for(certificate: bytes, keys: KeySet | None = None) -> str:
    """Why the verifier refuses the code of these certificate bytes."""
    text = jb1.code_text("https://verify.example", certificate)
    with pytest.raises((Forged, NotACode)) as caught:
        verify(text, keys or key_set())
    return caught.value.reason if isinstance(caught.value, Forged) else table.NOT_A_CODE


def test_what_the_cases_are_made_from_is_accepted() -> None:
    certificate = Forge(CERTIFICATE_KEY.sign, CERTIFICATE_KEY.kid, CLAIMS).build()
    assert certificate == CERTIFICATE_KEY.certificate(CLAIMS)
    verified = verify_certificate(certificate, key_set())
    assert verified.claims == CLAIMS
    assert verified.certificate == certificate
    assert verified.key.kid == CERTIFICATE_KEY.kid


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refused_for_the_right_reason(case: Case) -> None:
    assert reason_for(case.certificate) == case.reason


def test_names_are_unique_and_every_reason_has_a_case() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    elsewhere = {ForgedReason.KEY_REVOKED, ForgedReason.NOT_ISSUED}
    assert {case.reason for case in CASES} == set(ForgedReason) - elsewhere | {table.NOT_A_CODE}


def test_status_list_presented_as_a_certificate() -> None:
    payload = status_list.payload_bytes(
        uri=CLAIMS.status_uri, iat=CLAIMS.iat, exp=CLAIMS.exp, ttl=300, entries=bytes(64)
    )
    for key in (LIST_KEY, CERTIFICATE_KEY):
        signature = key.sign(status_list.to_be_signed(key.kid, payload))
        assert reason_for(status_list.token_bytes(key.kid, payload, signature)) == "wrong-header"


# --- keys -------------------------------------------------------------------------------------------------

RIGHT = CERTIFICATE_KEY.certificate(CLAIMS)


def test_key_that_nobody_published() -> None:
    assert reason_for(STRANGER.certificate(CLAIMS)) == "unknown-key"


def test_stranger_under_a_published_kid() -> None:
    assert reason_for(Forge(STRANGER.sign, CERTIFICATE_KEY.kid, CLAIMS).build()) == "bad-signature"


def test_status_list_key_signs_no_certificate() -> None:
    assert reason_for(LIST_KEY.certificate(CLAIMS)) == "unknown-key"


@pytest.mark.parametrize(
    ("nbf", "exp", "accepted"),
    [
        (CLAIMS.iat, CLAIMS.iat + 1, True),
        (CLAIMS.iat - 1, CLAIMS.iat + 1, True),
        (CLAIMS.iat + 1, EXP, False),
        (NBF, CLAIMS.iat, False),
    ],
)
def test_issued_within_the_key_s_interval(nbf: int, exp: int, accepted: bool) -> None:
    keys = key_set(CERTIFICATE_KEY.jwk(nbf=nbf, exp=exp))
    if accepted:
        assert verify_certificate(RIGHT, keys).claims == CLAIMS
    else:
        assert reason_for(RIGHT, keys) == "unknown-key"


def test_retired_key_still_vouches_for_what_it_signed() -> None:
    retired = CERTIFICATE_KEY.jwk(exp=CLAIMS.iat + 1)
    assert verify_certificate(RIGHT, key_set(retired, STANDBY_KEY.jwk())).claims == CLAIMS


@pytest.mark.parametrize("revoked_at", [0, CLAIMS.iat - 1, CLAIMS.iat, EXP])
def test_compromised_key_vouches_for_nothing(revoked_at: int) -> None:
    keys = key_set(CERTIFICATE_KEY.jwk(revoked_at=revoked_at), STANDBY_KEY.jwk())
    assert reason_for(RIGHT, keys) == "key-revoked"
    assert verify_certificate(STANDBY_KEY.certificate(CLAIMS), keys).claims == CLAIMS


def test_compromise_is_said_before_the_signature_is_looked_at() -> None:
    keys = key_set(CERTIFICATE_KEY.jwk(revoked_at=CLAIMS.iat))
    assert reason_for(Forge(STRANGER.sign, CERTIFICATE_KEY.kid, CLAIMS).build(), keys) == "key-revoked"


def test_two_keys_with_one_kid_are_both_tried() -> None:
    shared = base64url(CERTIFICATE_KEY.kid)
    for jwks in (
        (CERTIFICATE_KEY.jwk(), STRANGER.jwk(kid=shared)),
        (STRANGER.jwk(kid=shared), CERTIFICATE_KEY.jwk()),
    ):
        keys = key_set(*jwks)
        assert verify_certificate(RIGHT, keys).key.public_key == CERTIFICATE_KEY.private.public_key()
        other = Forge(STRANGER.sign, CERTIFICATE_KEY.kid, CLAIMS).build()
        assert verify_certificate(other, keys).key.public_key == STRANGER.private.public_key()
        third = Forge(STANDBY_KEY.sign, CERTIFICATE_KEY.kid, CLAIMS).build()
        assert reason_for(third, keys) == "bad-signature"


def test_of_two_keys_with_one_kid_each_has_its_own_purpose_interval_issuers_and_mark() -> None:
    shared = base64url(CERTIFICATE_KEY.kid)
    ours = CERTIFICATE_KEY.jwk()
    signed_by_the_other = Forge(STRANGER.sign, CERTIFICATE_KEY.kid, CLAIMS).build()
    for other, reason in (
        (STRANGER.jwk(kid=shared, revoked_at=1), "bad-signature"),
        (STRANGER.jwk(kid=shared, nbf=CLAIMS.iat + 1), "bad-signature"),
        (STRANGER.jwk(STATUS_LIST, kid=shared), "bad-signature"),
        (STRANGER.jwk(kid=shared, issuers=(BEIJING,)), "issuer-not-allowed"),
    ):
        keys = key_set(other, ours)
        assert reason_for(signed_by_the_other, keys) == reason
        assert verify_certificate(RIGHT, keys).claims == CLAIMS


def test_issuer_has_to_be_one_of_the_key_s_own() -> None:
    keys = key_set(CERTIFICATE_KEY.jwk(issuers=(BEIJING,)), STANDBY_KEY.jwk())
    assert reason_for(RIGHT, keys) == "issuer-not-allowed"
    in_beijing = replace(CLAIMS, iss=BEIJING.code)
    assert verify_certificate(CERTIFICATE_KEY.certificate(in_beijing), keys).claims == in_beijing


def test_other_signature_of_the_same_claims_is_the_same_certificate() -> None:
    """ECDSA is malleable: (r, n - s) verifies too, so that only `cti` identifies a certificate."""
    r, s = RIGHT[-64:-32], int.from_bytes(RIGHT[-32:])
    other = RIGHT[:-64] + r + (table.ORDER - s).to_bytes(32)
    assert other != RIGHT
    assert verify_certificate(other, key_set()).claims == CLAIMS


def test_nothing_is_published() -> None:
    assert reason_for(RIGHT, KeySet.from_jwks({"version": 0, "keys": []})) == "unknown-key"
