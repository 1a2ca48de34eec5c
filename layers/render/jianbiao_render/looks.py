"""Colours of faces, read once from data/looks.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Ground:
    """Colours of one year: `main` band with `on_main` text, `tint` paper, `line` ornament, `deep` headings."""

    main: str
    on_main: str
    tint: str
    line: str
    deep: str


@dataclass(frozen=True, slots=True)
class Plate:
    """Colours of a plate. Two `ground` colours are a gradient from top to bottom, or halves where `split`."""

    ground: tuple[str, ...]
    ink: str
    mark: str
    split: bool
    wide: bool
    """480 mm by 140 mm instead of 440 mm by 140 mm (GA 36-2018)."""


@cache
def _looks() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / "looks.json").read_bytes())
    return loaded


def ground_names() -> tuple[str, ...]:
    """Names that `Face.ground` accepts."""
    return tuple(_looks()["grounds"])


def ground_name(year: int) -> str:
    """Name of the ground colour for a year of expiry, by the packaged cycle."""
    cycle = _looks()["cycle"]
    colours: list[str] = cycle["colours"]
    anchor: int = cycle["anchor_year"]
    return colours[(year - anchor) % len(colours)]


def ground(name: str) -> Ground:
    """Colours by name, or made from one colour "#rrggbb"; raises KeyError for another name."""
    if name.startswith("#"):
        return _from_colour(name)
    return Ground(**_looks()["grounds"][name])


def _from_colour(colour: str) -> Ground:
    """The five colours of a ground that data/looks.json does not have: tints and shades of the one given."""
    light = sum(weight * int(colour[at : at + 2], 16) for weight, at in ((0.299, 1), (0.587, 3), (0.114, 5)))
    return Ground(
        main=colour,
        on_main="#16191d" if light > 140 else "#ffffff",
        tint=_mixed(colour, "#ffffff", 0.92),
        line=_mixed(colour, "#ffffff", 0.72),
        deep=_mixed(colour, "#000000", 0.6),
    )


def _mixed(colour: str, other: str, share: float) -> str:
    channels = (
        round(int(colour[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def plate_name(plate_class: str) -> str:
    """Name of the look of a class's plates (GA/T 16.7 code), also the class of the plate on pages."""
    name: str = _looks()["plate_of_class"].get(plate_class, _looks()["plate_otherwise"])
    return name


def plate_names() -> dict[str, str]:
    """Class code → name of its look, for scripts that show plates."""
    return dict(_looks()["plate_of_class"])


def plate(plate_class: str) -> Plate:
    """Colours of the plates of a class (GA/T 16.7 code)."""
    entry = _looks()["plates"][plate_name(plate_class)]
    return Plate(
        tuple(entry["ground"]),
        entry["ink"],
        entry.get("mark", entry["ink"]),
        entry.get("split", False),
        entry["wide"],
    )


def is_mark(char: str) -> bool:
    """True for the characters that a plate shows in its mark colour (使, 领, 警; GA 36-2018)."""
    return char in _looks()["plate_marks"]
