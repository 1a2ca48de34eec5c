"""Unique plates and VINs by number: the n-th of a kind, scattered over its range, nothing remembered."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from math import gcd, prod

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of a plate's serial: no I, no O (GA 36)."""
DIGITS = "0123456789"
BOTH = DIGITS + LETTERS
ENERGY = "ABCDEFGHJK"
"""First serial letter of a small and last of a large new-energy plate (domain facts 4)."""

_KINDS = {
    # At most two letters in the serial of an ordinary plate: every place for none, one or two of them.
    "ordinary": [
        [LETTERS if place in where else DIGITS for place in range(5)]
        for where in [(), *((a,) for a in range(5)), *((a, b) for a in range(5) for b in range(a + 1, 5))]
    ],
    "nev-small": [[ENERGY, BOTH, DIGITS, DIGITS, DIGITS, DIGITS]],
    "nev-large": [[DIGITS, DIGITS, DIGITS, DIGITS, DIGITS, ENERGY]],
    "tail": [[BOTH, BOTH, BOTH, BOTH]],
    "six-digits": [[DIGITS] * 6],
    "five-digits": [[DIGITS] * 5],
}


def serials(kind: str) -> tuple[int, Callable[[int], str]]:
    """How many serials of a kind there are, and the function from a lower number to a serial."""
    patterns = _KINDS[kind]
    stops = list(accumulate(prod(map(len, pattern)) for pattern in patterns))
    total = stops[-1]
    step = _coprime(total)

    def serial(number: int) -> str:
        rank = number * step % total
        text = ""
        for alphabet in patterns[bisect_right(stops, rank)]:
            rank, index = divmod(rank, len(alphabet))
            text += alphabet[index]
        return text

    return total, serial


def _coprime(total: int) -> int:
    """About 0.618 of the range and no factor shared with it: the steps visit every rank once."""
    step = int(total * 0.6180339887)
    while gcd(step, total) != 1:
        step += 1
    return step


_VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_VALUES = {c: int(c) for c in DIGITS} | {
    c: value
    for row, first in (("ABCDEFGH", 1), ("JKLMN", 1), ("P", 7), ("R", 9), ("STUVWXYZ", 2))
    for value, c in enumerate(row, first)
}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"


def vin(maker: str, number: int, year: int, *, right: bool = True) -> str:
    """The VIN of vehicle `number` (0 … 33 million) of a three-letter `maker`, made in `year`.

    `right=False`: with a wrong check digit. Two numbers never give the same VIN, whoever the makers are.
    """
    lot, serial = divmod(number, 1_000_000)
    head = f"{maker}A{_VIN[lot]}42B"
    tail = f"{_YEARS[(year - 2010) % 30]}A{serial:06d}"
    text = f"{head}0{tail}"
    check = sum(map(_product, text, _WEIGHTS)) % 11
    if not right:
        check = (check + 1) % 11
    return f"{head}{'0123456789X'[check]}{tail}"


def _product(character: str, weight: int) -> int:
    return _VALUES[character] * weight
