"""The published key set: what is read, what is refused, what may replace what."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jianbiao.errors import Untrusted
from jianbiao.wire.keys import CERTIFICATE, STATUS_LIST, KeySet, base64url, from_base64url, jwk_of, kid_of
from tests.support.local_key import (
    BEIJING,
    CERTIFICATE_KEY,
    EXP,
    HARBIN,
    LIST_KEY,
    NBF,
    STANDBY_KEY,
    document,
    key_set,
)


def test_reads_what_is_published() -> None:
    raw = json.dumps(
        document(
            CERTIFICATE_KEY.jwk(issuers=(HARBIN, BEIJING)), LIST_KEY.jwk(STATUS_LIST, issuers=()), version=7
        )
    )
    keys = KeySet.from_jwks(raw.encode())
    assert keys.version == 7
    assert keys.digest == hashlib.sha256(raw.encode()).hexdigest()
    (key,) = keys.find(CERTIFICATE_KEY.kid)
    assert (key.purpose, key.nbf, key.exp, key.revoked_at) == (CERTIFICATE, NBF, EXP, None)
    assert key.issuers == (HARBIN, BEIJING)
    assert key.public_key == CERTIFICATE_KEY.private.public_key()
    assert keys.find(LIST_KEY.kid)[0].purpose == STATUS_LIST
    assert keys.issuer("110000") == BEIJING
    assert keys.issuer("310000") is None
    assert keys.find(bytes(8)) == ()
    assert KeySet.from_jwks(json.loads(raw)).keys == keys.keys


def test_published_form() -> None:
    jwk = CERTIFICATE_KEY.jwk(revoked_at=5)
    assert list(jwk) == [
        "kty",
        "crv",
        "x",
        "y",
        "alg",
        "use",
        "kid",
        "purpose",
        "issuers",
        "nbf",
        "exp",
        "revoked_at",
    ]
    assert jwk["kid"] == base64url(hashlib.sha256(CERTIFICATE_KEY.spki).digest()[:8])
    assert kid_of(CERTIFICATE_KEY.spki) == hashlib.sha256(CERTIFICATE_KEY.spki).digest()[:8]
    assert jwk["issuers"] == [{"code": "230100", "zh": "哈尔滨市", "en": "Harbin"}]
    assert "=" not in jwk["x"] + jwk["y"] + jwk["kid"]


OTHER_PROFILES: list[dict[str, Any]] = [
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": "EC", "crv": "SM2", "alg": "SM2", "x": "AA", "y": "AA"},
    {"kty": "OKP", "crv": "Ed25519"},
    {},
    CERTIFICATE_KEY.jwk(alg="ES384"),
    CERTIFICATE_KEY.jwk(use="enc"),
    CERTIFICATE_KEY.jwk(purpose="something-new"),
    CERTIFICATE_KEY.jwk(purpose=["certificate"]),
]


@pytest.mark.parametrize("jwk", OTHER_PROFILES)
def test_keys_of_other_profiles_are_skipped(jwk: dict[str, Any]) -> None:
    assert [key.kid for key in key_set(jwk, STANDBY_KEY.jwk()).keys] == [STANDBY_KEY.kid]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CERTIFICATE_KEY.jwk().items() if key != name}


FAULTS: list[dict[str, Any]] = [
    *(without(name) for name in ("x", "y", "kid", "nbf", "exp", "issuers")),
    CERTIFICATE_KEY.jwk(x=CERTIFICATE_KEY.jwk()["y"]),
    CERTIFICATE_KEY.jwk(x=base64url(bytes(32)), y=base64url(bytes(32))),
    CERTIFICATE_KEY.jwk(x=base64url(b"\xff" * 32)),
    CERTIFICATE_KEY.jwk(x=CERTIFICATE_KEY.jwk()["x"] + "="),
    CERTIFICATE_KEY.jwk(x=CERTIFICATE_KEY.jwk()["x"] + "\n"),
    CERTIFICATE_KEY.jwk(x=base64url(b"\0" + from_base64url(CERTIFICATE_KEY.jwk()["x"], 32))),
    CERTIFICATE_KEY.jwk(x=5),
    CERTIFICATE_KEY.jwk(kid="abc"),
    CERTIFICATE_KEY.jwk(kid=base64url(bytes(9))),
    CERTIFICATE_KEY.jwk(kid=None),
    CERTIFICATE_KEY.jwk(nbf=True),
    CERTIFICATE_KEY.jwk(nbf=1.5e9),
    CERTIFICATE_KEY.jwk(nbf="0"),
    CERTIFICATE_KEY.jwk(nbf=-1),
    CERTIFICATE_KEY.jwk(nbf=EXP),
    CERTIFICATE_KEY.jwk(exp=2**63),
    CERTIFICATE_KEY.jwk(revoked_at=False),
    CERTIFICATE_KEY.jwk(revoked_at="2021-01-01"),
    CERTIFICATE_KEY.jwk(issuers=[]),
    CERTIFICATE_KEY.jwk() | {"issuers": {}},
    CERTIFICATE_KEY.jwk() | {"issuers": ["230100"]},
    CERTIFICATE_KEY.jwk() | {"issuers": [{"code": "23010", "zh": "", "en": ""}]},
    CERTIFICATE_KEY.jwk() | {"issuers": [{"code": 230100, "zh": "", "en": ""}]},
    CERTIFICATE_KEY.jwk() | {"issuers": [{"code": "230100", "zh": "", "en": None}]},
    CERTIFICATE_KEY.jwk() | {"issuers": [{"code": "230100", "zh": ""}]},
]


@pytest.mark.parametrize("jwk", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_in_one_key_refuses_the_set(jwk: dict[str, Any]) -> None:
    with pytest.raises(Untrusted, match="malformed-set"):
        key_set(STANDBY_KEY.jwk(), jwk)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{}",
        b'{"version": 1}',
        b'{"version": 1, "keys": {}}',
        b'{"version": 1, "keys": [[]]}',
        b'{"version": true, "keys": []}',
        b'{"version": 1.0, "keys": []}',
        b'{"version": "1", "keys": []}',
        b'{"version": -1, "keys": []}',
        b'{"version": 1, "version": 2, "keys": []}',
        b'{"version": 1, "keys": []} x',
        b"[" * 100_000,
    ],
)
def test_no_key_set(data: bytes) -> None:
    with pytest.raises(Untrusted, match="malformed-set"):
        KeySet.from_jwks(data)


def test_versions_only_grow() -> None:
    held = key_set(CERTIFICATE_KEY.jwk(), version=5)
    key_set(CERTIFICATE_KEY.jwk(), version=5).check_replaces(held)
    key_set(STANDBY_KEY.jwk(), version=6).check_replaces(held)
    with pytest.raises(Untrusted, match="rolled-back"):
        key_set(CERTIFICATE_KEY.jwk(), version=4).check_replaces(held)
    with pytest.raises(Untrusted, match="altered"):
        key_set(CERTIFICATE_KEY.jwk(), STANDBY_KEY.jwk(), version=5).check_replaces(held)
    with pytest.raises(Untrusted, match="altered"):
        key_set(CERTIFICATE_KEY.jwk(revoked_at=1), version=5).check_replaces(held)


def test_only_p256_is_published() -> None:
    for curve in (ec.SECP384R1(), ec.SECP256K1()):
        spki = (
            ec.generate_private_key(curve)
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )
        with pytest.raises(ValueError, match="P-256"):
            jwk_of(spki, purpose=CERTIFICATE, issuers=(HARBIN,), nbf=NBF, exp=EXP)
    with pytest.raises(ValueError, match="purpose"):
        jwk_of(CERTIFICATE_KEY.spki, purpose="x", issuers=(HARBIN,), nbf=NBF, exp=EXP)
    with pytest.raises(ValueError, match="interval"):
        jwk_of(CERTIFICATE_KEY.spki, purpose=CERTIFICATE, issuers=(HARBIN,), nbf=EXP, exp=EXP)


def test_a_compromised_key_is_published_as_one() -> None:
    interval = {"issuers": (HARBIN,), "nbf": NBF, "exp": EXP}
    jwk = jwk_of(CERTIFICATE_KEY.spki, purpose=CERTIFICATE, revoked_at=NBF + 9, **interval)
    assert key_set(jwk).keys[0].revoked_at == NBF + 9
    assert "revoked_at" not in jwk_of(CERTIFICATE_KEY.spki, purpose=CERTIFICATE, **interval)
