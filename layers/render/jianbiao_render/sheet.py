"""Layout of the printed page: A4 in millimetres, the mark to cut out, how to use it, the legal note."""

from __future__ import annotations

from typing import Final

from jianbiao_render import fonts, texts
from jianbiao_render.face import Face
from jianbiao_render.mark import HEIGHT, INK, QUIET_INK, WARNING, WIDTH, description
from jianbiao_render.shapes import Circle, Line, Rect, Shape, Text

PAGE: Final = (210.0, 297.0)
MARK_SCALE: Final = 0.265
"""Millimetres per unit of the mark: 95.4 by 181.3 mm, and a version 12 symbol is 51.7 mm without its quiet zone."""
MARK_AT: Final = (17.0, 38.0)
_COLUMN: Final = 123.0
_ROOM: Final = 70.0


def sheet(face: Face) -> tuple[Shape, ...]:
    """Everything on the page but the mark itself, which is drawn at MARK_AT, scaled by MARK_SCALE."""
    return (*_head(face), *_cut_line(), *_instructions(), *_foot())


def words(face: Face) -> str:
    """The page in words, for its metadata."""
    return description(face)


def _head(face: Face) -> list[Shape]:
    shapes: list[Shape] = [
        Text(17, 20, texts.TITLE[0], 6.6, INK, bold=True),
        Text(17, 26, f"{texts.TITLE[1]} · {texts.SHEET_TITLE[1]}", 3.2, QUIET_INK),
    ]
    if face.watermark:
        size = fonts.fit(face.watermark, 4.2, 90)
        shapes.append(Text(193, 20, face.watermark, size, WARNING, anchor="end"))
    return shapes


def _cut_line() -> list[Shape]:
    left, top = MARK_AT
    right, bottom = left + WIDTH * MARK_SCALE, top + HEIGHT * MARK_SCALE
    shapes: list[Shape] = [
        Rect(
            left - 1.5,
            top - 1.5,
            right - left + 3,
            bottom - top + 3,
            stroke="#000000",
            stroke_width=0.3,
            dash=1.6,
        ),
        Text(left + 8, top - 3.4, f"{texts.CUT[0]} {texts.CUT[1]}", 2.9, QUIET_INK),
    ]
    return shapes + _scissors(left, top - 4.3)


def _scissors(x: float, y: float) -> list[Shape]:
    """A pair of scissors 6 mm long, pointing right."""
    shapes: list[Shape] = []
    for sign in (-1, 1):
        shapes += [
            Line(((x + 1.6, y + sign * 0.8), (x + 6, y - sign * 1.0)), INK, 0.35),
            Circle(x + 1, y + sign * 1.0, 0.95, INK),
            Circle(x + 1, y + sign * 1.0, 0.6, "#ffffff"),
        ]
    return shapes


def _paragraph(
    text: str, y: float, size: float, leading: float, colour: str, x: float, room: float
) -> tuple[list[Shape], float]:
    shapes: list[Shape] = []
    for line in fonts.wrap(text, size, room):
        shapes.append(Text(x, y, line, size, colour))
        y += leading
    return shapes, y


def _instructions() -> list[Shape]:
    shapes: list[Shape] = []
    y = 42.0
    for (zh, en), items in ((texts.STEPS_TITLE, texts.STEPS), (texts.CHECK_TITLE, texts.CHECKS)):
        shapes.append(Text(_COLUMN, y, zh, 4.6, INK, bold=True))
        shapes.append(Text(_COLUMN + fonts.width(zh, 4.6, bold=True) + 2, y, en, 3.2, QUIET_INK))
        y += 7
        for number, item in enumerate(items, 1):
            shapes.append(Text(_COLUMN, y, str(number), 3.6, INK, bold=True))
            part, y = _paragraph(item[0], y, 3.4, 4.9, INK, _COLUMN + 5, _ROOM - 5)
            shapes += part
            part, y = _paragraph(item[1], y, 2.7, 3.8, QUIET_INK, _COLUMN + 5, _ROOM - 5)
            shapes += part
            y += 2.2
        y += 4
    return shapes + _ruler(_COLUMN, y + 2)


def _ruler(x: float, y: float) -> list[Shape]:
    shapes: list[Shape] = [Line(((x, y), (x + 50, y)), INK, 0.3)]
    for step in range(11):
        height = 3.0 if step % 5 == 0 else 1.6
        shapes.append(Line(((x + step * 5, y), (x + step * 5, y - height)), INK, 0.25))
    return [*shapes, Text(x + 52, y, texts.RULER, 3, INK)]


def _foot() -> list[Shape]:
    y = 233.0
    shapes: list[Shape] = [Line(((17, y), (193, y)), QUIET_INK, 0.2)]
    y += 7
    zh, en = texts.LEGAL_TITLE
    shapes.append(Text(17, y, zh, 4.2, INK, bold=True))
    shapes.append(Text(17 + fonts.width(zh, 4.2, bold=True) + 2, y, en, 3.0, QUIET_INK))
    part, y = _paragraph(texts.LEGAL[0], y + 6.5, 3.4, 5.1, INK, 17, 176)
    shapes += part
    part, y = _paragraph(texts.LEGAL[1], y + 0.3, 2.8, 4.1, QUIET_INK, 17, 176)
    return shapes + part
