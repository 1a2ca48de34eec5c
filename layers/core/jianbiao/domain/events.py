"""Registry events: what each type has to say, what is wrong with one, and the report it makes of a vehicle.

==================== ================================================= =======================================
type                 needs                                             what comes of it
==================== ================================================= =======================================
vehicle.registered   the whole vehicle                                 issues (channel 1)
vehicle.transferred  vin, owner_ref; plate, division if changed        issues (channel 1); ends what the former
                                                                       owner opened
vehicle.changed      vin and what changed, the plate too               issues (channel 1)
vehicle.deregistered vin                                               ends the certificate
vehicle.state_changed vin, state                                       may end the certificate, or let an event
                                                                       issue that the state before had blocked
inspection.passed    vin; inspection {division, station, passed_on,    issues (channel 3), unless it was passed in
                     valid_until?}                                     another division (channel 6)
insurance.updated    vin; policy {plate, vin, from, to}, tax           what a claim is checked against
                     {paid_until}, or both
==================== ================================================= =======================================

The shape of an event (fields, types, lengths) is checked by its JSON Schema (`http.event_schemas`), its meaning
here. An event whose facts contradict the register is no fault: it is kept, and the rules refuse to issue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from jianbiao.domain import plates
from jianbiao.domain.months import is_month_end
from jianbiao.domain.policy import Policy
from jianbiao.domain.reports import Inspection, Report, Stamp
from jianbiao.domain.times import day_of, parse_rfc3339
from jianbiao.domain.vin import check_digit_ok, normalise
from jianbiao.errors import FieldError


class EventType(StrEnum):
    """Types of registry events."""

    REGISTERED = "vehicle.registered"
    TRANSFERRED = "vehicle.transferred"
    CHANGED = "vehicle.changed"
    DEREGISTERED = "vehicle.deregistered"
    STATE_CHANGED = "vehicle.state_changed"
    INSPECTED = "inspection.passed"
    INSURED = "insurance.updated"


REGISTRATION_CHANNEL = 1
INSPECTION_CHANNEL = 3
ELSEWHERE_CHANNEL = 6
CHANNELS = {
    EventType.REGISTERED: REGISTRATION_CHANNEL,
    EventType.TRANSFERRED: REGISTRATION_CHANNEL,
    EventType.CHANGED: REGISTRATION_CHANNEL,
    EventType.INSPECTED: INSPECTION_CHANNEL,
}
"""Types that issue at once, and by which channel of product.md."""

DEREGISTERED_STATE = "E"
"""机动车状态: 注销."""

EARLIEST = date(1990, 1, 1)
"""No event occurred before."""

CLOCK_SKEW = 300
"""Seconds that a reporting system's clock may be ahead of ours."""

_DAYS = ("registered_on", "manufactured_on", "valid_until")
_TABLES = {"plate_class": "plate_classes", "vehicle_type": "vehicle_types", "use": "uses"}
_ANY_CLASS = "99"
"""Plate class whose grammar only bounds the text, for a plate that comes without its class."""


@dataclass(frozen=True, slots=True)
class Event:
    """A valid registry event."""

    id: str
    """1 to 64 letters, digits and ``. _ : ~ -``, unique among all events."""
    type: EventType
    occurred_at: int
    vin: str
    facts: Mapping[str, Any]
    """Field of Vehicle → value."""
    inspection: Inspection | None = None

    @property
    def stamp(self) -> Stamp:
        """Its place among the reports about its vehicle."""
        return (self.occurred_at, self.id)

    @property
    def issues(self) -> bool:
        """Whether its sender waits for a certificate (which an inspection elsewhere does not give)."""
        return self.type in CHANNELS

    def report(self, policy: Policy) -> Report:
        """What it says about the vehicle."""
        return Report(
            stamp=self.stamp,
            facts=self.facts,
            full=self.type is EventType.REGISTERED,
            inspection=self.inspection,
            channel=CHANNELS.get(self.type, 0),
            ends=policy.revocation_cause(str(self.facts.get("state", ""))) is not None,
        )


def faults(event: Mapping[str, Any], policy: Policy, now: int) -> list[FieldError]:
    """What is wrong with an event that has the right shape; pointers are relative to the event."""
    return list(_faults(event, policy, now))


def warnings(event: Mapping[str, Any]) -> tuple[str, ...]:
    """What somebody should look at although the event is valid: `vin-check-digit` (domain facts 5)."""
    return () if check_digit_ok(normalise(event["vehicle"]["vin"])) else ("vin-check-digit",)


