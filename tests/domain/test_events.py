"""What is wrong with an event, what it says, and what kind of report it makes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jianbiao.domain.events import CHANNELS, CLOCK_SKEW, EventType, event_of, faults, warnings
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reports import Inspection
from jianbiao.domain.times import parse_rfc3339

POLICY = default_policy()
AT = "2026-10-01T10:00:00+08:00"
NOW = parse_rfc3339(AT)
VIN = "LSJA24U62JG269225"
INSURED = {"plate": "黑A12345", "vin": VIN, "from": "2026-05-01", "to": "2027-04-30"}


def event(type_: str = "vehicle.changed", at: str = AT, **parts: Any) -> dict[str, Any]:
    """An event; `vehicle` adds to the VIN."""
    vehicle = {"vin": VIN, **parts.pop("vehicle", {})}
    return {"id": "e-1", "type": type_, "occurred_at": at, "vehicle": vehicle, **parts}


def vehicle(**facts: Any) -> dict[str, Any]:
    return event(vehicle=facts)


def inspection(**parts: Any) -> dict[str, Any]:
    told = {"division": "230100", "station": "s", "passed_on": "2026-09-30", **parts}
    return event("inspection.passed", inspection=told)


def insured(**parts: Any) -> dict[str, Any]:
    return event("insurance.updated", policy={**INSURED, **parts})


@pytest.mark.parametrize(
    ("one", "pointer"),
    [
        (event(at="2026-10-01T10:05:01+08:00"), "/occurred_at"),
        (event(at="1989-12-31T23:59:59+08:00"), "/occurred_at"),
        (vehicle(vin="LSJA24U62JG26922O"), "/vehicle/vin"),
        (vehicle(plate_class="98"), "/vehicle/plate_class"),
        (vehicle(vehicle_type="K00"), "/vehicle/vehicle_type"),
        (vehicle(use="V"), "/vehicle/use"),
        (vehicle(colour="AZ"), "/vehicle/colour"),
        (vehicle(state="AF"), "/vehicle/state"),
        (vehicle(plate="黑A 1"), "/vehicle/plate"),
        (vehicle(plate="黑A12345", plate_class="52"), "/vehicle/plate"),
        (vehicle(valid_until="2027-03-30"), "/vehicle/valid_until"),
        (vehicle(registered_on="2026-10-02"), "/vehicle/registered_on"),
        (vehicle(manufactured_on="2026-10-02"), "/vehicle/manufactured_on"),
        (vehicle(manufactured_on="2020-02-02", registered_on="2020-02-01"), "/vehicle/manufactured_on"),
        (inspection(passed_on="2026-10-02"), "/inspection/passed_on"),
        (inspection(valid_until="2027-03-30"), "/inspection/valid_until"),
        (inspection(valid_until="2026-08-31"), "/inspection/valid_until"),
        (insured(vin="LSJA24U62JG26922O"), "/policy/vin"),
        (insured(plate="黑A 1"), "/policy/plate"),
        (insured(to="2026-04-30"), "/policy/to"),
    ],
)
def test_what_is_wrong(one: dict[str, Any], pointer: str) -> None:
    assert [fault.pointer for fault in faults(one, POLICY, NOW)] == [pointer]


@pytest.mark.parametrize(
    "one",
    [
        event(at="2026-10-01T10:05:00+08:00"),
        event(at="1990-01-01T00:00:00+08:00"),
        vehicle(plate="黑A12345"),
        vehicle(plate="黑A12345", plate_class="02", state="GQ", colour="AJ"),
        vehicle(registered_on="2026-10-01", manufactured_on="2026-10-01", valid_until="2027-10-31"),
        vehicle(manufactured_on=None, valid_until=None),
        inspection(passed_on="2026-10-01"),
        inspection(valid_until="2026-09-30"),
        insured(to="2026-05-01"),
        event("insurance.updated", tax={"paid_until": "2026-12-31"}),
    ],
)
def test_what_is_not_wrong(one: dict[str, Any]) -> None:
    assert faults(one, POLICY, NOW) == []


def test_a_plate_of_an_unknown_class_is_one_fault_not_two() -> None:
    assert [f.pointer for f in faults(vehicle(plate="x", plate_class="98"), POLICY, NOW)] == [
        "/vehicle/plate_class"
    ]


def test_the_skew_that_is_let_pass_is_five_minutes() -> None:
    assert CLOCK_SKEW == 300


def test_a_wrong_check_digit_is_a_warning() -> None:
    assert warnings(vehicle()) == ()
    assert warnings(vehicle(vin="LFV2A21K0A4000001")) == ("vin-check-digit",)


def test_facts_are_stored_in_one_way() -> None:
    one = event_of(
        event(vehicle={"vin": VIN.lower(), "plate": "黑a·12345", "registered_on": "2020-01-31", "seats": 5})
    )
    assert (one.vin, one.stamp) == (VIN, (NOW, "e-1"))
    assert one.facts == {"plate": "黑A12345", "registered_on": date(2020, 1, 31), "seats": 5}


def test_an_end_of_validity_that_is_taken_back() -> None:
    assert event_of(vehicle(valid_until=None)).facts == {"valid_until": None}


def test_insurance_and_tax() -> None:
    one = event_of(insured() | {"tax": {"paid_until": "2026-12-31"}})
    assert one.facts == {
        "insurance_plate": "黑A12345",
        "insurance_vin": VIN,
        "insurance_from": date(2026, 5, 1),
        "insurance_to": date(2027, 4, 30),
        "tax_paid_until": date(2026, 12, 31),
    }
    assert not one.issues


def test_an_inspection_with_and_without_its_end() -> None:
    assert event_of(inspection()).inspection == Inspection(date(2026, 9, 30), "230100")
    told = event_of(inspection(valid_until="2028-09-30")).inspection
    assert told == Inspection(date(2026, 9, 30), "230100", date(2028, 9, 30))


@pytest.mark.parametrize("type_", EventType)
def test_what_each_type_does(type_: EventType) -> None:
    report = event_of(event(type_)).report(POLICY)
    channels = {"vehicle.registered": 1, "vehicle.transferred": 1, "vehicle.changed": 1, "inspection.passed": 3}
    assert report.channel == channels.get(type_, 0) == CHANNELS.get(type_, 0)
    assert report.full == (type_ == "vehicle.registered")
    assert report.ends == (type_ == "vehicle.deregistered")
    assert event_of(event(type_)).issues == (type_ in channels)


@pytest.mark.parametrize("letters", ["E", "GB", "M", "P"])
def test_states_that_end_certificates(letters: str) -> None:
    assert event_of(event("vehicle.state_changed", vehicle={"state": letters})).report(POLICY).ends
    assert not event_of(event("vehicle.state_changed", vehicle={"state": "GQ"})).report(POLICY).ends
