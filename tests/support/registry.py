"""Registry events in a small world: doubles of their stores, and events made of a few words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jianbiao.domain.eligibility import Person
from jianbiao.domain.times import rfc3339, start_of_day
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import Refusal, Unavailable
from jianbiao.http.event_schemas import shape_faults
from jianbiao.services.events import EventWorker
from jianbiao.services.registry import VEHICLE_UNKNOWN, EventState, Intake, Outcome, StoredEvent
from tests.support.world import CAR, World

BEGIN = start_of_day(date(2026, 10, 1))
"""When the first event of a test occurred."""
HOUR = 3600
CLIENT = "registry-client"


@dataclass
class MemoryEvents:
    """Accepted events."""

    by_id: dict[str, StoredEvent] = field(default_factory=dict)

    def insert_many(self, received: Sequence[StoredEvent]) -> dict[str, StoredEvent]:
        there = {e.event_id: self.by_id[e.event_id] for e in received if e.event_id in self.by_id}
        self.by_id |= {e.event_id: e for e in received if e.event_id not in there}
        return there

    def get(self, event_id: str) -> StoredEvent | None:
        return self.by_id.get(event_id)

    def finish(self, event_id: str, outcome: Outcome, at: int) -> None:
        event = self.by_id.get(event_id)
        if event is None:
            return
        if event.outcome.state is EventState.QUEUED or event.outcome.reason == VEHICLE_UNKNOWN:
            self.by_id[event_id] = dataclasses.replace(event, outcome=outcome)


@dataclass
class MemoryQueue:
    """Messages that were sent and not received yet; may lose a call before or after it takes effect."""

    waiting: list[str] = field(default_factory=list)
    fail: str = ""

    def send(self, ids: Sequence[str]) -> None:
        failing, self.fail = self.fail, ""
        if failing == "before":
            raise Unavailable("queue")
        self.waiting += ids
        if failing:
            raise Unavailable("queue")


@dataclass
class RegistryWorld(World):
    """A world that events are reported to."""

    events: MemoryEvents = field(default_factory=MemoryEvents)
    queue: MemoryQueue = field(default_factory=MemoryQueue)

    @property
    def intake(self) -> Intake:
        """Where events come in."""
        watch = self.faults.wrap
        return Intake(watch(self.events), watch(self.queue).send, shape_faults, self.clock)

    @property
    def event_worker(self) -> EventWorker:
        """What applies them, with every port watched."""
        return EventWorker(self.registrar(), self.policies, self.faults.wrap(self.events))

    def report(self, *events: dict[str, Any]) -> list[Any]:
        """Events come in; returns their results."""
        return self.intake.accept(list(events), self.policies.policy, CLIENT)

    def drain(self) -> None:
        """Apply what waits in the queue, in its order."""
        while self.queue.waiting:
            self.event_worker.apply(self.queue.waiting.pop(0))

    def happen(self, *events: dict[str, Any]) -> list[Outcome]:
        """Events come in and are applied; returns their outcomes."""
        for result in self.report(*events):
            assert result.result != "invalid", result
        self.drain()
        return [self.events.by_id[event["id"]].outcome for event in events]

    def apply(self, vin: str = CAR.vin) -> str | None:
        """The owner applies for the current period; returns the reason of a refusal."""
        record = self.vehicles.get(vin)
        if record is None:
            return "not-bound"
        v = record.registered.vehicle
        person = Person(v.owner_ref, "230100", "portal")
        try:
            self.desk.current(person, self.policies.policy, v.plate_class, v.plate, "r")
        except Refusal as refusal:
            return str(refusal.reason)
        return None

    def vehicle(self, vin: str = CAR.vin) -> Vehicle:
        """What the register says."""
        return self.vehicles.records[vin].registered.vehicle


def at(hours: int) -> str:
    """Time of an event, hours after the first."""
    return rfc3339(BEGIN + hours * HOUR)


def event(id_: str, type_: str, hours: int = 0, vin: str = CAR.vin, **vehicle: Any) -> dict[str, Any]:
    """An event about a vehicle."""
    return {"id": id_, "type": type_, "occurred_at": at(hours), "vehicle": {"vin": vin, **vehicle}}


def registered(id_: str, hours: int = 0, vehicle: Vehicle = CAR, **changes: Any) -> dict[str, Any]:
    """The registration of a whole vehicle."""
    whole = dataclasses.replace(vehicle, **changes)
    facts = {
        "plate_class": whole.plate_class,
        "plate": whole.plate,
        "vehicle_type": whole.vehicle_type,
        "use": whole.use,
        "colour": whole.colour,
        "seats": whole.seats,
        "is_van": whole.is_van,
        "casualty_accident": whole.casualty_accident,
        "illegal_modification": whole.illegal_modification,
        "registered_on": whole.registered_on.isoformat(),
        "manufactured_on": whole.manufactured_on and whole.manufactured_on.isoformat(),
        "valid_until": whole.valid_until and whole.valid_until.isoformat(),
        "division": whole.division,
        "owner_ref": whole.owner_ref,
        "state": whole.state,
    }
    return event(id_, "vehicle.registered", hours, whole.vin, **facts)


def inspected(
    id_: str,
    hours: int = 0,
    passed_on: str = "2026-10-01",
    *,
    division: str = "230100",
    valid_until: str | None = None,
    vin: str = CAR.vin,
) -> dict[str, Any]:
    """An inspection that was passed."""
    inspection = {"division": division, "station": "s-1", "passed_on": passed_on}
    if valid_until:
        inspection["valid_until"] = valid_until
    return event(id_, "inspection.passed", hours, vin) | {"inspection": inspection}


def in_order(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as they occurred."""
    return sorted(events, key=lambda e: (e["occurred_at"], e["id"]))
