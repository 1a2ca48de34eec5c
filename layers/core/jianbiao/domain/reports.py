"""What is reported about a vehicle, and the vehicle that follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jianbiao.domain.vehicle import Vehicle

Stamp = tuple[int, str]
"""(occurred_at in epoch seconds, event id): compared as a pair, newer wins."""

NEVER: Stamp = (0, "")
"""Older than every report."""

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
"""Fields that only events report (domain facts 10): the stamp of a ledger row, which covers every other field, does not
cover them, or an event that is older than the ledger would be lost."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """An inspection that was passed."""

    passed_on: date
    division: str
    """Where, six digits."""
    valid_until: date | None = None
    """End of the new period as the station reported it; None: our rules decide."""
    granted: date | None = None
    """What our rules decided. Kept, so that a later policy changes nothing that was granted."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one registry event said."""

    stamp: Stamp
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Field of Vehicle → value."""
    full: bool = False
    """It describes the whole vehicle: from here on we know it."""
    inspection: Inspection | None = None
    channel: int = 0
    """Channel by which it issues at once (product.md: 1 or 3); 0: it does not."""
    ends: bool = False
    """The state it reports ends a running certificate."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A vehicle with the stamps of the reports that made it what it is.

    The newest events are kept with it, and with `base`, what was known before them, so that one that comes late
    finds its place among them (`domain.history`). A vehicle that only ledgers reported has none.
    """

    vehicle: Vehicle
    """Blank but for the VIN until the whole vehicle was reported."""
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    known: bool = True
    """The whole vehicle was reported; before, there are only events that wait."""
    base: Registered | None = None
    history: tuple[Report, ...] = ()
    """The newest events, oldest first."""
    elsewhere: bool = False
    """The present period was had by an inspection in another division (channel 6)."""
    kept_until: date | None = None
    """With `elsewhere`: end of the period before it, all that an event may issue for."""
    applied: Stamp = NEVER
    """Report of a period that was had elsewhere and that the owner has applied for."""
    ends: Stamp = NEVER
    """Newest report of a state that ends a certificate."""
    issues: Stamp = NEVER
    """Newest event of a channel that issues at once, and that channel."""
    channel: int = 0

    @property
    def first_state(self) -> Stamp:
        """Report of the state that the vehicle was stored with, before the events that are kept with it."""
        return (self.base or self).stamp_of("state")

    @property
    def issuing_state(self) -> Stamp:
        """Report of the state that the vehicle had when the register last said something that issues at once."""
        word = max(self.issues, self.first_state)
        told = (report.stamp for report in self.history if "state" in report.facts and report.stamp <= word)
        return max(told, default=self.first_state)

    def stamp_of(self, name: str) -> Stamp:
        """Stamp of the report that set the field `name`."""
        return self.stamps.get(name) or _common(self.stamps, name)

    @property
    def as_of(self) -> int:
        """Epoch second of the newest report in the record (`state_as_of` in answers)."""
        return max((stamp[0] for stamp in self.stamps.values()), default=0)

    @property
    def issuable_until(self) -> date | None:
        """End of validity for which the register's word alone may issue: a longer period that was had elsewhere comes
        by the owner's application (channel 6), and stays once it was applied for."""
        until, kept = self.vehicle.valid_until, self.kept_until
        longer = until is not None and (kept is None or until > kept)
        return kept if self.elsewhere and longer and not self._is_applied_for else until

    @property
    def _is_applied_for(self) -> bool:
        return self.applied == self.stamp_of("valid_until")

    def with_application(self) -> Registered:
        """The same once the owner has applied for the present period."""
        if not self.elsewhere or self._is_applied_for:
            return self
        return dataclasses.replace(self, applied=self.stamp_of("valid_until"))


def blank(vin: str) -> Registered:
    """A vehicle of which nothing is known."""
    nothing = Vehicle(
        vin=vin,
        plate_class="",
        plate="",
        vehicle_type="",
        use="",
        division="",
        owner_ref="",
        registered_on=date.min,
        valid_until=None,
    )
    return Registered(nothing, {}, known=False)


def overlay(known: Registered, facts: Mapping[str, Any], stamp: Stamp) -> Registered:
    """`known` with each of `facts` whose field has an older stamp; `known` itself where nothing changes.

    The VIN identifies the vehicle and is never merged. The history is left alone.
    """
    newer = {name: value for name, value in facts.items() if name != "vin" and known.stamp_of(name) < stamp}
    if not newer:
        return known
    stamps = dict(known.stamps) | dict.fromkeys(newer, stamp)
    return dataclasses.replace(
        known, vehicle=dataclasses.replace(known.vehicle, **newer), stamps=_folded(stamps)
    )


def _common(stamps: Mapping[str, Stamp], name: str) -> Stamp:
    """Stamp of a field that has none of its own."""
    return NEVER if name in NOT_IN_LEDGER else stamps.get(EVERY_FIELD) or NEVER


def _folded(stamps: dict[str, Stamp]) -> dict[str, Stamp]:
    """The same stamps, written with as few entries as possible (the item is stored a million times)."""
    names = [f.name for f in dataclasses.fields(Vehicle) if f.name != "vin"]
    own = {name: stamps.get(name) or _common(stamps, name) for name in names}
    shared = [stamp for name, stamp in own.items() if name not in NOT_IN_LEDGER]
    # Of two equally frequent ones the newer: the same stamps are always written in the same way.
    common = {EVERY_FIELD: max(sorted(set(shared), reverse=True), key=shared.count)}
    return common | {name: stamp for name, stamp in own.items() if stamp != _common(common, name)}
