"""Layout of the mark: one upright card of 360 by 684 units, for a phone's screen and, scaled, for paper."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from jianbiao_render import code, fonts, looks, texts
from jianbiao_render.face import Face
from jianbiao_render.shapes import Circle, Code, Drawing, Line, Rect, Shape, Text

WIDTH: Final = 360.0
HEIGHT: Final = 684.0
MARGIN: Final = 22.0
CODE_SIZE: Final = 219.0
"""Side of the symbol with its quiet zone: 73 modules of 3 units at version 12."""
CODE_TOP: Final = 288.0
CHINA: Final = timezone(timedelta(hours=8))
INK: Final = "#16191d"
QUIET_INK: Final = "#4a5159"
WARNING: Final = "#b3261e"
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def mark(face: Face) -> Drawing:
    """The face as shapes. Raises ValueError for a code that is not QR alphanumeric, KeyError for an unknown ground."""
    ground = face.ground or looks.ground_name(face.valid_until.year)
    return Drawing(
        WIDTH,
        HEIGHT,
        _base(ground, face.watermark, replaces=face.replaces is not None),
        (*_plate(face), *_validity(face), *_code(face), *_details(face)),
        f"{texts.TITLE[0]} {texts.TITLE[1]}",
        description(face),
    )


def description(face: Face) -> str:
    """The face in words, for who does not see it."""
    day = face.valid_until
    parts = [
        f"{face.plate}，{face.plate_class.zh} {face.plate_class.en}",
        f"{texts.VALID_UNTIL[0]} {chinese_day(day)} {texts.VALID_UNTIL[1]} {english_day(day)}",
        f"{texts.ISSUER[0]} {face.issuer.zh} {texts.ISSUER[1]} {face.issuer.en}",
        f"{texts.NUMBER[0]} {texts.NUMBER[1]} {face.certificate_id}",
    ]
    if face.watermark:
        parts.append(face.watermark)
    return "。".join(parts)


def chinese_day(day: date) -> str:
    """2027年03月31日, as the register prints it."""
    return f"{day.year}年{day.month:02}月{day.day:02}日"


def english_day(day: date) -> str:
    """31 March 2027."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@lru_cache(maxsize=16)
def _base(ground_name: str, watermark: str | None, *, replaces: bool) -> tuple[Shape, ...]:
    """What all faces of one colour share: paper, ornament, band with the title, labels, legal effect, watermark."""
    ground = looks.ground(ground_name)
    band = 64.0
    shapes: list[Shape] = [
        Rect(0, 0, WIDTH, HEIGHT, fill=ground.tint),
        *_weave(238, ground.line),
    ]
    if watermark:
        shapes += _watermark(watermark)
    panel = CODE_SIZE + 10
    shapes += [
        Rect((WIDTH - panel) / 2, CODE_TOP - 5, panel, panel, fill="#ffffff", radius=7),
        Rect(0, 0, WIDTH, band, fill=ground.main),
        Text(WIDTH / 2, 33, texts.TITLE[0], 23, ground.on_main, bold=True, anchor="middle", tracking=0.03),
        Text(WIDTH / 2, 52, texts.TITLE[1], 11, ground.on_main, anchor="middle", tracking=0.01),
        Rect(0, HEIGHT - 6, WIDTH, 6, fill=ground.main),
        Rect(0, 0, 4, HEIGHT, fill=ground.main),
        Rect(WIDTH - 4, 0, 4, HEIGHT, fill=ground.main),
        Text(
            WIDTH / 2,
            212,
            f"{texts.VALID_UNTIL[0]}  {texts.VALID_UNTIL[1]}",
            13,
            ground.deep,
            anchor="middle",
        ),
    ]
    if watermark:
        bold = _bold_has(watermark)
        size = fonts.fit(watermark, 11.5, WIDTH - 2 * MARGIN, bold=bold)
        shapes += [
            Rect(0, band, WIDTH, 17, fill=WARNING),
            Text(WIDTH / 2, band + 12.6, watermark, size, "#ffffff", bold=bold, anchor="middle"),
        ]
    return tuple(shapes + _labels(replaces=replaces))


