"""What citizens do with a certificate, as it is stored: shares, bindings, paper marks, claims, repeated requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from jianbiao.domain import bindings, paper
from jianbiao.domain.bindings import BindingState
from jianbiao.domain.paper import Delivery, PaperState
from jianbiao.records import Step


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

    def is_open(self, now: int) -> bool:
        """Whether the link itself still leads anywhere."""
        return self.withdrawn_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class OpenList:
    """Keys of what is open for one vehicle or certificate. Whoever opens, changes or closes one of them writes the
    list in the same transaction, so that all of them can be ended at once without missing one."""

    of: str
    """VIN or certificate id."""
    keys: tuple[str, ...] = ()
    version: int = 0
    """Counts the writes; 0 is not stored yet."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A person's request to see another's vehicle, and what became of it."""

    binding_id: str
    """26 characters; later ones sort behind earlier ones."""
    vin: str
    owner_ref: str
    """Who owned the vehicle when it was asked for: nobody else's consent counts, and it lasts no longer."""
    person_ref: str
    """Who asked."""
    plate_class: str
    plate: str
    """As asked for: the person sees no other plate before the owner has consented."""
    status: str
    """Stored state (domain.bindings)."""
    created_at: int
    expires_at: int
    """End of the time to consent."""
    changed_at: int
    changed_by: str
    keep: int
    """Seconds that it is kept once it is closed."""

    def state(self, now: int, owner_ref: str) -> BindingState:
        """State as of now, for a vehicle that `owner_ref` owns now."""
        stored = BindingState(self.status)
        if stored in bindings.OPEN and owner_ref != self.owner_ref:
            return BindingState.ENDED
        if stored is BindingState.PENDING and now >= self.expires_at:
            return BindingState.EXPIRED
        return stored

    def step(self, status: BindingState, *, at: int, by: str) -> Binding:
        """The binding after one more step."""
        return replace(self, status=str(status), changed_at=at, changed_by=by)


@dataclass(frozen=True, slots=True)
class PaperRequest:
    """A request for a paper mark, and what became of it."""

    certificate_id: str
    number: int
    """1 for the certificate's first request."""
    vin: str
    person_ref: str
    """The owner who asked."""
    delivery: Delivery
    office: str
    """Who prints it: the division of the certificate for mail, the office of collection for pickup."""
    recipient: bytes
    """Name, telephone and address as JSON, encrypted by KMS; empty for pickup."""
    life: tuple[Step, ...]
    """Every step so far, oldest first; `why` is a remark, empty for none."""
    keep: int
    """Seconds that it is kept once it is closed."""

    @property
    def request_id(self) -> str:
        """`<certificate id>-<number>`."""
        return f"{self.certificate_id}-{self.number}"

    @property
    def state(self) -> PaperState:
        """Present state."""
        return PaperState(self.life[-1].status)

    @property
    def requested_at(self) -> int:
        """Epoch second."""
        return self.life[0].at

    @property
    def is_open(self) -> bool:
        """Whether a step is still to come."""
        return self.state in paper.OPEN

    def sealed(self, recipient: bytes) -> PaperRequest:
        """The request with its encrypted recipient."""
        return replace(self, recipient=recipient)

    def step(self, state: PaperState, *, at: int, by: str, why: str) -> PaperRequest:
        """The request after one more step."""
        return replace(self, life=(*self.life, Step(str(state), at, by, why)))


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a claim, and on what grounds."""

    decision_id: str
    """Unique for the vehicle; later ones sort behind earlier ones."""
    vin: str
    at: int
    by: str
    """The owner who claimed."""
    application_id: str
    granted: bool
    reason: str
    """Reason code of a refusal; empty where granted."""
    grounds: Mapping[str, str]
    """What it rests on: rule, policy version, dates (ISO), insurance and tax as they were, extras of the refusal."""
    keep: int
    """Seconds that it is kept."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A request under an Idempotency-Key: who works on it, and its answer once there is one."""

    key: str
    """SHA-256 of person and Idempotency-Key, hex."""
    fingerprint: str
    """SHA-256 of the request, hex."""
    application_id: str
    """Of the first attempt, kept by all later ones: what that one made is recognised by it."""
    begun_at: int
    locked_until: int
    """Epoch second until which an attempt is being made; after it the attempt is taken for dead."""
    forget_at: int
    """End of its life: read as absent from then on."""
    answer: str | None = None
