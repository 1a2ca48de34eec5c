"""Vehicle identification numbers (车辆识别代号, GB 16735-2019, ISO 3779)."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_INPUT = 40
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_SEPARATORS = str.maketrans("", "", " -")
# Values and weights of GB 16735-2019 annex: letters skip I, O, Q, and the check digit itself (position 9)
# weighs 0.
_VALUES = {c: i for i, c in enumerate("0123456789")} | dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ",
        (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
        strict=True,
    )
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def normalise(text: str) -> str:
    """The 17 characters of a VIN: NFKC, ASCII upper case, spaces and hyphens dropped.

    Raises ValueError with a hint where that is no VIN. I, O and Q are never corrected silently.
    """
    if len(text) > _LONGEST_INPUT:
        raise ValueError("a VIN has 17 characters")
    vin = unicodedata.normalize("NFKC", text).translate(_SEPARATORS)
    if vin.isascii():
        vin = vin.upper()
    if _VIN.fullmatch(vin):
        return vin
    if any(letter in vin for letter in "IOQ"):
        raise ValueError("a VIN has no letter I, O or Q: look for 1, 0 or 9")
    if len(vin) != 17:
        raise ValueError(f"a VIN has 17 characters, this has {len(vin)}")
    raise ValueError("a VIN consists of the letters A to Z without I, O, Q and the digits 0 to 9")


def check_digit_ok(vin: str) -> bool:
    """Whether position 9 is the check digit of a normalised VIN.

    A mismatch is a warning for manual review, never a refusal: imports and vehicles made before GB 16735-2004
    carry VINs without a check digit.
    """
    total = sum(_VALUES[char] * weight for char, weight in zip(vin, _WEIGHTS, strict=True))
    return vin[8] == "0123456789X"[total % 11]
