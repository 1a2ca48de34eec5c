"""What is stored about vehicles and certificates, and about who looked at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from jianbiao.domain.certificate import CertificateFacts, State, is_terminal
from jianbiao.domain.times import last_valid_day
from jianbiao.wire.claims import Claims
from jianbiao.wire.ids import certificate_id

if TYPE_CHECKING:
    from jianbiao.domain.reports import Registered, Stamp

STATUS_VALUES = {State.ACTIVE: 0, State.REVOKED: 1, State.SUSPENDED: 2, State.SUPERSEDED: 3}
"""Stored states as values of the status list (wire format 3, step 7)."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a certificate comes to be: product.md's channel (1 to 6), what triggered it, and by whose hand."""

    channel: int
    trigger: str
    """`ledger:<file id>:<byte offset>`, `application:<request id>` or `event:<event id>`."""
    actor: str
    """Person reference, machine client, or `system`."""

    @property
    def is_application(self) -> bool:
        """Whether somebody applied, as opposed to the register's word."""
        return self.trigger.startswith("application:")


@dataclass(frozen=True, slots=True)
class Issuance:
    """What is to be signed, fixed before it is: one payload, whoever signs it and however often."""

    claims: Claims
    kid: bytes
    vin: str
    cause: Cause
    rule_id: str
    policy_version: int
    transition: bool
    supersedes: str | None
    """Id of the certificate that ends when this one begins."""

    @property
    def certificate_id(self) -> str:
        """The claim `cti` as it is printed, 26 characters."""
        return certificate_id(self.claims.cti)


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of a certificate."""

    status: str
    """`active`, `superseded`, `suspended` or `revoked`: the state after the step."""
    at: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was signed, with the state it is in."""

    issuance: Issuance
    data: bytes
    """The certificate bytes of wire format 2; empty for an issuance that was voided before it was signed."""
    life: tuple[Step, ...]
    """Every step so far, oldest first; the last one is the present state."""

    @property
    def certificate_id(self) -> str:
        """26 characters."""
        return self.issuance.certificate_id

    @property
    def claims(self) -> Claims:
        """What the certificate says."""
        return self.issuance.claims

    @property
    def status(self) -> str:
        """The stored state; `expired` is derived from the date, never stored."""
        return self.life[-1].status

    @property
    def valid_until(self) -> date:
        """Last valid day, Asia/Shanghai."""
        return last_valid_day(self.claims.exp)

    @property
    def facts(self) -> CertificateFacts:
        """What decides whether a new certificate is needed."""
        c = self.claims
        return CertificateFacts(c.plate, c.plate_class, c.vehicle_type, c.use, self.valid_until)

    def running(self, now: int) -> bool:
        """Active and not past its end."""
        return self.status == State.ACTIVE and now < self.claims.exp

    def unfinished(self, now: int) -> bool:
        """Not past its end and in no terminal state: a newer certificate has to end it."""
        return not is_terminal(State(self.status)) and now < self.claims.exp

    def step(self, status: str, *, at: int, by: str, why: str) -> Certificate:
        """The certificate after one more step."""
        return replace(self, life=(*self.life, Step(status, at, by, why)))


