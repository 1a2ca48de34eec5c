"""Writes the code points of the text font into the core package, which checks policies by them.

Run it after subset_fonts.py: ``python layers/render/list_glyphs.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
FONT = HERE / "jianbiao_render" / "fonts" / "medium.ttf"
LIST = HERE.parent / "core" / "jianbiao" / "domain" / "data" / "glyphs.json"


def ranges(font: Path = FONT) -> list[list[int]]:
    """The font's code points as ranges [first, last]."""
    found: list[list[int]] = []
    with TTFont(font) as opened:
        codes = sorted(opened.getBestCmap())
    for code in codes:
        if found and code == found[-1][1] + 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def text() -> str:
    """The list as it is committed, some ranges a line."""
    made = [json.dumps(part, separators=(",", ":")) for part in ranges()]
    lines = [",".join(made[i : i + 10]) for i in range(0, len(made), 10)]
    return '{"ranges":[\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    LIST.write_text(text(), encoding="ascii")
    sys.stdout.write(f"{LIST.name} written\n")
