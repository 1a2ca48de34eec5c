"""The two fonts of the package and their measures: `medium` for every text, `bold` for titles, plates and dates.

Both are subsets of Noto Sans SC (SIL Open Font License 1.1, fonts/OFL.txt), made by layers/render/subset_fonts.py.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("fonts")
UNITS: Final = 1000
"""Font units in one em; both fonts have the same."""
_PIECES = re.compile(r"[!-~“”‘’]+ ?|.")
_NEVER_FIRST = frozenset("，。、；：！？）》」】”’,.;:!?)")


def path(*, bold: bool) -> Path:
    """The TrueType file."""
    return FOLDER / ("bold.ttf" if bold else "medium.ttf")


@cache
def font(bold: bool) -> Any:
    """The font opened with fontTools (one per process)."""
    from fontTools.ttLib import TTFont

    return TTFont(path(bold=bold), lazy=True)


@cache
def _tables(bold: bool) -> tuple[dict[int, str], dict[str, tuple[int, int]]]:
    opened = font(bold)
    return opened.getBestCmap(), opened["hmtx"].metrics


def glyph_name(char: str, *, bold: bool) -> str:
    """Name of the glyph of one character; ".notdef" (an empty box) where the subset lacks it."""
    return _tables(bold)[0].get(ord(char), ".notdef")


def missing(text: str, *, bold: bool = False) -> set[str]:
    """Characters of `text` that would be drawn as an empty box."""
    known = _tables(bold)[0]
    return {char for char in text if ord(char) not in known}


@cache
def advance(char: str, bold: bool) -> int:
    """Width of a character in font units."""
    return _tables(bold)[1][glyph_name(char, bold=bold)][0]


def width(text: str, size: float, *, bold: bool = False, tracking: float = 0) -> float:
    """Width of a line at `size` (length of one em), without kerning: so PNG, SVG and PDF agree."""
    units = sum(advance(char, bold) for char in text) + tracking * UNITS * len(text)
    return units * size / UNITS


def fit(text: str, size: float, room: float, *, bold: bool = False) -> float:
    """The largest size up to `size` at which `text` is no wider than `room`."""
    wide = width(text, size, bold=bold)
    return size if wide <= room else size * room / wide


def wrap(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Lines no wider than `room`: breaks between hanzi and between words, never before closing punctuation."""
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(text):
        if line and width((line + piece).rstrip(), size, bold=bold) > room and piece[0] not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines
