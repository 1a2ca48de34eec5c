"""P8 and what phones do to a code: every face decodes, also blotted, printed without greys, and photographed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from PIL import Image

from jianbiao_render.pdf import pdf
from jianbiao_render.png import png
from tests.render.samples import FULL, ORDINARY, code_text
from tests.render.scanning import blotted, from_pdf, from_png, photographed, read, symbol_box


@cache
def face_from(kind: str) -> Image.Image:
    return from_png(png(ORDINARY)) if kind == "png" else from_pdf(pdf(ORDINARY))


@pytest.mark.parametrize("face", [ORDINARY, FULL], ids=["ordinary", "full"])
def test_decodes_from_the_picture_and_from_black_and_white_paper(face: object) -> None:
    assert read(from_png(png(face))) == face.code  # type: ignore[attr-defined,arg-type]
    printed = from_pdf(pdf(face))  # type: ignore[arg-type]
    assert printed.mode == "1"
    assert read(printed) == face.code  # type: ignore[attr-defined]


@pytest.mark.parametrize("ground", ["yellow", "green", "blue"])
def test_decodes_on_every_ground(ground: str) -> None:
    assert read(from_png(png(replace(ORDINARY, ground=ground)))) == ORDINARY.code


@pytest.mark.parametrize("letters", [1, 100, 385, 600])
def test_decodes_at_every_length(letters: int) -> None:
    text = code_text(letters=letters)
    assert read(from_png(png(replace(ORDINARY, code=text)))) == text


@pytest.mark.parametrize("kind", ["png", "pdf"])
@pytest.mark.parametrize("ink", [0, 255], ids=["dark blot", "light blot"])
def test_decodes_with_a_blot_of_a_twentieth_of_its_area(kind: str, ink: int) -> None:
    picture = face_from(kind)
    box = symbol_box(picture)
    for seed in range(12):
        assert read(blotted(picture, box, seed, ink=ink)) == ORDINARY.code, seed


def test_a_blot_can_be_too_large() -> None:
    # Shows that the blots do damage: at a fifth of the area nothing is left to correct with.
    picture = face_from("png")
    box = symbol_box(picture)
    assert all(read(blotted(picture, box, seed, share=0.2)) is None for seed in range(5))


def test_printed_symbol_is_at_least_30_mm() -> None:
    left, top, right, bottom = symbol_box(face_from("pdf"))
    assert min(right - left, bottom - top) / 300 * 25.4 >= 30


@pytest.mark.parametrize(
    "way",
    [
        {"module": 2},
        {"turn": 45},
        {"turn": 180},
        {"tilt": 0.3},
        {"blur": 0.4},
        {"quality": 5},
        {"shade": 0.9},
        {"noise": 40},
        {"turn": 12, "tilt": 0.1, "blur": 0.3, "quality": 50, "shade": 0.5, "noise": 10},
        {"turn": 33, "tilt": 0.1, "blur": 0.2, "quality": 30, "shade": 0.8, "noise": 10},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_decodes_from_a_photograph(kind: str, way: dict[str, float]) -> None:
    assert read(photographed(face_from(kind), **way)) == ORDINARY.code  # type: ignore[arg-type]


def test_a_photograph_can_be_too_bad() -> None:
    assert read(photographed(face_from("png"), blur=1.2)) is None
