"""Which characters the faces and pages can draw.

data/glyphs.json lists the code points of the embedded font as ranges [first, last]; it is data here so that a policy
can be checked without the renderer. After a change of the font: ``python layers/render/list_glyphs.py``; a test
compares the two.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cache
from pathlib import Path

LIST = Path(__file__).parent / "data" / "glyphs.json"


@cache
def _ranges() -> tuple[list[int], list[int]]:
    ranges = json.loads(LIST.read_bytes())["ranges"]
    return [first for first, _ in ranges], [last for _, last in ranges]


def missing(text: str) -> set[str]:
    """Characters of `text` that would be drawn as an empty box."""
    firsts, lasts = _ranges()

    def covered(char: str) -> bool:
        place = bisect_right(firsts, ord(char)) - 1
        return place >= 0 and ord(char) <= lasts[place]

    return {char for char in text if not covered(char)}
