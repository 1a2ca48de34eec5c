"""Shapes to PNG with Pillow, at three pixels a unit: a module of the code is a whole number of pixels."""

from __future__ import annotations

import io
from functools import cache, lru_cache
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from jianbiao_render import fonts
from jianbiao_render.code import QUIET
from jianbiao_render.face import Face
from jianbiao_render.mark import mark
from jianbiao_render.shapes import Circle, Code, Drawing, Line, Rect, Shape, Text

SCALE: Final = 3
"""Pixels per unit: a mark is 1080 by 1920 pixels."""
_FINER: Final = 4
"""Edges of shapes are drawn this much larger and then reduced, which smooths them."""
_COMPRESSION: Final = 3
"""zlib level: 6 takes twice the time for a tenth less."""


def png(face: Face) -> bytes:
    """The face as PNG, RGB, 1080 by 1920 pixels, without metadata."""
    drawing = mark(face)
    image = _base(drawing.base, drawing.width, drawing.height).copy()
    for shape in drawing.top:
        _draw(image, shape)
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=_COMPRESSION)
    return stream.getvalue()


@lru_cache(maxsize=4)
def _base(shapes: tuple[Shape, ...], width: float, height: float) -> Image.Image:
    image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)), "#ffffff")
    for shape in shapes:
        _draw(image, shape)
    return image


def _draw(image: Image.Image, shape: Shape) -> None:
    if isinstance(shape, Text):
        _text(image, shape)
    elif isinstance(shape, Rect):
        _rect(image, shape)
    elif isinstance(shape, Circle):
        box = (shape.x - shape.r, shape.y - shape.r, 2 * shape.r, 2 * shape.r)
        _rect(image, Rect(*box, fill=shape.fill, radius=shape.r))
    elif isinstance(shape, Line):
        _line(image, shape)
    else:
        _code(image, shape)


@cache
def _font(pixels: float, bold: bool) -> ImageFont.FreeTypeFont:  # noqa: FBT001 - the key of the cache
    return ImageFont.truetype(
        str(fonts.path(bold=bold)), pixels, layout_engine=ImageFont.Layout.BASIC
    )


def _text(image: Image.Image, shape: Text) -> None:
    font = _font(shape.size * SCALE, shape.bold)
    total = fonts.width(shape.text, shape.size, bold=shape.bold, tracking=shape.tracking)
    total -= shape.tracking * shape.size
    if shape.turn:
        _turned(image, shape, font)
        return
    draw = ImageDraw.Draw(image)
    x = shape.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * total
    # Character by character: Pillow rounds widths, and the layout counts on those of the font.
    for char in shape.text:
        if char != " ":
            draw.text((x * SCALE, shape.y * SCALE), char, fill=shape.fill, font=font, anchor="ls")
        x += fonts.width(char, shape.size, bold=shape.bold, tracking=shape.tracking)


def _turned(image: Image.Image, shape: Text, font: ImageFont.FreeTypeFont) -> None:
    """Turned text: only the watermark has it, so it may take its time."""
    left, top, right, bottom = font.getbbox(shape.text, anchor="ls")
    reach = int(max(abs(left), abs(right), abs(top), abs(bottom))) + 2
    mask = Image.new("L", (2 * reach, 2 * reach))
    ImageDraw.Draw(mask).text((reach, reach), shape.text, fill=255, font=font, anchor="ls")
    mask = mask.rotate(shape.turn, Image.Resampling.BICUBIC)
    image.paste(shape.fill, (round(shape.x * SCALE) - reach, round(shape.y * SCALE) - reach), mask)


def _rect(image: Image.Image, shape: Rect) -> None:
    left, top = round(shape.x * SCALE), round(shape.y * SCALE)
    right, bottom = round((shape.x + shape.w) * SCALE), round((shape.y + shape.h) * SCALE)
    size = (right - left, bottom - top)
    radius = shape.radius * SCALE
    if shape.fill:
        paint: Any = shape.fill if isinstance(shape.fill, str) else _gradient(shape.fill, size)
        image.paste(paint, (left, top, right, bottom), _rounded(size, radius, 0) if radius else None)
    if shape.stroke:
        outline = shape.stroke_width * SCALE
        margin = round(outline / 2) + 1
        outer = (size[0] + 2 * margin, size[1] + 2 * margin)
        mask = _frame(outer, margin, radius, outline)
        image.paste(shape.stroke, (left - margin, top - margin), mask)


@lru_cache(maxsize=32)
def _rounded(size: tuple[int, int], radius: float, margin: int) -> Image.Image:
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    box = (margin * _FINER, margin * _FINER, (size[0] - margin) * _FINER - 1, (size[1] - margin) * _FINER - 1)
    ImageDraw.Draw(fine).rounded_rectangle(box, radius * _FINER, fill=255)
    return fine.resize(size, Image.Resampling.BOX)


@lru_cache(maxsize=32)
def _frame(size: tuple[int, int], margin: int, radius: float, width: float) -> Image.Image:
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    draw = ImageDraw.Draw(fine)
    for grow, ink in ((width / 2, 255), (-width / 2, 0)):
        edge = (margin - grow) * _FINER
        box = (edge, edge, size[0] * _FINER - 1 - edge, size[1] * _FINER - 1 - edge)
        draw.rounded_rectangle(box, (radius + grow) * _FINER, fill=ink)
    return fine.resize(size, Image.Resampling.BOX)


@lru_cache(maxsize=8)
def _gradient(colours: tuple[str, str], size: tuple[int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, colours[1]), Image.new("RGB", size, colours[0]), ramp)


def _line(image: Image.Image, shape: Line) -> None:
    points = [(x * SCALE, y * SCALE) for x, y in shape.points]
    left, top = int(min(x for x, _ in points)) - 4, int(min(y for _, y in points)) - 4
    right, bottom = int(max(x for x, _ in points)) + 5, int(max(y for _, y in points)) + 5
    size = (right - left, bottom - top)
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    moved = [((x - left) * _FINER, (y - top) * _FINER) for x, y in points]
    draw = ImageDraw.Draw(fine)
    if shape.fill:
        draw.polygon(moved, fill=255)
    else:
        closed = [*moved, moved[0]] if shape.closed else moved
        draw.line(closed, fill=255, width=max(1, round(shape.width * SCALE * _FINER)), joint="curve")
    image.paste(shape.fill or shape.stroke, (left, top), fine.resize(size, Image.Resampling.BOX))


def _code(image: Image.Image, shape: Code) -> None:
    """The symbol with modules of whole pixels, centred in its square; what remains is quiet zone."""
    side = len(shape.matrix) + 2 * QUIET
    pixels = round(shape.size * SCALE)
    left, top = round(shape.x * SCALE), round(shape.y * SCALE)
    image.paste("#ffffff", (left, top, left + pixels, top + pixels))
    module = pixels // side
    bits = bytearray(b"\xff" * (side * side))
    for y, row in enumerate(shape.matrix):
        start = (y + QUIET) * side + QUIET
        bits[start : start + len(row)] = bytes(0 if bit else 255 for bit in row)
    symbol = Image.frombytes("L", (side, side), bytes(bits))
    symbol = symbol.resize((side * module, side * module), Image.Resampling.NEAREST)
    rest = (pixels - side * module) // 2
    image.paste(symbol, (left + rest, top + rest))
