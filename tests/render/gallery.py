"""Faces of every kind as pictures, for docs/images."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pypdfium2
from PIL import Image

from jianbiao.domain.policy import default_policy
from jianbiao_render.face import Face
from jianbiao_render.mark import HEIGHT
from jianbiao_render.pdf import pdf
from jianbiao_render.png import png
from tests.render.samples import FULL, ORDINARY
from tests.render.scanning import from_pdf

PLATES = {
    "02": "黑A12345",
    "52": "黑AD12345",
    "51": "黑A12345D",
    "01": "黑A23456",
    "15": "黑A1234挂",
    "07": "黑A34567",
    "08": "黑A45678",
    "13": "黑A56789",
    "16": "黑A1234学",
    "23": "黑A1234警",
    "26": "粤Z1234港",
    "27": "粤Z1234澳",
    "03": "使123456",
    "04": "黑12345领",
    "14": "黑A67890",
}
"""A plate of each look and ending, by plate class; 03, 04 and 14 are drawn, but by the packaged policy not issued."""
PLATE_ENDS = 197
"""Units from the top of the card: below the plate and its class."""


def shown(face: Face, share: float = 1 / 3) -> Image.Image:
    """The downloaded PNG, reduced; by ninths of it the modules of the code stay whole pixels."""
    picture = Image.open(io.BytesIO(png(face))).convert("RGB")
    return picture.resize(
        (round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS
    )


def grounds() -> Iterator[Image.Image]:
    """The colours of three years of expiry."""
    for year in (2027, 2028, 2029):
        yield shown(replace(ORDINARY, valid_until=date(year, 3, 31)))


def kinds() -> Iterator[Image.Image]:
    """A reissue; a deployment that is not production; a ground that only the policy knows."""
    plain = replace(FULL, watermark=None)
    return map(shown, (plain, FULL, replace(ORDINARY, ground="#7a3f98")))


def plates(columns: int = 5) -> Image.Image:
    """The upper part of a face for each kind of plate."""
    policy = default_policy()
    parts = []
    for code, plate in PLATES.items():
        face = replace(ORDINARY, plate=plate, plate_class=policy.coded("plate_classes", code))
        whole = shown(face)
        parts.append(whole.crop((0, 0, whole.width, round(whole.height * PLATE_ENDS / HEIGHT))))
    width, height = parts[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(parts) // columns) * height), "white")
    for place, part in enumerate(parts):
        sheet.paste(part, (place % columns * width, place // columns * height))
    return sheet


def page(face: Face = ORDINARY) -> Image.Image:
    """The page to print, in colour."""
    document = pypdfium2.PdfDocument(pdf(face))
    try:
        return document[0].render(scale=1.35).to_pil().convert("RGB")
    finally:
        document.close()


def page_without_greys(face: Face = ORDINARY) -> Image.Image:
    """The page as a printer with black ink alone prints it at 300 dpi, reduced."""
    printed = from_pdf(pdf(face)).convert("L")
    return printed.resize((printed.width // 3, printed.height // 3), Image.Resampling.BOX).convert("RGB")
