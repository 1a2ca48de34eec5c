"""R1: no flipped bit and no exchanged character leaves a code that is accepted."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest

from jianbiao.errors import Forged, NotACode
from jianbiao.wire import jb1
from jianbiao.wire.verify import verify, verify_certificate
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, key_set

KEYS = key_set()

LOOK_ALIKES = (
    "ſıİKÅµ×–—‐−․。／：０１２Ａａ２７"  # what case mapping or compatibility folding would turn into ASCII
    "АВЕІКМНОРСТХасеоАΑΒΕΖΗΙΚΜΝΟΡΤΥΧ２٢²₂Ⅰ𝐀"
    "\u00ad\u200b\u200d\ufeff\u2028\x00\x1c\x85\xa0"  # what is not seen
)
CHARACTERS = sorted(set(string.printable) | set(LOOK_ALIKES))

# A deployment's name of each length, so that the code has every length modulo 8 that Base32 can have.
CODES = [
    jb1.code_text(
        "https://verify.example",
        CERTIFICATE_KEY.certificate(replace(CLAIMS, status_uri=f"urn:jianbiao:{'t' * n}:0")),
    )
    for n in range(1, 6)
]


def is_accepted(text: str) -> bool:
    try:
        verify(text, KEYS)
    except (Forged, NotACode):
        return False
    return True


def test_codes_have_every_length_modulo_five_bytes() -> None:
    assert {len(jb1.parse_code(code)) % 5 for code in CODES} == set(range(5))
    assert {len(code.rpartition("/")[2]) % 8 for code in CODES} == {0, 2, 4, 5, 7}
    assert all(is_accepted(code) for code in CODES)


def test_every_single_bit_flip_is_refused() -> None:
    certificate = bytearray(CERTIFICATE_KEY.certificate(CLAIMS))
    for position in range(len(certificate) * 8):
        certificate[position // 8] ^= 1 << position % 8
        with pytest.raises(Forged):
            verify_certificate(bytes(certificate), KEYS)
        certificate[position // 8] ^= 1 << position % 8


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"length-{len(code) % 8}")
def test_every_substitution_is_refused(code: str) -> None:
    """In the whole text; the other case of the same letter is the same code, and the only exception."""
    prefix, _, letters = code.rpartition("/")
    for position, letter in enumerate(letters):
        for other in CHARACTERS:
            if other in (letter, letter.lower()):
                continue
            damaged = f"{prefix}/{letters[:position]}{other}{letters[position + 1 :]}"
            assert not is_accepted(damaged), (position, letter, other)


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"length-{len(code) % 8}")
def test_every_substitution_is_refused_without_an_address(code: str) -> None:
    letters = code.rpartition("/")[2]
    for position in (0, 1, 2, len(letters) // 2, len(letters) - 2, len(letters) - 1):
        for other in CHARACTERS:
            if other in (letters[position], letters[position].lower()):
                continue
            damaged = letters[:position] + other + letters[position + 1 :]
            assert not is_accepted(damaged), (position, other)


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"length-{len(code) % 8}")
def test_lost_or_added_characters_are_refused(code: str) -> None:
    letters = code.rpartition("/")[2]
    for position in range(len(letters)):
        assert not is_accepted(letters[:position] + letters[position + 1 :])
        assert not is_accepted(letters[:position])
        assert not is_accepted(letters[: position + 1] + "A" + letters[position + 1 :])
    for tail in ("A", "AA", "AAAA", "A" * 8, "=", "======"):
        assert not is_accepted(letters + tail)


def test_either_case_is_the_same_code() -> None:
    for code in CODES:
        letters = code.rpartition("/")[2]
        for text in (letters.lower(), letters.swapcase(), code.lower(), letters[:9].lower() + letters[9:]):
            assert verify(text, KEYS).claims == verify(code, KEYS).claims
