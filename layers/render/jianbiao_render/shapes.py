"""The drawing model: a face is a list of shapes, and SVG, PNG and PDF draw the same list.

Lengths are in the drawing's own unit, y grows downwards, colours are "#rrggbb". There is no transparency:
what lies behind is drawn first.
"""

from __future__ import annotations

from dataclasses import dataclass

Colour = str


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with its upper left corner at (x, y); two fill colours run from top to bottom."""

    x: float
    y: float
    w: float
    h: float
    fill: Colour | tuple[Colour, Colour] | None = None
    radius: float = 0
    stroke: Colour | None = None
    stroke_width: float = 0
    dash: float = 0


@dataclass(frozen=True, slots=True)
class Circle:
    """A filled circle."""

    x: float
    y: float
    r: float
    fill: Colour


@dataclass(frozen=True, slots=True)
class Line:
    """A line through `points`, closed if `closed`; filled instead of drawn where `fill` is given."""

    points: tuple[tuple[float, float], ...]
    stroke: Colour | None
    width: float
    closed: bool = False
    dash: float = 0
    fill: Colour | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text on the baseline y. `anchor`: x is its start, middle or end. `turn` in degrees, anticlockwise."""

    x: float
    y: float
    text: str
    size: float
    fill: Colour
    bold: bool = False
    anchor: str = "start"
    tracking: float = 0
    """Extra space after each character, in em."""
    turn: float = 0


@dataclass(frozen=True, slots=True)
class Code:
    """A QR symbol with its quiet zone, black on white, in a square of `size` at (x, y). Matrix: rows of 0 and 1."""

    x: float
    y: float
    size: float
    matrix: tuple[tuple[int, ...], ...]


Shape = Rect | Circle | Line | Text | Code


@dataclass(frozen=True, slots=True)
class Drawing:
    """`base` depends on little and can be kept between faces; `top` is drawn over it.

    `label` and `description` are the words for who does not see the drawing.
    """

    width: float
    height: float
    base: tuple[Shape, ...]
    top: tuple[Shape, ...]
    label: str
    description: str

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """All shapes in drawing order."""
        return self.base + self.top
