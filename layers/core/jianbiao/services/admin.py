"""Revoking, suspending, reinstating; holds on vehicles. Never signs, so it works while KMS is down.

The vehicle's record decides who was first. Each call

1. reads the record and the certificates that it leads to,
2. makes one change of the record, in one transaction: the hold, every step of a certificate, and the end of an
   issuance that is reserved and not signed yet,
3. begins again where the record changed meanwhile.

An application or a backfill that has reserved before the change finds its issuance voided when it comes to
commit; one that comes after it finds the hold. So none gets past, and no lock is held while KMS signs.

A crash before 2 leaves everything as it was, one after it leaves all of it done: the same call sent again is
answered with what is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jianbiao.domain.certificate import State, check_step
from jianbiao.errors import Conflict, NotFound, Unavailable
from jianbiao.ports import Certificates, Clock, Issuances, Stale, Vehicles
from jianbiao.records import Certificate, Hold, HoldStep, Issuance, Step, VehicleChange, VehicleRecord
from jianbiao.wire.ids import certificate_id, parse_certificate_id

ATTEMPTS = 8
"""Readings of a record that keeps changing, before the operator is told to come back."""


@dataclass(frozen=True, slots=True)
class History:
    """A certificate with every step of its life, and its vehicle with every hold."""

    certificate: Certificate
    record: VehicleRecord


@dataclass(frozen=True, slots=True)
class AdminDesk:
    """What operators do for cause."""

    vehicles: Vehicles
    certificates: Certificates
    issuances: Issuances
    clock: Clock

    def history(self, text: str) -> History:
        """The certificate with this id. Raises NotFound, Unavailable."""
        try:
            id_ = certificate_id(parse_certificate_id(text))
        except ValueError:
            raise NotFound from None
        certificate = self.certificates.get(id_)
        if certificate is None:
            raise NotFound
        return History(certificate, self._record(certificate.issuance.vin))

    def stop(self, text: str, kind: State, *, reason: str, actor: str) -> History:
        """Revoke or suspend (`kind`) a certificate and put a hold on its vehicle.

        The cause lies with the vehicle: where another certificate of it is running, or is about to be signed, that
        one is stopped, too. Raises NotFound, Conflict(not-allowed-in-state), Unavailable.
        """

        def change(found: History, now: int) -> VehicleChange | None:
            certificate, record = found.certificate, found.record
            if record.hold is not None and _is(certificate.life[-1], kind, reason, actor):
                return None
            check_step(State(certificate.status), kind)
            pending = self._pending(record)
            other_id = pending.supersedes if pending else record.current
            other = self.certificates.get(other_id) if other_id else None
            voided = (
                Certificate(pending, b"", (Step(State.REVOKED, now, actor, reason),)) if pending else None
            )
            stopped = [certificate]
            if (
                other is not None
                and other.certificate_id != certificate.certificate_id
                and other.unfinished(now)
                and other.status != kind
            ):
                stopped.append(other)
            return VehicleChange(
                registered=record.registered,
                hold=Hold(now, actor, reason),
                at=now,
                by=actor,
                why=reason,
                steps=tuple(c.step(kind, at=now, by=actor, why=reason) for c in stopped),
                void=voided,
            )

        return self._change(text, change)

    def reinstate(self, text: str, *, reason: str, actor: str) -> History:
        """Make a suspended certificate active again and lift the hold.

        Refused where it has ended meanwhile, or no longer says what the vehicle is: then the hold is to be lifted,
        and a new one issued. Raises NotFound, Conflict(not-allowed-in-state), Unavailable.
        """

        def change(found: History, now: int) -> VehicleChange | None:
            certificate, record = found.certificate, found.record
            if record.hold is None and _is(certificate.life[-1], State.ACTIVE, reason, actor):
                return None
            if certificate.status != State.SUSPENDED:
                raise Conflict(
                    "not-allowed-in-state",
                    f"a certificate that is {certificate.status} cannot be reinstated",
                )
            if now >= certificate.claims.exp:
                raise Conflict("not-allowed-in-state", "the certificate is past its end of validity")
            if not _still_says(certificate, record):
                raise Conflict("not-allowed-in-state", "the vehicle has changed since")
            pending = self._pending(record)
            newest = pending.supersedes if pending else record.current
            if newest != certificate.certificate_id:
                raise Conflict("not-allowed-in-state", "the vehicle has another certificate since")
            active = certificate.step(State.ACTIVE, at=now, by=actor, why=reason)
            return VehicleChange(record.registered, None, now, actor, reason, (active,))

        return self._change(text, change)

    def lift(self, vin: str, *, reason: str, actor: str) -> VehicleRecord:
        """Lift the hold on a vehicle. What was suspended or revoked stays so: a new certificate can be issued.

        Raises NotFound, Conflict(not-held), Unavailable.
        """
        for _ in range(ATTEMPTS):
            record = self.vehicles.get(vin)
            if record is None:
                raise NotFound
            if record.hold is None:
                last = record.hold_steps[-1] if record.hold_steps else None
                if last and last == HoldStep(False, last.at, actor, reason):
                    return record
                raise Conflict("not-held")
            now = self.clock()
            try:
                return self.vehicles.change(
                    record, VehicleChange(record.registered, None, now, actor, reason)
                )
            except Stale:
                continue
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)

    def _change(self, text: str, decide: Callable[[History, int], VehicleChange | None]) -> History:
        for _ in range(ATTEMPTS):
            # 1. Read.
            found = self.history(text)
            change = decide(found, self.clock())
            if change is None:
                return found
            # 2. One transaction. Stale: somebody was first, 3. begin again.
            try:
                record = self.vehicles.change(found.record, change)
            except Stale:
                continue
            (after,) = [c for c in change.steps if c.certificate_id == found.certificate.certificate_id]
            return History(after, record)
        raise Unavailable("the vehicle's record keeps changing", retry_after=2)

    def _pending(self, record: VehicleRecord) -> Issuance | None:
        """The issuance that is reserved and has no certificate yet."""
        if record.current is None or self.certificates.get(record.current) is not None:
            return None
        issuance = self.issuances.get(record.current)
        if issuance is None:
            raise Unavailable("the issuance record is not readable yet", retry_after=1)
        return issuance

    def _record(self, vin: str) -> VehicleRecord:
        record = self.vehicles.get(vin)
        if record is None:
            raise Unavailable("the vehicle's record is not readable yet", retry_after=1)
        return record


def _is(step: Step, status: State, reason: str, actor: str) -> bool:
    """Whether the last step is what this very call would make: the answer to its first sending was lost."""
    return (step.status, step.why, step.by) == (status, reason, actor)


def _still_says(certificate: Certificate, record: VehicleRecord) -> bool:
    """Whether plate, class, type and use are still the vehicle's."""
    claims, vehicle = certificate.claims, record.registered.vehicle
    return (claims.plate, claims.plate_class, claims.vehicle_type, claims.use) == (
        vehicle.plate,
        vehicle.plate_class,
        vehicle.vehicle_type,
        vehicle.use,
    )
