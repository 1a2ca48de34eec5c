"""A vehicle and a person that nothing is wrong with; tests change what they are about."""

from __future__ import annotations

from datetime import date
from typing import Any

from jianbiao.domain.eligibility import Insurance, Person
from jianbiao.domain.vehicle import Vehicle

VIN = "LSJA24U62JG269225"
LAUNCH = date(2020, 3, 1)


def vehicle(**changes: Any) -> Vehicle:
    """A private five-seat sedan of Harbin, registered 2018-03-15, valid until its second year."""
    facts: dict[str, Any] = {
        "vin": VIN,
        "plate_class": "02",
        "plate": "黑A12345",
        "vehicle_type": "K33",
        "use": "A",
        "division": "230100",
        "owner_ref": "owner-1",
        "registered_on": date(2018, 3, 15),
        "valid_until": date(2020, 3, 31),
        "manufactured_on": date(2018, 1, 10),
        "insured_until": date(2021, 2, 1),
        "seats": 5,
    }
    return Vehicle(**(facts | changes))


def running(**changes: Any) -> Vehicle:
    """The same car, of owner p-1, registered 2023-03-15 and within its period until 2027-03-31."""
    facts: dict[str, Any] = {
        "owner_ref": "p-1",
        "registered_on": date(2023, 3, 15),
        "valid_until": date(2027, 3, 31),
        "manufactured_on": None,
        "insured_until": None,
    }
    return vehicle(**(facts | changes))


def person(**changes: Any) -> Person:
    """The owner of `vehicle()`, registered in Harbin, with the oldest app that is accepted."""
    facts: dict[str, Any] = {
        "person_ref": "owner-1",
        "division": "230100",
        "client_id": "jianbiao-app",
        "app_version": "2.4.4",
    }
    return Person(**(facts | changes))


def insurance(**changes: Any) -> Insurance:
    """A policy for `vehicle()` through 2020."""
    facts: dict[str, Any] = {
        "plate": "黑A12345",
        "vin": VIN,
        "from_day": date(2020, 1, 1),
        "to_day": date(2020, 12, 31),
    }
    return Insurance(**(facts | changes))
