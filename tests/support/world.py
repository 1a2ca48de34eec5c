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
from jianbiao.services.bindings import BindingDesk
from jianbiao.services.issue import Issuer
from jianbiao.services.paper import OfficeDesk, PaperDesk
from jianbiao.services.registrar import Registrar
from jianbiao.services.replays import Once
from tests.domain.samples import running
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
from tests.support.memory_desks import (
    MemoryBindings,
    MemoryDecisions,
    MemoryOpen,
    MemoryPapers,
    MemoryReplays,
    MemorySeal,
)

TODAY = date(2026, 11, 22)
OWNER = Person(person_ref="p-1", division="230100", client_id="portal")
OTHER = Person(person_ref="p-2", division="230100", client_id="portal")
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]

CAR = running(colour="A")


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

    decisions: MemoryDecisions = field(default_factory=MemoryDecisions)
    replays: MemoryReplays = field(default_factory=MemoryReplays)
    seal: MemorySeal = field(default_factory=MemorySeal)
    open_bindings: MemoryOpen = field(default_factory=lambda: MemoryOpen("binding"))
    open_papers: MemoryOpen = field(default_factory=lambda: MemoryOpen("paper"))
    open_shares: MemoryOpen = field(default_factory=lambda: MemoryOpen("share"))
    later: int = 0
    """Seconds after ten in the morning."""

    def __post_init__(self) -> None:
        self.vehicles = MemoryVehicles(self.issuances, self.certificates)
        self.bindings = MemoryBindings(self.vehicles)
        self.papers = MemoryPapers(self.vehicles)
        self._numbers = itertools.count(1)

    def clock(self) -> int:
        """Ten in the morning of `today`, and `later`."""
        return start_of_day(self.today) + 36_000 + self.later

    def random(self, size: int) -> bytes:
        """Different bytes at each call, the same in each run."""
        return next(self._numbers).to_bytes(size)

    @property
    def issuer(self) -> Issuer:
        """The issuer, with every port watched."""
        watch = self.faults.wrap
        self.vehicles.statements = watch(self.vehicles)
        return Issuer(
            "test",
            self.vehicles.statements,
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
        return ApplicationDesk(self.access, self.issuer, self.faults.wrap(self.decisions))

    @property
    def access(self) -> Access:
        """The gate of all citizen calls."""
        watch = self.faults.wrap
        return Access(
            watch(self.vehicles), watch(self.certificates), watch(self.bindings), self.clock, self.keys
        )

    @property
    def binding_desk(self) -> BindingDesk:
        """Where people bind vehicles."""
        watch = self.faults.wrap
        return BindingDesk(watch(self.vehicles), watch(self.bindings), self.clock, self.random)

    @property
    def paper_desk(self) -> PaperDesk:
        """Where owners ask for paper marks."""
        watch = self.faults.wrap
        return PaperDesk(watch(self.papers), watch(self.seal), self.clock)

    @property
    def office(self) -> OfficeDesk:
        """Where the office works."""
        watch = self.faults.wrap
        return OfficeDesk(watch(self.papers), watch(self.certificates), watch(self.seal), self.clock)

    @property
    def once(self) -> Once:
        """What carries requests out once."""
        return Once(self.faults.wrap(self.replays), self.clock)

    @property
    def worker(self) -> ChunkWorker:
        """The ledger chunk worker."""
        return ChunkWorker(self.registrar(), self.policies)

    def registrar(self, issuer: Issuer | None = None) -> Registrar:
        """What takes reports down, with every port watched; with an issuer of its own where one is given."""
        watch = self.faults.wrap
        return Registrar(
            issuer or self.issuer, watch(self.open_bindings), watch(self.open_papers), watch(self.open_shares)
        )

    def add(self, vehicle: Vehicle = CAR, **changes: Any) -> VehicleRecord:
        """Register a vehicle."""
        vehicle = dataclasses.replace(vehicle, **changes)
        self.vehicles.insert_many([VehicleRecord(first_report(vehicle, (1, "")))])
        return self.vehicles.records[vehicle.vin]

    def active(self, vin: str = CAR.vin) -> list[Any]:
        """Active certificates of a vehicle."""
        return [c for c in self.certificates.by_id.values() if c.issuance.vin == vin and c.status == "active"]