def _weave(middle: float, colour: str) -> list[Shape]:
    """The ornament behind the date: a band of fine waves that swells and narrows as they cross."""
    curves: list[Shape] = []
    waves, step = 12, 4
    for wave in range(waves):
        phase = 2 * math.pi * wave / waves
        points = tuple(
            (
                float(x),
                round(
                    middle
                    + (27 + 15 * math.cos(2 * math.pi * x / 180))
                    * math.sin(2 * math.pi * x / 120 + phase + 0.6 * math.sin(2 * math.pi * x / 360)),
                    1,
                ),
            )
            for x in range(0, int(WIDTH) + step, step)
        )
        curves.append(Line(points, colour, 0.5))
    return curves


def _bold_has(words: str) -> bool:
    """A deployment writes its watermark as it likes; the bold font knows few characters."""
    return not fonts.missing(words, bold=True)


def _watermark(words: str) -> list[Shape]:
    """The words over and over, in rows that rise by 24 degrees, each row shifted against the one below."""
    size, rise, bold = 27.0, math.radians(24), _bold_has(words)
    step, leading = fonts.width(words, size, bold=bold) + 46, 74.0
    shapes: list[Shape] = []
    for row in range(-2, 13):
        for column in range(-2, 3):
            along = (column + 0.5 * (row % 2)) * step
            x = along * math.cos(rise) + row * leading * math.sin(rise) - 40
            y = 90 + row * leading * math.cos(rise) - along * math.sin(rise)
            end = (x + step * math.cos(rise), y - step * math.sin(rise))
            if x < WIDTH and end[0] > 0 and y > 0 and end[1] < HEIGHT:
                shapes.append(Text(x, y, words, size, "#f6d3cf", bold=bold, turn=24))
    return shapes


def plate_parts(plate: str) -> tuple[str, str]:
    """A plate before and after the dot that stands on the metal: 黑A · 12345. No dot on 使 plates."""
    return ("", plate) if plate.startswith("使") or plate[1:2].isdigit() else (plate[:2], plate[2:])


def _plate(face: Face) -> list[Shape]:
    style = looks.plate(face.plate_class.code)
    height = 77.0
    width = height * (480 if style.wide else 440) / 140
    left, top = (WIDTH - width) / 2, 89.0
    inner = 3.2
    shapes: list[Shape] = [Rect(left - 0.8, top - 0.8, width + 1.6, height + 1.6, fill="#2a2d31", radius=8.8)]
    first = style.ground[0]
    if style.split:
        # Large NEV plates: yellow under province and authority letter, green under the rest.
        border = left + width * 0.315
        second = style.ground[-1]
        shapes += [
            Rect(left, top, width / 2, height, fill=first, radius=8),
            Rect(left + width / 2, top, width / 2, height, fill=second, radius=8),
            Rect(border, top, width - (border - left) - 12, height, fill=second),
        ]
    elif len(style.ground) == 2:
        shapes.append(Rect(left, top, width, height, fill=(first, style.ground[1]), radius=8))
    else:
        shapes.append(Rect(left, top, width, height, fill=first, radius=8))
    frame = Rect(
        left + inner, top + inner, width - 2 * inner, height - 2 * inner, radius=5.5,
        stroke=style.ink, stroke_width=1.3,
    )  # fmt: skip
    return [*shapes, frame, *_plate_text(face.plate, style, left, width, top + height / 2)]


def _plate_text(plate: str, style: looks.Plate, left: float, width: float, middle: float) -> list[Shape]:
    before, _after = plate_parts(plate)
    tracking, dot = 0.045, 0.34
    room = width - 28
    size = 54.0
    natural = fonts.width(plate, size, bold=True, tracking=tracking) + (dot * size if before else 0)
    size = min(size, size * room / natural)
    total = fonts.width(plate, size, bold=True, tracking=tracking) + (dot * size if before else 0)
    x = left + (width - total + tracking * size) / 2
    baseline = middle + 0.362 * size
    shapes: list[Shape] = []
    for position, char in enumerate(plate):
        if before and position == len(before):
            shapes.append(Circle(x + (dot - tracking) * size / 2, middle, 0.068 * size, style.ink))
            x += dot * size
        ink = style.mark if looks.is_mark(char) else style.ink
        shapes.append(Text(x, baseline, char, size, ink, bold=True))
        x += fonts.width(char, size, bold=True, tracking=tracking)
    return _joined(shapes, tracking)


