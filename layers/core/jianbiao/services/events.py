"""Applying one registry event.

1. *Register*: find its place among the events of its vehicle, and make, in one transaction, all that follows from
   it: the register's facts, the move of the plate (also away from another vehicle), the end of a certificate that
   a newly reported state ends, and the end of what the former owner opened.
2. *Issue*: where an event of the vehicle issues at once (channels 1 and 3), the certificate must say what the
   register says now; `services.issue` makes a new one where it does not.
3. *Withdraw*: where nothing may be issued, a certificate for a plate that the vehicle no longer bears is revoked.
4. *Note* how the event ended, for whoever reads it back.

An event that comes twice changes nothing in 1, finds its certificate in 2, and its outcome in 4. A crash between
any two steps leaves the event `queued`, and its message comes again. Events of one vehicle may be applied at the
same time and in any order: the vehicle's record decides who was first, and the outcome is that of their order of
occurrence, since step 1 replays them in that order and step 2 goes by what the replay gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jianbiao.domain import plates
from jianbiao.domain.certificate import State, differs
from jianbiao.domain.eligibility import Entitlement, entitle_current
from jianbiao.domain.events import Event, event_of
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import Registered, add, blank, without_plate
from jianbiao.domain.times import day_of
from jianbiao.errors import Refusal, Unavailable
from jianbiao.ports import PlateTaken, Policies, Stale
from jianbiao.records import Cause, Certificate, Ending, Step, VehicleChange, VehicleRecord
from jianbiao.services.issue import Issuer
from jianbiao.services.registry import (
    PLATE_TAKEN,
    VEHICLE_UNKNOWN,
    EventState,
    EventStore,
    Outcome,
    StoredEvent,
)

ATTEMPTS = 8
"""Readings of a record that keeps changing, before the message goes back to the queue."""

PLATE_CHANGED = "plate-changed"
"""Why a certificate is revoked whose plate the vehicle no longer bears, where no new one may be issued."""


class OpenOfVehicle(Protocol):
    """Bindings, or requests for paper."""

    def open_of_vehicle(self, vin: str) -> list[Ending]:
        """What is open for a vehicle, and ends with a change of its owner."""


class OpenOfCertificate(Protocol):
    """Share links."""

    def open_of_certificate(self, certificate_id: str) -> list[Ending]:
        """What is open for a certificate, and ends with a change of its vehicle's owner."""


