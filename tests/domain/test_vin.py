"""VIN: vectors of domain facts 5, refusals, and the check digit by a second computation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain import vin

ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


@pytest.mark.parametrize(
    "number", ["11111111111111111", "1M8GDM9AXKP042788", "LDC613P23A1305189", "LSJA24U62JG269225"]
)
def test_vectors_with_a_right_check_digit(number: str) -> None:
    assert vin.normalise(number) == number
    assert vin.check_digit_ok(number)


def test_a_wrong_check_digit_is_a_warning_and_5_would_be_right() -> None:
    assert vin.normalise("LFV2A21K0A4000001") == "LFV2A21K0A4000001"
    assert not vin.check_digit_ok("LFV2A21K0A4000001")
    assert vin.check_digit_ok("LFV2A21K5A4000001")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("lsja24u62jg269225", "LSJA24U62JG269225"),
        (" LSJ A24U6 2JG269225", "LSJA24U62JG269225"),
        ("LSJ-A24U62JG-269225", "LSJA24U62JG269225"),
        ("ＬＳＪＡ２４Ｕ６２ＪＧ２６９２２５", "LSJA24U62JG269225"),
    ],
)
def test_normalisation(text: str, normal: str) -> None:
    assert vin.normalise(text) == normal


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("LSJA24U62JG26922", "this has 16"),
        ("LSJA24U62JG2692255", "this has 18"),
        ("", "this has 0"),
        ("LSJA24U62JG26922O", "look for 1, 0 or 9"),
        ("iSJA24U62JG269225", "look for 1, 0 or 9"),
        ("QSJA24U62JG269225", "look for 1, 0 or 9"),
        ("LSJA24U62JG26922黑", "letters A to Z"),
        ("LSJA24U62JG26922_", "letters A to Z"),
        ("lsja24u62jg26922ß", "letters A to Z"),
        ("1" * 41, "17 characters"),
        ("LSJA24U62JG269225\n", "this has 18"),
    ],
)
def test_refusals_say_what_is_wrong(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        vin.normalise(text)


@given(st.text(ALPHABET, min_size=17, max_size=17))
@settings(deadline=None, max_examples=200)
def test_exactly_one_check_digit_fits(number: str) -> None:
    fits = [digit for digit in "0123456789X" if vin.check_digit_ok(number[:8] + digit + number[9:])]
    # The same sum from the transliteration as 49 CFR 565.15 prints it, place by place.
    values = dict(zip("ABCDEFGH", range(1, 9), strict=True)) | dict(zip("JKLMN", range(1, 6), strict=True))
    values |= {"P": 7, "R": 9} | dict(zip("STUVWXYZ", range(2, 10), strict=True))
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    total = sum((int(c) if c.isdigit() else values[c]) * w for c, w in zip(number, weights, strict=True))
    assert fits == ["X" if total % 11 == 10 else str(total % 11)]
