"""Shapes to SVG: text as outlines, so that it looks the same everywhere and needs no font beside it."""

from __future__ import annotations

from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from jianbiao_render import fonts
from jianbiao_render.code import QUIET
from jianbiao_render.face import Face
from jianbiao_render.mark import mark
from jianbiao_render.shapes import Circle, Code, Drawing, Line, Rect, Shape, Text


def svg(face: Face) -> str:
    """The face as one SVG document, without scripts, styles, references or an XML declaration: fits into HTML."""
    return draw(mark(face))


def draw(drawing: Drawing) -> str:
    """A drawing as SVG text."""
    sheet = _Sheet()
    body = "".join(sheet.shape(shape) for shape in drawing.shapes)
    glyphs = "".join(f'<path id="{key}" d="{path}"/>' for key, path in sheet.glyphs.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" '
        f'width="{_n(drawing.width)}" height="{_n(drawing.height)}" role="img" '
        f'aria-labelledby="face-title face-text"><title id="face-title">{escape(drawing.label)}</title>'
        f'<desc id="face-text">{escape(drawing.description)}</desc>'
        f"<defs>{sheet.definitions}{glyphs}</defs>{body}</svg>"
    )


class _Sheet:
    """Collects glyphs and gradients while shapes are written."""

    def __init__(self) -> None:
        self.glyphs: dict[tuple[str, bool], tuple[str, str]] = {}
        self.definitions = ""
        self.gradients = 0

    def shape(self, shape: Shape) -> str:
        if isinstance(shape, Text):
            return self.text(shape)
        if isinstance(shape, Rect):
            return self.rect(shape)
        if isinstance(shape, Line):
            return line(shape)
        if isinstance(shape, Circle):
            return f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.r)}" fill="{shape.fill}"/>'
        return code(shape)

    def rect(self, shape: Rect) -> str:
        fill = shape.fill or "none"
        if not isinstance(fill, str):
            self.gradients += 1
            name = f"face-gradient-{self.gradients}"
            self.definitions += (
                f'<linearGradient id="{name}" x2="0" y2="1"><stop stop-color="{fill[0]}"/>'
                f'<stop offset="1" stop-color="{fill[1]}"/></linearGradient>'
            )
            fill = f"url(#{name})"
        text = f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.w)}" height="{_n(shape.h)}" fill="{fill}"'
        if shape.radius:
            text += f' rx="{_n(shape.radius)}"'
        if shape.stroke:
            text += f' stroke="{shape.stroke}" stroke-width="{_n(shape.stroke_width)}"'
        if shape.dash:
            text += f' stroke-dasharray="{_n(shape.dash)}"'
        return text + "/>"

    def text(self, shape: Text) -> str:
        """Glyphs at font size 1000 in a group that scales; each `use` moves on by the widths so far."""
        scale = shape.size / fonts.UNITS
        uses: list[str] = []
        x = 0.0
        for char in shape.text:
            key = self.key(char, bold=shape.bold)
            if key:
                uses.append(f'<use href="#{key}" x="{round(x)}"/>' if x else f'<use href="#{key}"/>')
            x += fonts.advance(char, shape.bold) + shape.tracking * fonts.UNITS
        x -= shape.tracking * fonts.UNITS
        start = shape.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * x * scale
        turn = f" rotate({_n(-shape.turn)})" if shape.turn else ""
        return (
            f'<g fill="{shape.fill}" transform="translate({_n(start)} {_n(shape.y)}){turn} '
            f'scale({scale:.5g} {-scale:.5g})">{"".join(uses)}</g>'
        )

    def key(self, char: str, *, bold: bool) -> str:
        """Id of a character's outline, empty for a blank one."""
        known = self.glyphs.get((char, bold))
        if known is None:
            path = outline(char, bold)
            if not path:
                return ""
            known = self.glyphs[char, bold] = (f"face-{len(self.glyphs):x}", path)
        return known[0]


def line(shape: Line) -> str:
    """A line as a path with relative steps in tenths of a unit."""
    (x, y), *rest = [(round(a * 10), round(b * 10)) for a, b in shape.points]
    steps: list[str] = []
    for a, b in rest:
        steps.append(f"{_n((a - x) / 10)} {_n((b - y) / 10)}")
        x, y = a, b
    start = shape.points[0]
    text = f'<path d="M{_n(start[0])} {_n(start[1])}l{" ".join(steps)}{"z" if shape.closed else ""}" '
    text += f'fill="{shape.fill or "none"}"'
    if shape.stroke:
        text += f' stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"'
    if shape.dash:
        text += f' stroke-dasharray="{_n(shape.dash)}"'
    return text + "/>"


def code(shape: Code) -> str:
    """The symbol in module units: a white square and one black path of horizontal runs."""
    side = len(shape.matrix) + 2 * QUIET
    runs: list[str] = []
    for y, row in enumerate(shape.matrix):
        for start, length in black_runs(row):
            runs.append(f"M{start + QUIET} {y + QUIET}h{length}v1h-{length}z")
    return (
        f'<g transform="translate({_n(shape.x)} {_n(shape.y)}) scale({shape.size / side:.6g})" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="#000" d="{"".join(runs)}"/></g>'
    )


def black_runs(row: tuple[int, ...]) -> list[tuple[int, int]]:
    """(start, length) of each run of black modules in a row."""
    runs: list[tuple[int, int]] = []
    for x, bit in enumerate(row):
        if bit:
            if runs and sum(runs[-1]) == x:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((x, 1))
    return runs


@cache
def outline(char: str, bold: bool) -> str:
    """The outline of a character as SVG path data in font units, y upwards, in relative steps: a third shorter."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen

    glyphs: Any = fonts.font(bold).getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[fonts.glyph_name(char, bold=bold)].draw(pen)
    return relative(pen.value)


def relative(recording: list[tuple[str, tuple[Any, ...]]]) -> str:
    """A recorded TrueType outline (lines and quadratic curves with integer points) as relative path data."""
    steps: list[str] = []
    here = start = (0, 0)
    for verb, arguments in recording:
        if verb == "closePath":
            steps.append("z")
            here = start
        elif verb == "moveTo":
            (point,) = arguments
            steps.append(f"m{_pair(here, point)}")
            here = start = point
        elif verb == "lineTo":
            (point,) = arguments
            steps.append(_line_step(here, point))
            here = point
        else:
            # qCurveTo: control points with an implied point in the middle of each two.
            *controls, last = arguments
            for index, control in enumerate(controls):
                end = last
                if index + 1 < len(controls):
                    following = controls[index + 1]
                    end = ((control[0] + following[0]) / 2, (control[1] + following[1]) / 2)
                steps.append(f"q{_pair(here, control)}{_pair(here, end, join=True)}")
                here = end
    return "".join(steps)


def _line_step(here: tuple[float, float], point: tuple[float, float]) -> str:
    if here[1] == point[1]:
        return f"h{point[0] - here[0]:g}"
    if here[0] == point[0]:
        return f"v{point[1] - here[1]:g}"
    return f"l{_pair(here, point)}"


def _pair(here: tuple[float, float], point: tuple[float, float], *, join: bool = False) -> str:
    x, y = f"{point[0] - here[0]:g}", f"{point[1] - here[1]:g}"
    lead = " " if join and x[0] != "-" else ""
    return f"{lead}{x}{y}" if y[0] == "-" else f"{lead}{x} {y}"


def _n(value: float) -> str:
    """A number with at most two decimals and no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