@dataclass(frozen=True, slots=True)
class EventWorker:
    """Applies events. One instance serves any number of them; it keeps no state of its own."""

    issuer: Issuer
    policies: Policies
    events: EventStore
    bindings: OpenOfVehicle
    papers: OpenOfVehicle
    shares: OpenOfCertificate

    def apply(self, event_id: str) -> Outcome | None:
        """Apply an event that was stored; None where there is none (its retention is over).

        Raises Unavailable, IssuedWrong: apply it again.
        """
        stored = self.events.get(event_id)
        if stored is None:
            return None
        if stored.outcome.state is not EventState.QUEUED:
            return stored.outcome
        event, policy = event_of(stored.body), self.policies.current()
        record = self._register(event, policy, stored.sent_by)
        outcome = self._issue(record, event, policy, stored)
        # 4. Note. The event itself comes last: once it is noted, its message does nothing more.
        now = self.issuer.clock()
        if event.report(policy).full:
            for waited in _others(record.registered, event):
                self.events.finish(waited, outcome, now)
        self.events.finish(event_id, outcome, now)
        return outcome

    # 1. Register.

    def _register(self, event: Event, policy: Policy, by: str) -> VehicleRecord:
        for _ in range(ATTEMPTS):
            record = self.issuer.vehicles.get(event.vin) or VehicleRecord(blank(event.vin))
            change = self._change(record, event, policy, by)
            if change is None:
                return record
            try:
                return self.issuer.vehicles.change(record, change)
            except Stale:
                continue
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)

    def _change(self, record: VehicleRecord, event: Event, policy: Policy, by: str) -> VehicleChange | None:
        """All that follows from the event at once; None where it was registered before."""
        now = self.issuer.clock()
        known = add(record.registered, event.report(policy), policy)
        known, plate_from, also = self._plate(record, known, policy, by, now)
        void: Certificate | None = None
        steps: tuple[Certificate, ...] = ()
        if replace(record, registered=known).overtaken:
            cause = policy.revocation_cause(str(event.facts.get("state", "")))
            void, steps = self._ended(record, cause or "deregistered", by, now)
        if known == record.registered and not void and not steps:
            return None
        return VehicleChange(
            registered=known,
            hold=record.hold,
            at=now,
            by=by,
            steps=steps,
            void=void,
            endings=self._endings(record, known),
            plate_from=plate_from,
            also=also,
        )

    def _plate(
        self, record: VehicleRecord, known: Registered, policy: Policy, by: str, now: int
    ) -> tuple[Registered, str | None, tuple[tuple[VehicleRecord, VehicleChange], ...]]:
        """The vehicle with the plate that it bears; from which VIN the plate is taken; and what changes there.

        A plate is borne by the vehicle that was given it last.
        """
        plate = _plate_of(known)
        if plate is None or plate == _plate_of(record.registered):
            return known, None, ()
        vin = self.issuer.vehicles.vin_of_plate(*plate)
        if vin is None or vin == known.vehicle.vin:
            return known, None, ()
        bearer = self.issuer.vehicles.get(vin)
        if bearer is None or _plate_of(bearer.registered) != plate:
            return known, vin, ()  # a pointer that an interrupted first load left behind
        if _given(bearer.registered) > _given(known):
            return without_plate(known, policy), None, ()
        void, steps = self._ended(bearer, PLATE_TAKEN, by, now)
        loses = VehicleChange(
            without_plate(bearer.registered, policy), bearer.hold, now, by, steps=steps, void=void
        )
        return known, vin, ((bearer, loses),)

    def _ended(
        self, record: VehicleRecord, why: str, by: str, now: int
    ) -> tuple[Certificate | None, tuple[Certificate, ...]]:
        """The issuance that must not be signed any more, and the certificate that ends."""
        if record.current is None:
            return None, ()
        void, running = None, self.issuer.certificates.get(record.current)
        if running is None:
            pending = self.issuer.issuances.get(record.current)
            if pending is None:
                raise Unavailable("the issuance record is not readable yet", retry_after=1)
            void = Certificate(pending, b"", (Step(State.REVOKED, now, by, why),))
            running = self.issuer.certificates.get(pending.supersedes) if pending.supersedes else None
        if running is None or not running.unfinished(now):
            return void, ()
        return void, (running.step(State.REVOKED, at=now, by=by, why=why),)

    def _endings(self, record: VehicleRecord, known: Registered) -> tuple[Ending, ...]:
        """What the former owner opened; nothing where the owner stays, or there was none."""
        before, vin = record.registered.vehicle.owner_ref, known.vehicle.vin
        if not before or before == known.vehicle.owner_ref:
            return ()
        endings = self.bindings.open_of_vehicle(vin) + self.papers.open_of_vehicle(vin)
        for certificate_id in self._shared(record):
            endings += self.shares.open_of_certificate(certificate_id)
        return tuple(endings)

    def _shared(self, record: VehicleRecord) -> Sequence[str]:
        """Certificates whose links still lead somewhere: the current one, and the one it is to replace."""
        if record.current is None:
            return ()
        pending = self.issuer.issuances.get(record.current)
        older = pending.supersedes if pending else None
        return (record.current, older) if older else (record.current,)

    # 2. Issue.

    def _issue(self, record: VehicleRecord, event: Event, policy: Policy, stored: StoredEvent) -> Outcome:
        known = record.registered
        if not known.known:
            return Outcome(EventState.REFUSED, reason=VEHICLE_UNKNOWN)
        here = event.inspection is None or event.inspection.division == known.vehicle.division
        waits = event.issues and here
        if known.issues <= known.ends:
            return self._withdrawn(record, stored, Outcome(EventState.APPLIED))

        def decide(read: VehicleRecord) -> Entitlement:
            return self.entitle(read, policy)

        channel = event.report(policy).channel if waits else known.channel
        cause = Cause(channel, f"event:{event.id}", stored.sent_by)
        try:
            issued = self.issuer.issue(record, decide, cause, needs=differs)
        except PlateTaken:
            raise Unavailable("the plate is moving", retry_after=1) from None
        except Refusal as refusal:
            refused = Outcome(EventState.REFUSED, reason=str(refusal.reason))
            return self._withdrawn(record, stored, refused if waits else Outcome(EventState.APPLIED))
        id_ = issued.certificate.certificate_id
        return Outcome(EventState.APPLIED, id_ if waits or issued.created else None)

    def entitle(self, read: VehicleRecord, policy: Policy) -> Entitlement:
        """What events entitle a vehicle to, as read; raises Refusal."""
        known, now = read.registered, self.issuer.clock()
        if known.issues <= known.ends:
            # A state that ends certificates was reported meanwhile.
            raise Refusal(Reason.STATE_BLOCKED)
        if not known.vehicle.plate:
            raise Refusal(PLATE_TAKEN)
        if not _fits(known):
            raise Refusal(Reason.RECORD_INCONSISTENT, why="plate-and-class")
        until = known.vehicle.valid_until
        if known.elsewhere:
            running = self.issuer.certificates.get(read.current) if read.current else None
            until = known.issuable_until(running.valid_until if running and running.running(now) else None)
        vehicle = replace(known.vehicle, valid_until=until)
        return entitle_current(policy, vehicle, person=None, held=read.hold is not None, on=day_of(now))

    # 3. Withdraw.

    def _withdrawn(self, record: VehicleRecord, stored: StoredEvent, outcome: Outcome) -> Outcome:
        """The same outcome, once no certificate is running for a plate that the vehicle no longer bears."""
        for _ in range(ATTEMPTS):
            now = self.issuer.clock()
            void, steps = self._ended(record, PLATE_CHANGED, stored.sent_by, now)
            # Each by itself: what is reserved may name the new plate already, or the running one still the old.
            steps = tuple(c for c in steps if not _names_plate(c, record.registered))
            if void is not None and _names_plate(void, record.registered):
                void = None
            if not void and not steps:
                return outcome
            change = VehicleChange(
                record.registered, record.hold, now, stored.sent_by, steps=steps, void=void
            )
            try:
                self.issuer.vehicles.change(record, change)
            except Stale:
                record = self.issuer.vehicles.get(record.registered.vehicle.vin) or record
                continue
            return outcome
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)


def _plate_of(known: Registered) -> tuple[str, str] | None:
    vehicle = known.vehicle
    return (vehicle.plate_class, vehicle.plate) if vehicle.plate else None


def _given(known: Registered) -> tuple[int, str]:
    """Stamp of the report that gave the vehicle its plate, or its class."""
    return max(known.stamp_of("plate"), known.stamp_of("plate_class"))


def _fits(known: Registered) -> bool:
    """Whether the plate is one of its class: the two may come in different events."""
    try:
        return plates.normalise(known.vehicle.plate, known.vehicle.plate_class) == known.vehicle.plate
    except ValueError:
        return False


def _names_plate(certificate: Certificate, known: Registered) -> bool:
    claims = certificate.claims
    return (claims.plate_class, claims.plate) == _plate_of(known)


def _others(known: Registered, event: Event) -> list[str]:
    """Ids of the events that the vehicle has besides this one; they may have waited for it."""
    return [id_ for _, id_ in (r.stamp for r in known.history) if id_ != event.id and "\0" not in id_]
