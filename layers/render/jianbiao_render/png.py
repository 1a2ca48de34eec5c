"""Shapes to PNG with Pillow, at three pixels a unit: a module of the code is a whole number of pixels.

The picture has a palette, which halves its size and the time to compress it. The palette holds the colours of the
drawing and the steps between those that meet, so it depends on the face alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from jianbiao_render import fonts
from jianbiao_render.code import QUIET
from jianbiao_render.face import Face
from jianbiao_render.mark import mark
from jianbiao_render.palette import gradients, indexed, meetings, palette
from jianbiao_render.shapes import Circle, Code, Drawing, Line, Rect, Shape, Text

SCALE: Final = 3
"""Pixels per unit: a mark is 1080 by 2052 pixels."""
_FINER: Final = 4
"""Edges of shapes are drawn this much larger and then reduced, which smooths them."""
_COMPRESSION: Final = 2
"""zlib level: 6 takes more than twice the time for a tenth less."""
_NEAR: Final = 120
"""Bands of rows closer than this are looked up as one: each look-up of colours starts from nothing."""
_PART: Final = 4
"""Glyphs are placed to a quarter of a pixel."""
_BLACK: Final = "#000000"
_WHITE: Final = "#ffffff"

Size = tuple[int, int]


def png(face: Face) -> bytes:
    """The face as PNG, 1080 by 2052 pixels with a palette, without metadata."""
    return draw(mark(face))


def draw(drawing: Drawing) -> bytes:
    """A drawing as PNG."""
    colours = palette(meetings(drawing), gradients(drawing))
    base = (drawing.base, drawing.width, drawing.height)
    picture, kept = _base(*base).copy(), _kept(*base, colours).copy()
    for shape in drawing.top:
        if not isinstance(shape, Code):
            _draw(picture, shape)
    # Only what was drawn just now needs its palette entries looked up.
    for top, bottom in _bands([shape for shape in drawing.top if not isinstance(shape, Code)]):
        box = (0, max(0, top), picture.width, min(picture.height, bottom))
        kept.paste(indexed(picture.crop(box), colours), box)
    for shape in drawing.top:
        if isinstance(shape, Code):
            _code(kept, shape, white=0, black=1)
    stream = io.BytesIO()
    kept.save(stream, "PNG", compress_level=_COMPRESSION)
    return stream.getvalue()


def _place(x: float, y: float) -> tuple[int, int]:
    return round(x * SCALE), round(y * SCALE)


@lru_cache(maxsize=6)
def _base(shapes: tuple[Shape, ...], width: float, height: float) -> Image.Image:
    """What many faces share, in full colour to draw on. About 7 MB each."""
    picture = Image.new("RGB", _place(width, height), _WHITE)
    for _, group in groupby(shapes, lambda shape: isinstance(shape, Line) and shape.stroke):
        together = list(group)
        if isinstance(together[0], Line):
            _lines(picture, [shape for shape in together if isinstance(shape, Line)])
        else:
            for shape in together:
                _draw(picture, shape)
    return picture


@lru_cache(maxsize=16)
def _kept(shapes: tuple[Shape, ...], width: float, height: float, colours: bytes) -> Image.Image:
    """The same with palette entries instead of colours; the plate's colours are in the palette too. About 2 MB each."""
    return indexed(_base(shapes, width, height), colours)


def _bands(shapes: Iterable[Shape]) -> list[tuple[int, int]]:
    """Ranges of rows, in pixels, that shapes cover, neighbours joined."""
    rows: list[tuple[float, float]] = []
    for shape in shapes:
        if isinstance(shape, Text):
            rows.append((shape.y - 1.1 * shape.size, shape.y + 0.4 * shape.size))
        elif isinstance(shape, Rect):
            edge = shape.stroke_width + 1
            rows.append((shape.y - edge, shape.y + shape.h + edge))
        elif isinstance(shape, Circle):
            rows.append((shape.y - shape.r - 1, shape.y + shape.r + 1))
        elif isinstance(shape, Line):
            ys = [y for _, y in shape.points]
            rows.append((min(ys) - shape.width - 1, max(ys) + shape.width + 1))
    bands: list[tuple[int, int]] = []
    for top, bottom in sorted((int(a * SCALE), int(b * SCALE) + 1) for a, b in rows):
        if bands and top <= bands[-1][1] + _NEAR:
            bands[-1] = (bands[-1][0], max(bottom, bands[-1][1]))
        else:
            bands.append((top, bottom))
    return bands


def _draw(image: Image.Image, shape: Shape) -> None:
    if isinstance(shape, Text):
        _text(image, shape)
    elif isinstance(shape, Rect):
        _rect(image, shape)
    elif isinstance(shape, Circle):
        box = (shape.x - shape.r, shape.y - shape.r, 2 * shape.r, 2 * shape.r)
        _rect(image, Rect(*box, fill=shape.fill, radius=shape.r))
    elif isinstance(shape, Line):
        _lines(image, [shape])
    else:
        _code(image, shape)


@lru_cache(maxsize=64)
def _font(pixels: float, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.path(bold=bold)), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1024)
def _glyph(char: str, pixels: float, bold: bool, part: int) -> tuple[Image.Image, int, int] | None:
    """A character's coverage and where its corner lies from the pen; `part` quarters of a pixel to the right."""
    font = _font(pixels, bold)
    left, top, right, bottom = font.getbbox(char, anchor="ls")
    if right <= left or bottom <= top:
        return None
    left, top = int(left) - 1, int(top) - 1
    mask = Image.new("L", (int(right) - left + 2, int(bottom) - top + 2))
    ImageDraw.Draw(mask).text((part / _PART - left, -top), char, fill=255, font=font, anchor="ls")
    return mask, left, top


