"""Faces: same bytes each time, everything that belongs on them, nothing that does not, in every format."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
from PIL import Image

from jianbiao_render import looks, mark
from jianbiao_render.certificates import DESIGN
from jianbiao_render.face import Face
from jianbiao_render.pdf import pdf
from jianbiao_render.png import png
from jianbiao_render.shapes import Circle, Code, Rect, Text
from jianbiao_render.svg import svg
from tests.render.samples import FULL, HARBIN, ORDINARY, Name

FORMATS = [svg, png, pdf]
AGAIN = """
import hashlib, sys
from tests.render.samples import ORDINARY
from jianbiao_render.{name} import {name}
made = {name}(ORDINARY)
sys.stdout.write(hashlib.sha256(made.encode() if isinstance(made, str) else made).hexdigest())
"""


def printed(face: Face) -> str:
    """All text of the PDF, without blanks."""
    document = pypdfium2.PdfDocument(pdf(face))
    page = document[0]
    text = page.get_textpage()
    words = text.get_text_range()
    for each in (text, page, document):
        each.close()
    return re.sub(r"\s", "", words)


@pytest.mark.parametrize("make", FORMATS)
def test_same_face_same_bytes(make: object) -> None:
    first = make(ORDINARY)  # type: ignore[operator]
    make(FULL)  # type: ignore[operator]
    assert make(ORDINARY) == first  # type: ignore[operator]
    assert make(replace(ORDINARY, plate="黑A12346")) != first  # type: ignore[operator]


@pytest.mark.parametrize("name", ["svg", "png", "pdf"])
def test_same_bytes_in_another_process(name: str, pytestconfig: pytest.Config) -> None:
    paths = ["layers/core", "layers/render", "."]
    setup = f"import sys; sys.path[:0] = {[str(pytestconfig.rootpath / path) for path in paths]!r}\n"
    made = {
        subprocess.run(
            [sys.executable, "-c", setup + AGAIN.format(name=name)],
            check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(made) == 1
    assert len(made.pop()) == 64


@pytest.mark.parametrize("face", [ORDINARY, FULL], ids=["ordinary", "full"])
def test_everything_is_on_the_face(face: Face) -> None:
    words = printed(face)
    shown = [
        "机动车检验标志电子凭证", face.plate_class.zh, face.plate_class.en, mark.chinese_day(face.valid_until),
        mark.english_day(face.valid_until), face.issuer.zh, face.issuer.en, face.certificate_id, "2026-11-30",
        "同等法律效力", "Samelegaleffect", face.plate[:2], face.plate[2:], "第九十六条", face.replaces or "",
        face.watermark or "",
    ]  # fmt: skip
    for part in shown:
        assert re.sub(r"\s", "", part) in words, part
    texts = "".join(shape.text for shape in mark.mark(face).shapes if isinstance(shape, Text))
    for part in [*shown[:11], face.replaces or ""]:
        assert re.sub(r"\s", "", part) in re.sub(r"\s", "", texts), part


def test_a_face_has_no_place_for_what_must_not_be_on_it() -> None:
    assert {field.name for field in fields(Face)} == {
        "plate", "plate_class", "valid_until", "issuer", "certificate_id", "issued_at", "code", "replaces",
        "watermark", "ground",
    }  # fmt: skip


def test_the_code_is_black_on_white_with_four_modules_of_quiet_zone() -> None:
    for ground in looks.ground_names():
        picture = Image.open(io.BytesIO(png(replace(FULL, ground=ground)))).convert("RGB")
        (code,) = (shape for shape in mark.mark(FULL).shapes if isinstance(shape, Code))
        left, top, side = round(3 * code.x), round(3 * code.y), round(3 * code.size)
        square = picture.crop((left, top, left + side, top + side))
        assert {colour for _, colour in square.getcolors() or []} == {(0, 0, 0), (255, 255, 255)}
        modules = len(code.matrix)
        module = square.width // (modules + 8)
        ink = square.convert("L").point(lambda value: 255 - value).getbbox()
        assert ink is not None
        assert ink[2] - ink[0] == modules * module
        assert min(ink[0], ink[1], square.width - ink[2], square.height - ink[3]) >= 4 * module


def test_nothing_is_drawn_over_the_code() -> None:
    drawing = mark.mark(FULL)
    (code,) = (shape for shape in drawing.shapes if isinstance(shape, Code))
    after = drawing.shapes[drawing.shapes.index(code) + 1 :]
    for shape in after:
        assert not isinstance(shape, Rect | Circle)
        assert isinstance(shape, Text)
        assert shape.y - shape.size > code.y + code.size


@pytest.mark.parametrize("face", [ORDINARY, FULL], ids=["ordinary", "full"])
def test_nothing_runs_off_the_card(face: Face) -> None:
    from jianbiao_render import fonts

    longest = replace(
        face,
        plate="粤Z1234港",
        plate_class=Name("26", "香港入出境车辆号牌", "vehicle entering from Hong Kong, cross-border plate"),
        issuer=Name("1", HARBIN.zh * 2, HARBIN.en * 3),
        certificate_id="W" * 26,
    )
    for shape in mark.mark(longest).top:
        if isinstance(shape, Text):
            wide = fonts.width(shape.text, shape.size, bold=shape.bold, tracking=shape.tracking)
            left = shape.x - {"start": 0, "middle": wide / 2, "end": wide}[shape.anchor]
            assert left >= 10, shape
            assert left + wide <= mark.WIDTH - 10, shape


def test_ground_colour_goes_by_the_year_of_expiry_or_by_what_is_asked() -> None:
    def band(face: Face) -> tuple[int, ...]:
        pixel = Image.open(io.BytesIO(png(face))).convert("RGB").getpixel((9, 9))
        assert isinstance(pixel, tuple)
        return pixel

    bands = [band(replace(ORDINARY, valid_until=date(year, 3, 31))) for year in (2027, 2028, 2029, 2030)]
    assert bands[0] == bands[3] == (0xF6, 0xC6, 0x19)
    assert len(set(bands)) == 3
    assert band(replace(ORDINARY, ground="green")) == bands[1]
    assert band(replace(ORDINARY, ground="#8040a0")) == (0x80, 0x40, 0xA0)
    with pytest.raises(KeyError):
        png(replace(ORDINARY, ground="purple"))


def test_watermark_shows_only_where_asked_and_in_any_words() -> None:
    assert "DEMO" not in printed(ORDINARY)
    assert printed(FULL).count("DEMO") >= 3
    assert "预生产" in printed(replace(ORDINARY, watermark="预生产 STAGING"))


@pytest.mark.parametrize(
    "plate", ["黑A1234挂", "黑A1234学", "黑A1234警", "使123456", "黑12345领", "粤Z1234澳"]
)
def test_plates_of_every_shape(plate: str) -> None:
    before, after = mark.plate_parts(plate)
    assert before + after == plate
    texts = [shape.text for shape in mark.mark(replace(ORDINARY, plate=plate)).top if isinstance(shape, Text)]
    assert "".join(texts).startswith(plate)


@pytest.mark.parametrize(
    ("plate", "plate_class", "red"),
    [
        ("使123456", "03", "使"),
        ("黑12345领", "04", "领"),
        ("黑A1234警", "23", "警"),
        ("粤Z1234港", "26", ""),
        ("粤Z1234澳", "27", ""),
        ("黑A1234学", "16", ""),
        ("黑A1234挂", "15", ""),
    ],
)
def test_the_red_character_of_a_plate(plate: str, plate_class: str, red: str) -> None:
    """GA 36-2018: 使, 领 and 警 are red; 港 and 澳 are white as the rest."""
    face = replace(ORDINARY, plate=plate, plate_class=Name(plate_class, "类", "class"))
    shapes = [shape for shape in mark.mark(face).top if isinstance(shape, Text) and shape.text in plate]
    assert "".join(shape.text for shape in shapes) == plate
    ink = looks.plate(plate_class).ink
    assert "".join(shape.text for shape in shapes if shape.fill != ink) == red


def test_svg_is_self_contained_and_tells_what_it_shows() -> None:
    text = svg(FULL)
    root = ET.fromstring(text)  # noqa: S314 - our own
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {
        "svg", "title", "desc", "defs", "linearGradient", "stop", "path", "g", "use", "rect", "circle"
    }  # fmt: skip
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on") or name == "style" or "}" in name}
    links = {element.attrib["href"] for element in root.iter() if "href" in element.attrib}
    ids = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    assert links
    assert links <= {f"#{name}" for name in ids}
    assert root.attrib["role"] == "img"
    assert FULL.plate in (root.findtext("{http://www.w3.org/2000/svg}desc") or "")


def test_svg_escapes_names() -> None:
    text = svg(replace(ORDINARY, issuer=Name("1", "<script>", '"&')))
    assert "<script" not in text
    ET.fromstring(text)  # noqa: S314 - our own


def test_pdf_is_small_embeds_its_fonts_and_carries_its_own_date() -> None:
    data = pdf(FULL)
    assert len(data) <= 120_000
    assert data.count(b"/FontFile2") >= 2
    assert b"/Helvetica" not in data
    assert b"D:20261130085320+08'00'" in data
    assert b"(zh-CN)" in data
    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1
    size = document[0].get_size()
    document.close()
    assert size == pytest.approx((595.28, 841.89), abs=0.05)


def test_png_carries_no_metadata() -> None:
    picture = Image.open(io.BytesIO(png(ORDINARY)))
    assert picture.size == (1080, 2052)
    assert picture.info == {}


DESIGNS = {
    "1": "9a33d66823f5e9614f64cbe25382c12abb9ed1001f7fcd2c30294187c1f55f49",
    "2": "7167f0e263bbd35d75683bb4137f56e228e0914f0dbf8302a62b1c9018621080",
}
"""Digest of the SVG of two faces, for each version of the design."""


def test_a_changed_design_has_a_new_version() -> None:
    # Files are kept by design version: without a new one, faces of the old design would go on being served.
    digest = hashlib.sha256((svg(ORDINARY) + svg(FULL)).encode()).hexdigest()
    assert DESIGNS[DESIGN] == digest, "raise certificates.DESIGN and record its digest here"
