"""What is registered of a vehicle, as attributes of its item.

The facts are one JSON text, so that an ordinary vehicle stays below the kilobyte that one write unit pays for. A
vehicle with events also has `history` (the newest of them), `base` (what was known before) and what follows from
replaying them, so that reading one needs neither policy nor replay.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from jianbiao.aws.dynamo import Item, text
from jianbiao.domain.reports import NEVER, Inspection, Registered, Report, Stamp
from jianbiao.domain.vehicle import Vehicle

_DATES = {f.name for f in dataclasses.fields(Vehicle) if "date" in str(f.type)}
_DEFAULTS = {f.name: f.default for f in dataclasses.fields(Vehicle) if f.default is not dataclasses.MISSING}
_OWN_ATTRIBUTES = {"vin", "owner_ref"}
"""Fields of a vehicle that are attributes of their own, because they are keys."""


def register_attributes(registered: Registered) -> Item:
    """All but the key."""
    vehicle = registered.vehicle
    item: Item = {
        "register": {"S": _json(_facts(vehicle))},
        "stamps": {"S": _json(registered.stamps)},
    }
    # No key of an index may be empty: a vehicle that nobody registered has no owner yet.
    if vehicle.owner_ref:
        item["owner_ref"] = {"S": vehicle.owner_ref}
    if follows := _follows(registered):
        item["follows"] = {"S": _json(follows)}
    if registered.base is not None:
        item["base"] = {"S": _json(_base(registered.base))}
        item["history"] = {"S": _json([_report(report) for report in registered.history])}
    return item


def registered_of(item: Item) -> Registered:
    """Inverse of `register_attributes`."""
    vin = text(item, "vin")
    vehicle = _vehicle(vin, text(item, "owner_ref"), json.loads(text(item, "register")))
    found = Registered(vehicle, _stamps(json.loads(text(item, "stamps"))))
    if "follows" in item:
        found = _with_follows(found, json.loads(text(item, "follows")))
    if "base" in item:
        base = json.loads(text(item, "base"))
        under = Registered(_vehicle(vin, base["owner_ref"], base["register"]), _stamps(base["stamps"]))
        history = tuple(_report_of(part) for part in json.loads(text(item, "history")))
        found = replace(found, base=_with_follows(under, base["follows"]), history=history)
    return found


def _facts(vehicle: Vehicle) -> dict[str, Any]:
    values = {f.name: getattr(vehicle, f.name) for f in dataclasses.fields(vehicle)}
    return {
        name: _plain(value)
        for name, value in values.items()
        if name not in _OWN_ATTRIBUTES and value != _DEFAULTS.get(name, dataclasses.MISSING)
    }


def _vehicle(vin: str, owner_ref: str, facts: dict[str, Any]) -> Vehicle:
    facts = {name: _value(name, value) for name, value in facts.items()}
    facts.setdefault("valid_until", None)
    return Vehicle(vin=vin, owner_ref=owner_ref, **facts)


def _base(base: Registered) -> dict[str, Any]:
    return {
        "owner_ref": base.vehicle.owner_ref,
        "register": _facts(base.vehicle),
        "stamps": base.stamps,
        "follows": _follows(base),
    }


def _follows(registered: Registered) -> dict[str, Any]:
    """What replaying gave, where it is not as for a vehicle that only ledgers reported."""
    follows: dict[str, Any] = {}
    if not registered.known:
        follows["known"] = False
    if registered.elsewhere:
        follows |= {"elsewhere": True, "kept_until": _plain(registered.kept_until)}
    if registered.applied != NEVER:
        follows["applied"] = registered.applied
    if registered.ends != NEVER:
        follows["ends"] = registered.ends
    if registered.issues != NEVER:
        follows |= {"issues": registered.issues, "channel": registered.channel}
    return follows


def _with_follows(registered: Registered, follows: Mapping[str, Any]) -> Registered:
    return replace(
        registered,
        known=follows.get("known", True),
        elsewhere=follows.get("elsewhere", False),
        kept_until=_day(follows.get("kept_until")),
        applied=tuple(follows.get("applied", NEVER)),
        ends=tuple(follows.get("ends", NEVER)),
        issues=tuple(follows.get("issues", NEVER)),
        channel=follows.get("channel", 0),
    )


def _report(report: Report) -> dict[str, Any]:
    part: dict[str, Any] = {"stamp": report.stamp}
    if report.facts:
        part["facts"] = {name: _plain(value) for name, value in report.facts.items()}
    if found := report.inspection:
        days = (found.passed_on, found.division, found.valid_until, found.granted)
        part["inspection"] = [_plain(value) for value in days]
    if report.channel:
        part["channel"] = report.channel
    return part | ({"full": True} if report.full else {}) | ({"ends": True} if report.ends else {})


def _report_of(part: Mapping[str, Any]) -> Report:
    inspection = None
    if found := part.get("inspection"):
        passed_on, division, until, granted = found
        inspection = Inspection(date.fromisoformat(passed_on), division, _day(until), _day(granted))
    at, id_ = part["stamp"]
    return Report(
        (at, id_),
        {name: _value(name, value) for name, value in part.get("facts", {}).items()},
        full=part.get("full", False),
        inspection=inspection,
        channel=part.get("channel", 0),
        ends=part.get("ends", False),
    )


def _stamps(stamps: Mapping[str, Any]) -> dict[str, Stamp]:
    return {name: (at, id_) for name, (at, id_) in stamps.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _value(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in _DATES and value else value


def _day(text_: str | None) -> date | None:
    return date.fromisoformat(text_) if text_ else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
