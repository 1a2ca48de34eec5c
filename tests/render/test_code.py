"""QR symbols: what zxing-cpp reads is what was put in; version, mask and quiet zone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode.main import QRCode
from qrcode.util import lost_point

from jianbiao_render import code
from tests.render.samples import code_text
from tests.render.scanning import read

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def picture(modules: code.Matrix) -> Image.Image:
    side = len(modules) + 2 * code.QUIET
    image = Image.new("L", (side, side), 255)
    for y, row in enumerate(modules):
        for x, bit in enumerate(row):
            if bit:
                image.putpixel((x + code.QUIET, y + code.QUIET), 0)
    return image.resize((side * 4, side * 4), Image.Resampling.NEAREST)


@settings(max_examples=40, deadline=None)
@given(st.text(ALPHANUMERIC, min_size=1, max_size=500).filter(lambda text: text.strip() == text))
def test_reads_back(text: str) -> None:
    assert read(picture(code.matrix(text))) == text


def test_an_ordinary_certificate_stays_within_version_12() -> None:
    assert len(code_text()) == 400
    assert code.version(code.matrix(code_text())) <= 12


@pytest.mark.parametrize(("letters", "expected"), [(61 - 34, 3), (419 - 34, 12), (420 - 34, 13)])
def test_version_is_the_smallest_that_holds_the_text(letters: int, expected: int) -> None:
    # ISO/IEC 18004 table 7: alphanumeric characters at level M; 61 in version 3, 419 in version 12.
    assert code.version(code.matrix(code_text(letters=letters))) == expected


@pytest.mark.parametrize("text", ["", "lower", "中", "A_B", "A" * 4000])
def test_refuses_what_leaves_the_alphanumeric_mode(text: str) -> None:
    with pytest.raises(ValueError, match="code"):
        code.matrix(text)


@pytest.mark.parametrize("version", [1, 2, 6, 7, 12, 15])
@pytest.mark.parametrize("mask", range(8))
def test_penalty_is_that_of_the_standard(version: int, mask: int) -> None:
    symbol = QRCode(version=version, error_correction=0, mask_pattern=mask)
    symbol.add_data("JIANBIAO")
    symbol.make(fit=False)
    rows = code._rows(symbol.modules)
    turned = code._turned(rows, symbol.modules_count)
    assert code._penalty(rows, turned, symbol.modules_count) == lost_point(symbol.modules)


def test_chooses_the_best_of_the_eight_symbols_that_the_encoder_makes() -> None:
    for seed in range(4):
        text = code_text(seed)
        made = {}
        for mask in range(8):
            symbol = QRCode(error_correction=0, mask_pattern=mask)
            symbol.add_data(text, optimize=0)
            symbol.make(fit=True)
            made[tuple(tuple(int(bool(bit)) for bit in row) for row in symbol.modules)] = lost_point(
                symbol.modules
            )
        assert made[code.matrix(text)] == min(made.values())
