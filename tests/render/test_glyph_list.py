"""The list of characters in the core package is the text font's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from jianbiao.domain import glyphs
from jianbiao_render import fonts

SCRIPT = Path(__file__).parents[2] / "layers" / "render" / "list_glyphs.py"


def test_the_committed_list_is_what_the_font_has() -> None:
    spec = importlib.util.spec_from_file_location("list_glyphs", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert glyphs.LIST.read_text("ascii") == script.text(), "run python layers/render/list_glyphs.py"


def test_both_name_the_same_characters() -> None:
    text = (
        "".join(map(chr, range(0x20, 0x3000, 7)))
        + "黑龙江龘鬱𠮷🚗\n\u200b"
        + "".join(map(chr, range(0x4E00, 0x9FFF, 11)))
    )
    assert glyphs.missing(text) == fonts.missing(text)