@dataclass(frozen=True, slots=True)
class Hold:
    """An operator's stop on a vehicle: nothing issues anew until it is lifted."""

    at: int
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class HoldStep:
    """A hold that was put on a vehicle, or lifted: kept when the hold itself is gone."""

    held: bool
    at: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class VehicleRecord:
    """A vehicle as stored. `version` counts the writes; 0 is not stored yet."""

    registered: Registered
    version: int = 0
    current: str | None = None
    """Id of the newest issuance. It is a certificate once the certificate store has it; until then a crash or
    a running request lies between, and whoever comes next finishes it."""
    hold: Hold | None = None
    hold_steps: tuple[HoldStep, ...] = ()
    """Every hold so far and its lifting, oldest first."""
    basis: Stamp | None = None
    """Report of the state that `current` was issued on: the one of the register's word that issues, or, for an
    application, the newest that was known. A state that ends certificates and was reported after it ends this one,
    also when it is heard of late. None: the state it was first stored with."""

    def reserved(self, issuance: Issuance, registered: Registered) -> VehicleRecord:
        """The record with a new current issuance, decided on what is registered."""
        basis = registered.stamp_of("state") if issuance.cause.is_application else registered.issuing_state
        return replace(
            self,
            registered=registered,
            version=self.version + 1,
            current=issuance.certificate_id,
            # What a certificate was applied for on is not lost when the register has it replaced.
            basis=max(basis, self._decided_on) if self.current else basis,
        )

    @property
    def overtaken(self) -> bool:
        """Whether a state that ends certificates was reported after the current one was decided."""
        return self.overtaken_by(self.registered)

    def overtaken_by(self, known: Registered) -> bool:
        """The same, once `known` is registered."""
        return self.current is not None and known.ends > self._decided_on

    @property
    def _decided_on(self) -> Stamp:
        return self.basis or self.registered.first_state

    def after(self, change: VehicleChange) -> VehicleRecord:
        """The record once `change` has taken effect.

        A voided issuance gives way to the certificate it was meant to replace: that one is the vehicle's newest
        again, so that a later reinstatement and a later issuance meet at the same record.
        """
        steps = self.hold_steps
        if change.hold is not None and change.hold != self.hold:
            steps = (*steps, HoldStep(True, change.hold.at, change.hold.actor, change.hold.reason))
        elif change.hold is None and self.hold is not None:
            steps = (*steps, HoldStep(False, change.at, change.by, change.why))
        current = self.current
        if change.void is not None:
            current = change.void.issuance.supersedes or current
        return replace(
            self,
            registered=change.registered,
            version=self.version + 1,
            current=current,
            hold=change.hold,
            hold_steps=steps,
            # The report that ends the current one may be a ledger's, and move the state that it was first stored with.
            basis=self._decided_on if self.overtaken_by(change.registered) else self.basis,
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends together with a change of the vehicle: an open share, binding or paper request, or one
    of the lists that say which ones are open (`OpenList`)."""

    kind: str
    """`share`, `binding` or `paper`; `shares`, `bindings` or `papers` for the list of the open ones, which has to be
    as it was read."""
    key: tuple[str, ...]
    """Its key in its store."""
    why: str


@dataclass(frozen=True, slots=True)
class VehicleChange:
    """All that changes at once when a vehicle's facts or its hold change."""

    registered: Registered
    hold: Hold | None
    at: int
    by: str
    why: str = ""
    """Reason of a hold's lifting; that of a new hold is in `hold`, those of steps are in the certificates."""
    steps: tuple[Certificate, ...] = ()
    """Certificates after one more step; each must be stored as it was before that step."""
    void: Certificate | None = None
    """The vehicle's current issuance as a certificate without bytes in a terminal state: it was reserved, is not
    signed yet, and must not become active any more."""
    endings: tuple[Ending, ...] = ()
    """At most 80: a transaction takes 100 operations."""
    plate_from: str | None = None
    """VIN that the plate's pointer has now, where the plate is taken from another vehicle."""
    also: tuple[tuple[VehicleRecord, VehicleChange], ...] = ()
    """The vehicle that loses its plate by this, or the pointer of a plate that it does not bear, with what changes for
    it: one that is not stored yet (version 0) is stored blank."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One look at something that is not one's own, as the audit trail keeps it."""

    at: int
    action: str
    """`verify`, `verify-batch`, `lookup`, `admin-read`, `audit-query`."""
    by: str
    """The person behind a machine's token."""
    client: str
    subjects: tuple[str, ...]
    """What it can be found by: `certificate#…`, `plate#<class>#<plate>`, `terminal#…`, `actor#…`."""
    detail: Mapping[str, Any]
    keep_days: int
    """Retention, from the policy in force at the time."""
