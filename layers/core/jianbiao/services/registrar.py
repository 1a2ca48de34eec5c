"""Taking down what the register says of a vehicle, whether an event says it or a row of a ledger.

1. *Register*: make, in one transaction, all that follows from a report: the register's facts, the move of the plate
   (also away from another vehicle), the end of a certificate that a newly reported state ends, and the end of what
   a former owner opened.
2. *Entitle*: what the register itself, without an application, entitles the vehicle to. `services.issue` issues it.
3. *Withdraw*: where nothing may be issued, a certificate for a plate that the vehicle no longer bears is revoked.

A report that comes twice changes nothing in 1. A crash after 1 leaves a vehicle whose certificate does not say yet
what the register says; the same report, sent again, goes on with 2 and 3. Reports of one vehicle may be taken down at
the same time and in any order: the vehicle's record decides who was first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jianbiao.domain import plates
from jianbiao.domain.certificate import State
from jianbiao.domain.eligibility import Entitlement, entitle_current
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.register import Registered, Stamp, blank, without_plate
from jianbiao.domain.times import day_of
from jianbiao.errors import Refusal, Unavailable
from jianbiao.ports import PlateTaken, Stale
from jianbiao.records import Certificate, Ending, Step, VehicleChange, VehicleRecord
from jianbiao.services.issue import Issuer
from jianbiao.services.registry import PLATE_CHANGED, PLATE_TAKEN

ATTEMPTS = 8
"""Readings of a record that keeps changing, before the caller is told to come back."""

ENDED = "deregistered"
"""Why a certificate is revoked by a state that has been corrected since."""


class OpenOfVehicle(Protocol):
    """Bindings, or requests for paper."""

    def open_of_vehicle(self, vin: str) -> list[Ending]:
        """What is open for a vehicle, and ends with a change of its owner."""


class OpenOfCertificate(Protocol):
    """Share links."""

    def open_of_certificate(self, certificate_id: str) -> list[Ending]:
        """What is open for a certificate, and ends with a change of its vehicle's owner."""


@dataclass(frozen=True, slots=True)
class Registrar:
    """Takes reports down. One instance serves any number of them; it keeps no state of its own."""

    issuer: Issuer
    bindings: OpenOfVehicle
    papers: OpenOfVehicle
    shares: OpenOfCertificate

    # 1. Register.

    def register(
        self, vin: str, report: Callable[[Registered], Registered], policy: Policy, *, by: str, state: str = ""
    ) -> VehicleRecord:
        """The vehicle's record after a report that `report` merges into what is known; `by` is who sent it, `state`
        the letters that it reports.

        Raises PlateTaken where another vehicle was given the plate by an equally old report, so that nobody can tell
        whose it is, and nothing is changed; Unavailable.
        """
        for _ in range(ATTEMPTS):
            record = self.issuer.vehicles.get(vin) or VehicleRecord(blank(vin))
            change = self._change(record, report(record.registered), policy, by, state)
            if change is None:
                return record
            try:
                return self.issuer.vehicles.change(record, change)
            except Stale:
                continue
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)

    def _change(
        self, record: VehicleRecord, known: Registered, policy: Policy, by: str, state: str
    ) -> VehicleChange | None:
        """All that follows from the report at once; None where it was registered before."""
        now = self.issuer.clock()
        known, plate_from, also = self._plate(record, known, policy, by, now)
        void: Certificate | None = None
        steps: tuple[Certificate, ...] = ()
        if record.overtaken_by(known):
            void, steps = self._ended(record, policy.revocation_cause(state) or ENDED, by, now)
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
        bearer, given = self.issuer.vehicles.get(vin) or VehicleRecord(blank(vin)), _given(known)
        if _plate_of(bearer.registered) != plate:
            # Left behind by a first load, or by one that is still under way. Its record is written, too, blank where
            # there is none: the load then finds the vehicle known, and its row comes here as any other does.
            return known, vin, ((bearer, VehicleChange(bearer.registered, bearer.hold, now, by)),)
        if _given(bearer.registered) == given:
            raise PlateTaken("two vehicles bear the plate in the same ledger")
        if _given(bearer.registered) > given:
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

    # 2. Entitle.

    def entitle(self, read: VehicleRecord, policy: Policy) -> Entitlement:
        """What a vehicle, as read, has without anybody's application; raises Refusal."""
        known, now = read.registered, self.issuer.clock()
        if not known.vehicle.plate:
            raise Refusal(PLATE_TAKEN)
        if not _fits(known):
            raise Refusal(Reason.RECORD_INCONSISTENT, why="plate-and-class")
        vehicle = replace(known.vehicle, valid_until=known.issuable_until)
        return entitle_current(policy, vehicle, person=None, held=read.hold is not None, on=day_of(now))

    # 3. Withdraw.

    def withdraw(self, record: VehicleRecord, *, by: str) -> None:
        """See to it that no certificate is running for a plate that the vehicle no longer bears."""
        for _ in range(ATTEMPTS):
            now = self.issuer.clock()
            void, steps = self._ended(record, PLATE_CHANGED, by, now)
            # Each by itself: what is reserved may name the new plate already, or the running one still the old.
            steps = tuple(c for c in steps if not _names_plate(c, record.registered))
            if void is not None and _names_plate(void, record.registered):
                void = None
            if not void and not steps:
                return
            change = VehicleChange(record.registered, record.hold, now, by, steps=steps, void=void)
            try:
                self.issuer.vehicles.change(record, change)
            except Stale:
                record = self.issuer.vehicles.get(record.registered.vehicle.vin) or record
                continue
            return
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)


def _plate_of(known: Registered) -> tuple[str, str] | None:
    vehicle = known.vehicle
    return (vehicle.plate_class, vehicle.plate) if vehicle.plate else None


def _given(known: Registered) -> Stamp:
    """Stamp of the report that gave the vehicle its plate, or its class. That of a ledger row has no id."""
    return max(known.stamp_of("plate"), known.stamp_of("plate_class"))


def _fits(known: Registered) -> bool:
    """Whether the plate is one of its class: the two may come in different reports."""
    try:
        return plates.normalise(known.vehicle.plate, known.vehicle.plate_class) == known.vehicle.plate
    except ValueError:
        return False


def _names_plate(certificate: Certificate, known: Registered) -> bool:
    claims = certificate.claims
    return (claims.plate_class, claims.plate) == _plate_of(known)
