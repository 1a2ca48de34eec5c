"""Merging what the register reports: newest wins, field by field.

Reports come late, twice and out of order. Each field of a vehicle remembers the stamp of the report that set
it, and a report changes a field only if its own stamp is newer. So any order of the same reports ends in the
same vehicle (a last-writer-wins map), including reports that carry only some of the fields of their group.
Events are kept beyond that, see `domain.history`; ledger rows and claims go into the base under them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping
from typing import Any

from jianbiao.domain import history
from jianbiao.domain.policy import Policy
from jianbiao.domain.reports import (
    EVERY_FIELD,
    NOT_IN_LEDGER,
    Inspection,
    Registered,
    Report,
    Stamp,
    blank,
    overlay,
)
from jianbiao.domain.vehicle import Vehicle

__all__ = [
    "EVERY_FIELD",
    "NOT_IN_LEDGER",
    "Inspection",
    "Registered",
    "Report",
    "Stamp",
    "add",
    "blank",
    "first_report",
    "merge",
    "merge_full",
    "without_plate",
]


def first_report(vehicle: Vehicle, stamp: Stamp) -> Registered:
    """A vehicle that the register reports for the first time, all of it."""
    return Registered(vehicle, {EVERY_FIELD: stamp})


def merge(
    known: Registered, reported: Mapping[str, Any], stamp: Stamp, policy: Policy | None = None
) -> Registered:
    """`known` with each reported field whose stamp is older than `stamp`; `known` itself where nothing changes.

    `reported` maps names of Vehicle fields to values; the VIN identifies the vehicle and is never merged. With a
    policy, inspections that occurred after `stamp` and that our rules decide are decided again.
    """
    return _into_base(known, reported, stamp, policy)


def merge_full(
    known: Registered,
    vehicle: Vehicle,
    stamp: Stamp,
    *,
    without: Container[str] = (),
    policy: Policy | None = None,
) -> Registered:
    """Merge a report of the whole vehicle, such as a ledger row, but for the fields that it does not carry. With a
    policy, a state that ends certificates does so, as an event's would."""
    names = [f.name for f in dataclasses.fields(vehicle) if f.name not in without]
    facts = {name: getattr(vehicle, name) for name in names}
    ends = policy is not None and policy.revocation_cause(vehicle.state) is not None
    return _into_base(known, facts, stamp, policy, whole=True, ends=ends)


def add(known: Registered, report: Report, policy: Policy) -> Registered:
    """The vehicle after one more event, in whatever order they come; `known` itself for one that it has seen."""
    return history.insert(known, report, policy)


def without_plate(known: Registered, policy: Policy) -> Registered:
    """The vehicle once another one bears its plate: it has none, from just after the report that gave it to it,
    so that any newer report of a plate counts."""
    at, id_ = known.stamp_of("plate")
    # No id begins with NUL, so that no other report lies between.
    return add(known, Report((at, f"{id_}\0"), {"plate": ""}), policy)


def _into_base(
    known: Registered,
    facts: Mapping[str, Any],
    stamp: Stamp,
    policy: Policy | None,
    *,
    whole: bool = False,
    ends: bool = False,
) -> Registered:
    base = known.base or known
    merged = overlay(base, facts, stamp)
    if merged is not base and merged.stamp_of("valid_until") == stamp:
        merged = dataclasses.replace(merged, elsewhere=False, kept_until=None)
    if whole and not merged.known:
        merged = dataclasses.replace(merged, known=True)
    if ends and stamp > merged.ends:
        merged = dataclasses.replace(merged, ends=stamp)
    return known if merged is base else history.rebased(known, merged, policy, stamp)
