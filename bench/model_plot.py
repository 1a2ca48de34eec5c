"""A line chart as SVG: certificates over minutes, minutes on a logarithmic axis. Colours suit light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 50
FIRST, LAST = 1.0, 240.0
"""Minutes shown."""
TICKS = (1, 2, 5, 10, 20, 30, 45, 60, 120, 240)
COLOURS = ("#c2410c", "#1d4ed8", "#047857", "#7e22ce")
PIECES = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One line: (minutes, certificates) at the ends of straight pieces."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


def _x(minutes: float) -> float:
    share = math.log(max(minutes, FIRST) / FIRST) / math.log(LAST / FIRST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)


def _path(points: Sequence[tuple[float, float]], most: float) -> str:
    """Straight pieces are curves on a logarithmic axis: cut small."""
    drawn = []
    for (from_x, from_y), (to_x, to_y) in pairwise(points):
        for piece in range(PIECES + 1):
            part = piece / PIECES
            minutes = from_x + (to_x - from_x) * part
            if FIRST <= minutes <= LAST:
                drawn.append(f"{_x(minutes):.1f},{_y(from_y + (to_y - from_y) * part, most):.1f}")
    return " ".join(drawn)


def plot(lines: Sequence[Line], most: int) -> str:
    """The chart; `most` is the number of certificates that all lines reach."""
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    parts = [
        opening + ' font-family="sans-serif" font-size="12">',
        "<title>Certificates over time at different signing quotas</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for tick in TICKS:
        x = _x(tick)
        parts.append(
            f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#e5e7eb"/>'
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#374151">{tick}</text>'
        )
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(share * most, most)
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e5e7eb"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#374151">{share * most / 1e6:.2f} M</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle" fill="#374151">'
        "minutes since the ledger arrived (logarithmic)</text>"
    )
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2.5"{dash}'
            f' points="{_path(line.points, most)}"/>'
        )
        y = TOP + 18 + 20 * number
        end = line.points[-1][0]
        parts.append(
            f'<line x1="{LEFT + 12}" y1="{y - 4}" x2="{LEFT + 40}" y2="{y - 4}" stroke="{colour}"'
            f' stroke-width="2.5"{dash}/><text x="{LEFT + 48}" y="{y}" fill="#111827">'
            f"{escape(line.name)}: {end:.0f} min</text>"
        )
    return "\n".join([*parts, "</svg>", ""])