def _text(image: Image.Image, shape: Text) -> None:
    if shape.turn:
        _turned(image, shape)
        return
    total = fonts.width(shape.text, shape.size, bold=shape.bold, tracking=shape.tracking)
    total -= shape.tracking * shape.size
    x = (shape.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * total) * SCALE
    y = round(shape.y * SCALE)
    # Character by character: Pillow rounds widths, and the layout counts on those of the font.
    for char in shape.text:
        pen, part = divmod(round(x * _PART), _PART)
        glyph = _glyph(char, shape.size * SCALE, shape.bold, part)
        if glyph:
            mask, left, top = glyph
            image.paste(shape.fill, (pen + left, y + top), mask)
        x += fonts.width(char, shape.size, bold=shape.bold, tracking=shape.tracking) * SCALE


def _turned(image: Image.Image, shape: Text) -> None:
    mask, reach = _turned_mask(shape.text, shape.size * SCALE, shape.bold, shape.turn)
    x, y = _place(shape.x, shape.y)
    image.paste(shape.fill, (x - reach, y - reach), mask)


@lru_cache(maxsize=2)
def _turned_mask(text: str, pixels: float, bold: bool, turn: float) -> tuple[Image.Image, int]:
    """Coverage of a turned text around the start of its baseline. Kept: a watermark repeats its words."""
    font = _font(pixels, bold)
    reach = int(max(abs(edge) for edge in font.getbbox(text, anchor="ls"))) + 2
    mask = Image.new("L", (2 * reach, 2 * reach))
    ImageDraw.Draw(mask).text((reach, reach), text, fill=255, font=font, anchor="ls")
    return mask.rotate(turn, Image.Resampling.BICUBIC), reach


def _rect(image: Image.Image, shape: Rect) -> None:
    left, top = _place(shape.x, shape.y)
    right, bottom = _place(shape.x + shape.w, shape.y + shape.h)
    size = (right - left, bottom - top)
    radius = shape.radius * SCALE
    if shape.fill:
        paint: Any = shape.fill if isinstance(shape.fill, str) else _gradient(shape.fill, size)
        image.paste(paint, (left, top, right, bottom), _rounded(size, radius) if radius else None)
    if shape.stroke:
        mask, margin = _frame(size, radius, shape.stroke_width * SCALE)
        image.paste(shape.stroke, (left - margin, top - margin), mask)


@lru_cache(maxsize=32)
def _rounded(size: Size, radius: float) -> Image.Image:
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    box = (0, 0, size[0] * _FINER - 1, size[1] * _FINER - 1)
    ImageDraw.Draw(fine).rounded_rectangle(box, radius * _FINER, fill=255)
    return fine.resize(size, Image.Resampling.BOX)


@lru_cache(maxsize=32)
def _frame(size: Size, radius: float, width: float) -> tuple[Image.Image, int]:
    """Coverage of an outline of `width` pixels on the edge of a rectangle, and how far it reaches beyond."""
    margin = round(width / 2) + 1
    outer = (size[0] + 2 * margin, size[1] + 2 * margin)
    fine = Image.new("L", (outer[0] * _FINER, outer[1] * _FINER))
    pen = ImageDraw.Draw(fine)
    for grow, ink in ((width / 2, 255), (-width / 2, 0)):
        edge = (margin - grow) * _FINER
        box = (edge, edge, outer[0] * _FINER - 1 - edge, outer[1] * _FINER - 1 - edge)
        pen.rounded_rectangle(box, (radius + grow) * _FINER, fill=ink)
    return fine.resize(outer, Image.Resampling.BOX), margin


@lru_cache(maxsize=8)
def _gradient(colours: tuple[str, str], size: Size) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, colours[1]), Image.new("RGB", size, colours[0]), ramp)


def _lines(image: Image.Image, shapes: Sequence[Line]) -> None:
    """Lines of one colour, drawn at once: the fine picture they are reduced from costs more than they do."""
    points = [(x * SCALE, y * SCALE) for shape in shapes for x, y in shape.points]
    left, top = int(min(x for x, _ in points)) - 4, int(min(y for _, y in points)) - 4
    right, bottom = int(max(x for x, _ in points)) + 5, int(max(y for _, y in points)) + 5
    size = (right - left, bottom - top)
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    pen = ImageDraw.Draw(fine)
    for shape in shapes:
        moved = [((x * SCALE - left) * _FINER, (y * SCALE - top) * _FINER) for x, y in shape.points]
        if shape.fill:
            pen.polygon(moved, fill=255)
        else:
            closed = [*moved, moved[0]] if shape.closed else moved
            pen.line(closed, fill=255, width=max(1, round(shape.width * SCALE * _FINER)), joint="curve")
    colour = shapes[0].fill or shapes[0].stroke or _BLACK
    image.paste(colour, (left, top), fine.resize(size, Image.Resampling.BOX))


def _code(image: Image.Image, shape: Code, *, white: int | str = _WHITE, black: int | str = _BLACK) -> None:
    """The symbol with modules of whole pixels, centred in its square; what remains is quiet zone."""
    side = len(shape.matrix) + 2 * QUIET
    pixels = round(shape.size * SCALE)
    left, top = _place(shape.x, shape.y)
    module = pixels // side
    bits = bytearray(side * side)
    for y, row in enumerate(shape.matrix):
        start = (y + QUIET) * side + QUIET
        bits[start : start + len(row)] = bytes(255 * bit for bit in row)
    symbol = Image.frombytes("L", (side, side), bytes(bits))
    symbol = symbol.resize((side * module, side * module), Image.Resampling.NEAREST)
    rest = (pixels - side * module) // 2
    image.paste(white, (left, top, left + pixels, top + pixels))
    image.paste(black, (left + rest, top + rest), symbol)