def _joined(shapes: list[Shape], tracking: float) -> list[Shape]:
    """Neighbouring characters of one colour as one text, so that a plate can be copied from a PDF."""
    joined: list[Shape] = []
    for shape in shapes:
        last = joined[-1] if joined else None
        if isinstance(shape, Text) and isinstance(last, Text) and last.fill == shape.fill:
            joined[-1] = Text(
                last.x, last.y, last.text + shape.text, last.size, last.fill, bold=True, tracking=tracking
            )
        else:
            joined.append(shape)
    return joined


def _validity(face: Face) -> list[Shape]:
    centre = WIDTH / 2
    names = f"{face.plate_class.zh}  {face.plate_class.en}"
    day = chinese_day(face.valid_until)
    return [
        Text(centre, 187, names, fonts.fit(names, 13.5, WIDTH - 2 * MARGIN), INK, anchor="middle"),
        Text(centre, 251, day, 40, INK, bold=True, anchor="middle"),
        Text(centre, 272, english_day(face.valid_until), 15, INK, bold=True, anchor="middle"),
    ]


def _code(face: Face) -> list[Shape]:
    return [Code((WIDTH - CODE_SIZE) / 2, CODE_TOP, CODE_SIZE, code.matrix(face.code))]


_LABELS_AT: Final = 531.0
_VALUES_AT: Final = MARGIN + 106


def _rows(*, replaces: bool) -> list[tuple[tuple[str, str], float]]:
    """Labels of the details, and the baseline of each; the issuing authority takes two lines."""
    if replaces:
        below = ((texts.ISSUER, 0.0), (texts.NUMBER, 30.0), (texts.ISSUED_AT, 47.0), (texts.REPLACES, 64.0))
        return [(label, _LABELS_AT + space) for label, space in below]
    wider = ((texts.ISSUER, 2.0), (texts.NUMBER, 36.0), (texts.ISSUED_AT, 56.0))
    return [(label, _LABELS_AT + space) for label, space in wider]


def _labels(*, replaces: bool) -> list[Shape]:
    shapes: list[Shape] = []
    for (zh, en), y in _rows(replaces=replaces):
        shapes.append(Text(MARGIN, y, zh, 11, QUIET_INK))
        shapes.append(Text(MARGIN + 47, y, en, 8.2, QUIET_INK))
    rule = _LABELS_AT + (76 if replaces else 73)
    shapes.append(Line(((MARGIN, rule), (WIDTH - MARGIN, rule)), QUIET_INK, 0.5))
    y = rule + 17
    for text, size, leading in ((texts.EFFECT[0], 9.8, 13.6), (texts.EFFECT[1], 8.2, 10.8)):
        for line in fonts.wrap(text, size, WIDTH - 2 * MARGIN):
            shapes.append(Text(MARGIN, y, line, size, QUIET_INK))
            y += leading
    return shapes


def _details(face: Face) -> list[Shape]:
    moment = datetime.fromtimestamp(face.issued_at, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    values = [face.issuer.zh, face.certificate_id, f"{moment} (UTC+8)", face.replaces or ""]
    room = WIDTH - MARGIN - _VALUES_AT
    rows = _rows(replaces=face.replaces is not None)
    shapes: list[Shape] = [
        Text(_VALUES_AT, y, value, fonts.fit(value, 12, room), INK)
        for (_, y), value in zip(rows, values, strict=False)
    ]
    size = fonts.fit(face.issuer.en, 8.6, room)
    return [*shapes, Text(_VALUES_AT, rows[0][1] + 12.5, face.issuer.en, size, QUIET_INK)]
