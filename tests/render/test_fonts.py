"""The font subset has every character that a policy text, a plate or a face can show."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from jianbiao_render import fonts, looks, texts, words

ROOT = Path(__file__).resolve().parents[2]
SUBSET = ROOT / "layers" / "render" / "subset_fonts.py"
POLICY = ROOT / "layers" / "core" / "jianbiao" / "domain" / "data"


def subset_module() -> object:
    spec = importlib.util.spec_from_file_location("subset_fonts", SUBSET)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_policy_text_can_be_drawn() -> None:
    files = sorted(POLICY.rglob("*.json"))
    assert files
    lacking = {}
    for path in files:
        for text in subset_module().strings(json.loads(path.read_bytes())):  # type: ignore[attr-defined]
            if absent := {char for char in fonts.missing(text) if char.isprintable()}:
                lacking[text] = absent
    assert lacking == {}, "run layers/render/subset_fonts.py"


@pytest.mark.parametrize("bold", [False, True])
def test_every_plate_can_be_drawn(bold: bool) -> None:
    plates = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼挂学警港澳使领"
    assert fonts.missing(plates + "ABCDEFGHJKLMNOPQRSTUVWXYZ0123456789", bold=bold) == set()
    assert fonts.missing("0123456789年月日 January February May August", bold=bold) == set()


def test_own_texts_can_be_drawn() -> None:
    for module in (texts, words):
        for value in vars(module).values():
            for text in subset_module().strings(json.loads(json.dumps(value, default=str))):  # type: ignore[attr-defined]
                assert {char for char in fonts.missing(text) if char.isprintable()} == set()


def test_gb2312_level_1_is_whole() -> None:
    hanzi = subset_module().gb2312_level_1()  # type: ignore[attr-defined]
    assert len(hanzi) == 3755
    assert (hanzi[0], hanzi[-1]) == ("啊", "座")
    assert fonts.missing(hanzi) == set()


def test_a_character_outside_the_subset_is_named() -> None:
    assert fonts.missing("黑龘A") == {"龘"}


def test_fonts_are_small_and_carry_their_licence() -> None:
    assert sum(fonts.path(bold=bold).stat().st_size for bold in (False, True)) < 1_300_000
    assert "SIL OPEN FONT LICENSE" in (fonts.FOLDER / "OFL.txt").read_text("utf-8").upper()


def test_lines_fit_and_lose_nothing() -> None:
    text = texts.EFFECT[0] + texts.EFFECT[1]
    lines = fonts.wrap(text, 9, 200)
    assert len(lines) > 3
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    # Closing punctuation may hang over by its own width.
    assert all(fonts.width(line, 9) <= 200 + 9 for line in lines)
    assert not any(line[0] in "，。；、" for line in lines)


def test_ground_colours_follow_the_cycle_of_the_paper_mark() -> None:
    names = [looks.ground_name(year) for year in range(2018, 2024)]
    assert names == ["yellow", "green", "blue"] * 2
    assert looks.ground_name(2017) == "blue"


@pytest.mark.parametrize(
    ("plate_class", "name"),
    [("01", "yellow"), ("02", "blue"), ("15", "yellow"), ("23", "white"), ("26", "black"),
     ("51", "nev_large"), ("52", "nev_small"), ("99", "white"), ("??", "white")],
)  # fmt: skip
def test_plates_have_the_colours_of_their_class(plate_class: str, name: str) -> None:
    assert looks.plate_name(plate_class) == name
