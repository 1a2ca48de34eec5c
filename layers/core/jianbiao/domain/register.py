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


NOT_IN_LEDGER = frozenset(
    {
        "is_van",
        "casualty_accident",
        "illegal_modification",
        "insurance_plate",
        "insurance_vin",
        "insurance_from",
        "insurance_to",
        "tax_paid_until",
    }
)
"""Fields that only events report: the stamp of a ledger row, which covers every other field, does not cover them,
or an event that is older than the ledger would be lost."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A vehicle with the stamps of the reports that made it what it is."""

    vehicle: Vehicle
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    def stamp_of(self, name: str) -> Stamp:
        """Stamp of the report that set the field `name`."""
        return self.stamps.get(name) or _common(self.stamps, name)

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


def _common(stamps: Mapping[str, Stamp], name: str) -> Stamp:
    """Stamp of a field that has none of its own."""
    return (0, "") if name in NOT_IN_LEDGER else stamps.get(EVERY_FIELD) or (0, "")


def _folded(stamps: dict[str, Stamp]) -> dict[str, Stamp]:
    """The same stamps, written with as few entries as possible (the item is stored a million times)."""
    names = [f.name for f in dataclasses.fields(Vehicle) if f.name != "vin"]
    own = {name: stamps.get(name) or _common(stamps, name) for name in names}
    shared = [stamp for name, stamp in own.items() if name not in NOT_IN_LEDGER]
    # Of two equally frequent ones the newer: the same stamps are always written in the same way.
    common = {EVERY_FIELD: max(sorted(set(shared), reverse=True), key=shared.count)}
    return common | {name: stamp for name, stamp in own.items() if stamp != _common(common, name)}
