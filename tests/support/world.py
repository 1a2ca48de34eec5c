"""A small world to test services in: one key, one vehicle, a clock that the test sets."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.domain.eligibility import Person
from jianbiao.domain.register import first_report
from jianbiao.domain.times import start_of_day
from jianbiao.domain.vehicle import Vehicle
from jianbiao.records import VehicleRecord
from jianbiao.services.access import Access
from jianbiao.services.apply import ApplicationDesk
from jianbiao.services.backfill import ChunkWorker
from jianbiao.services.issue import Issuer
from tests.support.memory import (
    Faults,
    MemoryCertificates,
    MemoryIndices,
    MemoryIssuances,
    MemoryKeys,
    MemoryPolicies,
    MemorySigner,
    MemoryVehicles,
)

TODAY = date(2026, 11, 22)
OWNER = Person(person_ref="p-1", division="230100", client_id="portal")
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]

CAR = Vehicle(
    vin="LSJA24U62JG269225",
    plate_class="02",
    plate="黑A12345",
    vehicle_type="K33",
    use="A",
    division="230100",
    owner_ref="p-1",
    registered_on=date(2023, 3, 15),
    valid_until=date(2027, 3, 31),
    seats=5,
    colour="A",
)
"""A private car, registered in 2023-03, valid through 2027-03: within its period today."""


@dataclass
class World:
    """Stores, signer and services, all watched by `faults`."""

    today: date = TODAY
    faults: Faults = field(default_factory=Faults)
    issuances: MemoryIssuances = field(default_factory=MemoryIssuances)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    indices: MemoryIndices = field(default_factory=MemoryIndices)
    policies: MemoryPolicies = field(default_factory=MemoryPolicies)
    signer: MemorySigner = field(default_factory=lambda: MemorySigner(KEYS))
    keys: MemoryKeys = field(default_factory=lambda: MemoryKeys(KEYS))

    def __post_init__(self) -> None:
        self.vehicles = MemoryVehicles(self.issuances, self.certificates)
        self._numbers = itertools.count(1)

    def clock(self) -> int:
        """Ten in the morning of `today`."""
        return start_of_day(self.today) + 36_000

    def random(self, size: int) -> bytes:
        """Different bytes at each call, the same in each run."""
        return next(self._numbers).to_bytes(size)

    @property
    def issuer(self) -> Issuer:
        """The issuer, with every port watched."""
        watch = self.faults.wrap
        return Issuer(
            "test",
            watch(self.vehicles),
            watch(self.certificates),
            watch(self.issuances),
            watch(self.indices),
            watch(self.signer),
            self.keys,
            self.clock,
            self.random,
        )

    @property
    def desk(self) -> ApplicationDesk:
        """Where citizens apply."""
        issuer = self.issuer
        return ApplicationDesk(Access(issuer.vehicles, issuer.certificates, self.clock), issuer)

    @property
    def worker(self) -> ChunkWorker:
        """The ledger chunk worker."""
        return ChunkWorker(self.issuer, self.policies)

    def add(self, vehicle: Vehicle = CAR, **changes: Any) -> VehicleRecord:
        """Register a vehicle."""
        vehicle = dataclasses.replace(vehicle, **changes)
        self.vehicles.insert_many([VehicleRecord(first_report(vehicle, (1, "")))])
        return self.vehicles.records[vehicle.vin]

    def active(self, vin: str = CAR.vin) -> list[Any]:
        """Active certificates of a vehicle."""
        return [c for c in self.certificates.by_id.values() if c.issuance.vin == vin and c.status == "active"]
