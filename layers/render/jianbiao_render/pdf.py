"""The printed page as PDF 1.4 with reportlab: real text in embedded subsets, no time stamps, no random ids."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any, Final

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from jianbiao_render import fonts, sheet, texts
from jianbiao_render.code import QUIET
from jianbiao_render.face import Face
from jianbiao_render.mark import CHINA, mark
from jianbiao_render.shapes import Circle, Code, Line, Rect, Shape, Text
from jianbiao_render.svg import black_runs

_NAMES: Final = {False: "JianbiaoSans-Medium", True: "JianbiaoSans-Bold"}

# Streams as plain bytes: the ASCII armour costs 10 ms and a quarter of the size, and no channel of ours needs it.
rl_config.useA85 = 0


def pdf(face: Face) -> bytes:
    """One A4 page with the mark to cut out. The same face gives the same bytes."""
    _register()
    stream = io.BytesIO()
    # `invariant` makes ids constant; the document's date is the certificate's own time of issue.
    page = Canvas(
        stream,
        pagesize=(sheet.PAGE[0] * mm, sheet.PAGE[1] * mm),
        invariant=1,
        initialFontName=_NAMES[False],
        lang="zh-CN",
    )
    moment = datetime.fromtimestamp(face.issued_at, CHINA).strftime("D:%Y%m%d%H%M%S+08'00'")
    page.setDateFormatter(lambda *_: moment)
    page.setTitle(f"{texts.TITLE[0]} {face.plate}")
    page.setSubject(sheet.words(face))
    page.setAuthor(face.issuer.zh)
    page.setCreator("Jianbiao")
    page.setProducer("Jianbiao")
    page.setViewerPreference("DisplayDocTitle", "true")
    page.setViewerPreference("PrintScaling", "None")
    # Millimetres from the upper left corner, y downwards, as in the layout.
    page.translate(0, sheet.PAGE[1] * mm)
    page.scale(mm, -mm)
    for shape in sheet.sheet(face):
        _draw(page, shape)
    page.saveState()
    page.translate(*sheet.MARK_AT)
    page.scale(sheet.MARK_SCALE, sheet.MARK_SCALE)
    drawing = mark(face)
    clip = page.beginPath()
    clip.rect(0, 0, drawing.width, drawing.height)
    page.clipPath(clip, stroke=0, fill=0)
    for shape in drawing.shapes:
        _draw(page, shape)
    page.restoreState()
    page.showPage()
    page.save()
    return stream.getvalue()


def _register() -> None:
    known = pdfmetrics.getRegisteredFontNames()
    for bold, name in _NAMES.items():
        if name not in known:
            pdfmetrics.registerFont(TTFont(name, str(fonts.path(bold=bold))))


def _draw(page: Any, shape: Shape) -> None:
    if isinstance(shape, Text):
        _text(page, shape)
    elif isinstance(shape, Rect):
        _rect(page, shape)
    elif isinstance(shape, Circle):
        page.setFillColor(HexColor(shape.fill))
        page.circle(shape.x, shape.y, shape.r, stroke=0, fill=1)
    elif isinstance(shape, Line):
        _line(page, shape)
    else:
        _code(page, shape)


def _text(page: Any, shape: Text) -> None:
    name = _NAMES[shape.bold]
    total = fonts.width(shape.text, shape.size, bold=shape.bold, tracking=shape.tracking)
    total -= shape.tracking * shape.size
    page.saveState()
    page.translate(shape.x, shape.y)
    # Upright again: the page's y axis points down.
    page.scale(1, -1)
    if shape.turn:
        page.rotate(shape.turn)
    page.setFillColor(HexColor(shape.fill))
    start = -{"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * total
    text = page.beginText(start, 0)
    text.setFont(name, shape.size)
    if shape.tracking:
        text.setCharSpace(shape.tracking * shape.size)
    text.textOut(shape.text)
    page.drawText(text)
    page.restoreState()


def _rect(page: Any, shape: Rect) -> None:
    page.saveState()
    if shape.fill and not isinstance(shape.fill, str):
        path = page.beginPath()
        path.roundRect(shape.x, shape.y, shape.w, shape.h, shape.radius)
        page.clipPath(path, stroke=0, fill=0)
        colours = [HexColor(colour) for colour in shape.fill]
        page.linearGradient(shape.x, shape.y, shape.x, shape.y + shape.h, colours, extend=False)
        page.restoreState()
        page.saveState()
    elif shape.fill:
        page.setFillColor(HexColor(shape.fill))
        page.roundRect(shape.x, shape.y, shape.w, shape.h, shape.radius, stroke=0, fill=1)
    if shape.stroke:
        page.setStrokeColor(HexColor(shape.stroke))
        page.setLineWidth(shape.stroke_width)
        if shape.dash:
            page.setDash(shape.dash, shape.dash)
        page.roundRect(shape.x, shape.y, shape.w, shape.h, shape.radius, stroke=1, fill=0)
    page.restoreState()


def _line(page: Any, shape: Line) -> None:
    if shape.fill:
        page.setFillColor(HexColor(shape.fill))
    if shape.stroke:
        page.setStrokeColor(HexColor(shape.stroke))
        page.setLineWidth(shape.width)
    (x, y), *rest = shape.points
    steps = "".join(f"{a:.2f} {b:.2f} l " for a, b in rest)
    paint = {(True, True): "B", (True, False): "f", (False, True): "S"}[bool(shape.fill), bool(shape.stroke)]
    # Literal operators: reportlab's own path writer is the slowest part of a page.
    page.addLiteral(f"{x:.2f} {y:.2f} m {steps}{'h ' if shape.closed else ''}{paint}")


def _code(page: Any, shape: Code) -> None:
    side = len(shape.matrix) + 2 * QUIET
    module = shape.size / side
    page.setFillColorRGB(1, 1, 1)
    page.rect(shape.x, shape.y, shape.size, shape.size, stroke=0, fill=1)
    page.saveState()
    page.translate(shape.x, shape.y)
    page.scale(module, module)
    page.setFillColorRGB(0, 0, 0)
    runs = [
        f"{start + QUIET} {y + QUIET} {length} 1 re"
        for y, row in enumerate(shape.matrix)
        for start, length in black_runs(row)
    ]
    # One path, one fill: neighbouring runs leave no hairline between them.
    page.addLiteral(" ".join(runs) + " f")
    page.restoreState()
