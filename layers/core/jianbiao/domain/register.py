"""Merging what the register reports: newest wins, field by field.

Reports come late, twice and out of order. Each field of a vehicle remembers the stamp of the report that set
it, and a report changes a field only if its own stamp is newer. So any order of the same reports ends in the
same vehicle (a last-writer-wins map), including reports that carry only some of the fields of their group.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from jianbiao.domain.vehicle import Vehicle

Stamp = tuple[int, str]
"""(occurred_at in epoch seconds, event id): compared as a pair, newer wins."""

EVERY_FIELD = "*"
"""Key of the stamp that holds for each field without one of its own."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A vehicle with the stamps of the reports that made it what it is."""

    vehicle: Vehicle
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    def stamp_of(self, name: str) -> Stamp:
        """Stamp of the report that set the field `name`."""
        return self.stamps.get(name) or self.stamps.get(EVERY_FIELD) or (0, "")

    @property
    def as_of(self) -> int:
        """Epoch second of the newest report in the record (`state_as_of` in answers)."""
        return max((stamp[0] for stamp in self.stamps.values()), default=0)


def first_report(vehicle: Vehicle, stamp: Stamp) -> Registered:
    """A vehicle that the register reports for the first time, all of it."""
    return Registered(vehicle, {EVERY_FIELD: stamp})


def merge(known: Registered, reported: Mapping[str, Any], stamp: Stamp) -> Registered:
    """`known` with each reported field whose stamp is older than `stamp`; `known` itself where nothing changes.

    `reported` maps names of Vehicle fields to values; the VIN identifies the vehicle and is never merged.
    """
    newer = {
        name: value for name, value in reported.items() if name != "vin" and known.stamp_of(name) < stamp
    }
    if not newer:
        return known
    stamps = dict(known.stamps) | dict.fromkeys(newer, stamp)
    return Registered(dataclasses.replace(known.vehicle, **newer), _folded(stamps))


def merge_full(
    known: Registered, vehicle: Vehicle, stamp: Stamp, *, without: Container[str] = ()
) -> Registered:
    """Merge a report of the whole vehicle, such as a ledger row, but for the fields that it does not carry."""
    names = [f.name for f in dataclasses.fields(vehicle) if f.name not in without]
    return merge(known, {name: getattr(vehicle, name) for name in names}, stamp)


def _folded(stamps: dict[str, Stamp]) -> dict[str, Stamp]:
    """The same stamps, written with as few entries as possible (the item is stored a million times)."""
    names = [f.name for f in dataclasses.fields(Vehicle) if f.name != "vin"]
    own = [stamps.get(name) or stamps.get(EVERY_FIELD) or (0, "") for name in names]
    common = max(set(own), key=own.count)
    return {EVERY_FIELD: common} | {
        name: stamp for name, stamp in zip(names, own, strict=True) if stamp != common
    }
