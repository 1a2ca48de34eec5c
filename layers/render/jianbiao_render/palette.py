"""The palette of a PNG: every colour that is drawn, and the steps between colours that meet."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PIL import Image, ImageColor

from jianbiao_render.shapes import Circle, Colour, Drawing, Line, Rect, Text

_GRADIENT_STEPS: Final = 48
_CLEAR: Final = 7
"""Least distance, in the channel that differs most, between steps of the palette."""
_WHITE: Final = "#ffffff"
_BLACK: Final = "#000000"

Triple = tuple[int, int, int]


def meetings(drawing: Drawing) -> tuple[tuple[Colour, Colour], ...]:
    """Pairs of colours that touch: what is drawn, and what lies under it."""
    pairs: dict[tuple[Colour, Colour], None] = {(_WHITE, _BLACK): None}
    rects: list[Rect] = []
    for shape in drawing.shapes:
        if isinstance(shape, Text | Circle | Line):
            x, y = shape.points[0] if isinstance(shape, Line) else (shape.x, shape.y)
            ink = (shape.fill if not isinstance(shape, Line) else shape.fill or shape.stroke) or _BLACK
            pairs.update(dict.fromkeys((under, ink) for under in _under(rects, x, y)))
        elif isinstance(shape, Rect):
            for ink in (*_fills(shape), *([shape.stroke] if shape.stroke else [])):
                pairs.update(
                    dict.fromkeys((under, ink) for under in _under(rects, shape.x, shape.y + shape.h / 2))
                )
            if shape.fill:
                rects.append(shape)
    return tuple(pairs)


def gradients(drawing: Drawing) -> tuple[tuple[Colour, Colour], ...]:
    """The gradients of a drawing, as pairs of colours."""
    fills = (shape.fill for shape in drawing.shapes if isinstance(shape, Rect))
    return tuple(dict.fromkeys(fill for fill in fills if isinstance(fill, tuple)))


def _fills(shape: Rect) -> tuple[Colour, ...]:
    if shape.fill is None:
        return ()
    return (shape.fill,) if isinstance(shape.fill, str) else shape.fill


def _under(rects: list[Rect], x: float, y: float) -> tuple[Colour, ...]:
    """Colour, or both colours of a gradient, of the topmost rectangle at a point."""
    for rect in reversed(rects):
        if rect.x <= x <= rect.x + rect.w and rect.y <= y <= rect.y + rect.h:
            return _fills(rect)
    return (_WHITE,)


@lru_cache(maxsize=16)
def palette(pairs: tuple[tuple[Colour, Colour], ...], gradients: tuple[tuple[Colour, Colour], ...]) -> bytes:
    """At most 256 colours as RGB bytes: every colour that is drawn, then even steps within each pair.

    White and black are the first two. Pillow looks colours up in cells of 4 by 4 by 4, so steps keep clear of the
    colours that must come out exactly.
    """
    entries: list[Triple] = list(
        dict.fromkeys(_triple(colour) for pair in (*pairs, *gradients) for colour in pair)
    )
    for pair in gradients:
        entries += _steps(pair, _GRADIENT_STEPS)
    # The finest steps that fit.
    for count in range(24, 0, -1):
        steps: list[Triple] = []
        for pair in pairs:
            for step in _steps(pair, count):
                if all(_distance(step, other) >= _CLEAR for other in entries + steps):
                    steps.append(step)
        if len(entries) + len(steps) <= 256:
            entries += steps
            break
    return bytes(value for entry in entries[:256] for value in entry)


def _triple(colour: Colour) -> Triple:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def _steps(pair: tuple[Colour, Colour], count: int) -> list[Triple]:
    start, end = _triple(pair[0]), _triple(pair[1])
    shares = [step / (count + 1) for step in range(1, count + 1)]
    return [
        (
            round(start[0] + (end[0] - start[0]) * share),
            round(start[1] + (end[1] - start[1]) * share),
            round(start[2] + (end[2] - start[2]) * share),
        )
        for share in shares
    ]


def _distance(a: Triple, b: Triple) -> int:
    return max(abs(p - q) for p, q in zip(a, b, strict=True))


def indexed(picture: Image.Image, colours: bytes) -> Image.Image:
    """A picture with the nearest colours of a palette, without dither."""
    holder = Image.new("P", (1, 1))
    holder.putpalette(colours)
    return picture.quantize(palette=holder, dither=Image.Dither.NONE)
