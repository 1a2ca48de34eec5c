"""Verdicts by time and status, ids, signatures."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.wire.ids import certificate_id, parse_certificate_id
from jianbiao.wire.reasons import Verdict
from jianbiao.wire.signature import check, check_digest, der_from_raw, raw_from_der
from jianbiao.wire.verify import CLOCK_SKEW, judge, verify_certificate
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, STRANGER, key_set

VERIFIED = verify_certificate(CERTIFICATE_KEY.certificate(CLAIMS), key_set())
WITHIN = CLAIMS.iat + 86_400


@pytest.mark.parametrize("status", [None, 0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (0, Verdict.NOT_YET_VALID),
        (CLAIMS.iat - CLOCK_SKEW - 1, Verdict.NOT_YET_VALID),
        (CLAIMS.exp, Verdict.EXPIRED),
        (CLAIMS.exp + 1, Verdict.EXPIRED),
        (2**40, Verdict.EXPIRED),
    ],
)
def test_time_goes_before_status(now: int, verdict: Verdict, status: int | None) -> None:
    assert judge(VERIFIED, now, status) is verdict


@pytest.mark.parametrize(
    "now", [CLAIMS.iat - CLOCK_SKEW, CLAIMS.iat - 1, CLAIMS.iat, CLAIMS.iat + 1, CLAIMS.exp - 1]
)
def test_within_its_time(now: int) -> None:
    assert judge(VERIFIED, now, 0) is Verdict.VALID


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (0, Verdict.VALID),
        (1, Verdict.REVOKED),
        (2, Verdict.SUSPENDED),
        (3, Verdict.SUPERSEDED),
        (4, Verdict.VALID),
        (-1, Verdict.VALID),
        (None, Verdict.VALID),
    ],
)
def test_status(status: int | None, verdict: Verdict) -> None:
    assert judge(VERIFIED, WITHIN, status) is verdict


# --- ids --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cti", "text"),
    [
        (bytes(16), "0" * 26),
        (b"\xff" * 16, "7" + "Z" * 25),
        (bytes(15) + b"\x01", "0" * 25 + "1"),
        (bytes(15) + b"\x20", "0" * 24 + "10"),
        # The example of the ULID specification, bytes and text.
        (bytes.fromhex("01563e3ab5d3d6764c61efb99302bd5b"), "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ],
)
def test_certificate_id(cti: bytes, text: str) -> None:
    assert certificate_id(cti) == text
    assert parse_certificate_id(text) == cti


@given(st.binary(min_size=16, max_size=16))
def test_certificate_id_round_trip(cti: bytes) -> None:
    text = certificate_id(cti)
    assert len(text) == 26
    assert parse_certificate_id(text) == parse_certificate_id(text.lower()) == cti
    misread = text.replace("1", "I").replace("0", "o")
    assert parse_certificate_id(misread) == parse_certificate_id(misread.replace("I", "l")) == cti


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 25,
        "0" * 27,
        "8" + "0" * 25,
        "Z" * 26,
        "U" + "0" * 25,
        *("0" * 25 + letter for letter in "u -０ıſ\n"),
    ],
)
def test_no_certificate_id(text: str) -> None:
    with pytest.raises(ValueError, match="certificate id"):
        parse_certificate_id(text)


@pytest.mark.parametrize("size", [0, 15, 17])
def test_no_cti(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        certificate_id(bytes(size))


# --- signatures -------------------------------------------------------------------------------------------


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_raw_and_der(r: int, s: int) -> None:
    raw = r.to_bytes(32) + s.to_bytes(32)
    assert raw_from_der(der_from_raw(raw)) == raw


@pytest.mark.parametrize(
    "der",
    [
        "",
        "3006020101",
        "300602010102010100",
        "30820006020101020101",
        "3007020200010201" + "01",
        "3006020101020181",
        "3026022101" + "00" * 32 + "020101",
    ],
)
def test_no_der(der: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        raw_from_der(bytes.fromhex(der))


def test_signature_of_a_digest_is_the_signature_of_the_message() -> None:
    key, message = CERTIFICATE_KEY.private.public_key(), b"x" * 9000
    raw = CERTIFICATE_KEY.sign(message)
    check(key, raw, message)
    check_digest(key, raw, hashlib.sha256(message).digest())
    for wrong in (raw[:-1], raw + b"\0", b"", bytes(64), STRANGER.sign(message)):
        with pytest.raises(InvalidSignature):
            check(key, wrong, message)
        with pytest.raises(InvalidSignature):
            check_digest(key, wrong, hashlib.sha256(message).digest())
    with pytest.raises(InvalidSignature):
        check_digest(key, raw, b"short")


# --- imports ----------------------------------------------------------------------------------------------


def test_verifier_imports_nothing_heavy() -> None:
    """A cold start pays for every module: no AWS, no validation framework, no other CBOR."""
    program = "import sys, jianbiao.wire.verify, jianbiao.wire.status_list; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=path()
    )
    loaded = {name.partition(".")[0] for name in out.stdout.split()}
    assert not loaded & {
        "boto3",
        "botocore",
        "pydantic",
        "cbor2",
        "jinja2",
        "PIL",
        "asyncio",
        "http",
        "urllib",
    }


def path() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[2] / "layers" / "core")}
