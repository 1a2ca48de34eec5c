"""What is stored about vehicles, certificates and shares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from jianbiao.domain.certificate import CertificateFacts, State, is_terminal
from jianbiao.domain.register import Registered
from jianbiao.domain.times import last_valid_day
from jianbiao.wire.claims import Claims
from jianbiao.wire.ids import certificate_id

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
class VehicleRecord:
    """A vehicle as stored. `version` counts the writes; 0 is not stored yet."""

    registered: Registered
    version: int = 0
    current: str | None = None
    """Id of the newest issuance. It is a certificate once the certificate store has it; until then a crash or
    a running request lies between, and whoever comes next finishes it."""
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends together with a change of the vehicle: an open share, binding or paper request."""

    kind: str
    """`share`, `binding` or `paper`."""
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
    steps: tuple[Certificate, ...] = ()
    """Certificates after one more step; each must be stored as it was before that step."""
    void: Certificate | None = None
    """The vehicle's current issuance as a certificate without bytes in a terminal state: it was reserved, is not
    signed yet, and must not become active any more."""
    endings: tuple[Ending, ...] = ()
    """At most 80: a transaction takes 100 operations."""


@dataclass(frozen=True, slots=True)
class Share:
    """A link that hands a certificate to somebody else."""

    share_id: str
    token_hash: str
    """SHA-256 of the token, hex: the token itself is not stored."""
    certificate_id: str
    created_at: int
    created_by: str
    expires_at: int
    views: int = 0
    withdrawn_at: int | None = None