def event_of(event: Mapping[str, Any]) -> Event:
    """The event in a valid JSON object."""
    vehicle = event["vehicle"]
    vin = normalise(vehicle["vin"])
    facts: dict[str, Any] = {name: value for name, value in vehicle.items() if name != "vin"}
    for name in _DAYS:
        if facts.get(name):
            facts[name] = date.fromisoformat(facts[name])
    if "plate" in facts:
        facts["plate"] = plates.normalise(facts["plate"], facts.get("plate_class", _ANY_CLASS))
    type_ = EventType(event["type"])
    if type_ is EventType.DEREGISTERED:
        facts["state"] = DEREGISTERED_STATE
    if policy := event.get("policy"):
        facts["insurance_plate"] = plates.normalise(policy["plate"], _ANY_CLASS)
        facts["insurance_vin"] = normalise(policy["vin"])
        facts["insurance_from"] = date.fromisoformat(policy["from"])
        facts["insurance_to"] = date.fromisoformat(policy["to"])
    if tax := event.get("tax"):
        facts["tax_paid_until"] = date.fromisoformat(tax["paid_until"])
    found = event.get("inspection")
    until = found.get("valid_until") if found else None
    inspection = found and Inspection(
        date.fromisoformat(found["passed_on"]),
        found["division"],
        date.fromisoformat(until) if until else None,
    )
    return Event(event["id"], type_, parse_rfc3339(event["occurred_at"]), vin, facts, inspection)


def _faults(event: Mapping[str, Any], policy: Policy, now: int) -> Iterator[FieldError]:
    occurred_at = parse_rfc3339(event["occurred_at"])
    occurred_on = day_of(occurred_at)
    if occurred_at > now + CLOCK_SKEW:
        yield FieldError("/occurred_at", "lies in the future")
    elif occurred_on < EARLIEST:
        yield FieldError("/occurred_at", f"lies before {EARLIEST}")
    yield from _vehicle_faults(event["vehicle"], policy, occurred_on)
    if inspection := event.get("inspection"):
        yield from _inspection_faults(inspection, occurred_on)
    if insurance := event.get("policy"):
        yield from _insurance_faults(insurance)


def _vehicle_faults(vehicle: Mapping[str, Any], policy: Policy, occurred_on: date) -> Iterator[FieldError]:
    yield from _vin_faults(vehicle["vin"], "/vehicle/vin")
    for name, table in _TABLES.items():
        if name in vehicle and not policy.has(table, vehicle[name]):
            yield FieldError(f"/vehicle/{name}", "is no code of its table")
    for name, table in (("colour", "colours"), ("state", "states")):
        if not all(policy.has(table, letter) for letter in vehicle.get(name, "")):
            yield FieldError(f"/vehicle/{name}", "has a letter that its table does not have")
    if "plate" in vehicle:
        yield from _plate_faults(vehicle["plate"], vehicle.get("plate_class", _ANY_CLASS), "/vehicle/plate")
    if (until := vehicle.get("valid_until")) and not is_month_end(date.fromisoformat(until)):
        yield FieldError("/vehicle/valid_until", "is not the last day of a month")
    registered, made = vehicle.get("registered_on"), vehicle.get("manufactured_on")
    if registered and date.fromisoformat(registered) > occurred_on:
        yield FieldError("/vehicle/registered_on", "lies after the event")
    if made and date.fromisoformat(made) > (date.fromisoformat(registered) if registered else occurred_on):
        yield FieldError("/vehicle/manufactured_on", "lies after the registration or the event")


def _inspection_faults(inspection: Mapping[str, Any], occurred_on: date) -> Iterator[FieldError]:
    passed_on = date.fromisoformat(inspection["passed_on"])
    if passed_on > occurred_on:
        yield FieldError("/inspection/passed_on", "lies after the event")
    until = inspection.get("valid_until")
    if not until:
        return
    if not is_month_end(date.fromisoformat(until)):
        yield FieldError("/inspection/valid_until", "is not the last day of a month")
    if date.fromisoformat(until) < passed_on:
        yield FieldError("/inspection/valid_until", "lies before the inspection")


def _insurance_faults(insurance: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _vin_faults(insurance["vin"], "/policy/vin")
    yield from _plate_faults(insurance["plate"], _ANY_CLASS, "/policy/plate")
    if date.fromisoformat(insurance["to"]) < date.fromisoformat(insurance["from"]):
        yield FieldError("/policy/to", "lies before from")


def _vin_faults(vin: str, pointer: str) -> Iterator[FieldError]:
    try:
        normalise(vin)
    except ValueError as error:
        yield FieldError(pointer, str(error))


def _plate_faults(plate: str, plate_class: str, pointer: str) -> Iterator[FieldError]:
    if plate_class not in plates.PLATE_CLASSES:
        return
    try:
        plates.normalise(plate, plate_class)
    except ValueError as error:
        yield FieldError(pointer, str(error))
