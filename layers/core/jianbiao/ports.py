"""What the services need from outside, as protocols. `jianbiao.aws` has the real ones, the tests have doubles.

Contract of every store: a method that returns has taken effect; one that raises `Unavailable` may or may not
have, and may be called again with the same arguments. `Stale` means that somebody else was first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from jianbiao.domain.times import DAY

if TYPE_CHECKING:
    from jianbiao.citizen_records import Binding, Decision, OpenList, PaperRequest, Replay, Share
    from jianbiao.domain.policy import Policy
    from jianbiao.domain.reports import Registered
    from jianbiao.records import AuditEntry, Certificate, Issuance, VehicleChange, VehicleRecord
    from jianbiao.wire.keys import KeySet


class Stale(Exception):
    """A condition no longer holds: read again and decide anew."""


class PlateTaken(Stale):
    """The plate belongs to another vehicle; reading again will not help."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The published key set, and which of its keys signs certificates now."""

    published: KeySet
    active_kid: bytes
    list_kid: bytes | None = None
    """The key that signs status lists now."""

    def days_left(self, now: int) -> float:
        """Days until the first of the keys that sign now may no longer do so; negative behind it."""
        signing = {self.active_kid, self.list_kid}
        ends = [key.exp for key in self.published.keys if key.kid in signing and key.revoked_at is None]
        return (min(ends, default=now) - now) / DAY


Clock = Callable[[], int]
"""Real time: the epoch second now."""

Random = Callable[[int], bytes]
"""Unpredictable bytes, as many as asked for."""


class Signer(Protocol):
    """A signature by a key that never leaves KMS."""

    def sign(self, kid: bytes, message: bytes) -> bytes:
        """Signature in DER over `message` (at most 4,096 bytes), by the key's algorithm. Raises Unavailable."""


class Keys(Protocol):
    """The deployment's key set."""

    def current(self) -> SigningKeys:
        """At most a minute old. Raises Unavailable."""


class Policies(Protocol):
    """The deployment's policy."""

    def current(self) -> Policy:
        """At most a minute old. Raises Unavailable."""


class Indices(Protocol):
    """Status list indices: each is handed out once, in no guessable order."""

    def take(self, count: int) -> Sequence[tuple[int, int]]:
        """`count` pairs (list number, index); indices lost to a crash are never used. Raises Unavailable."""


class Vehicles(Protocol):
    """Vehicles, with the pointer from (plate class, plate) to the one VIN that bears it."""

    def get(self, vin: str) -> VehicleRecord | None:
        """The newest record of a vehicle."""

    def get_many(self, vins: Iterable[str]) -> dict[str, VehicleRecord]:
        """Records by VIN; unknown VINs are left out."""

    def vin_of_plate(self, plate_class: str, plate: str) -> str | None:
        """VIN of the vehicle that bears the plate now."""

    def vins_of_plates(self, plates: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The same for many plates."""

    def of_owner(self, owner_ref: str, *, limit: int, after: str | None) -> tuple[list[str], str | None]:
        """VINs of an owner's vehicles in order, and where the next page starts (None: that was all)."""

    def insert_many(self, records: Sequence[VehicleRecord]) -> set[str]:
        """Store new vehicles with their plates; returns the VINs that were stored. A VIN or plate that
        somebody else has stored meanwhile is left out and unchanged. Each vehicle is stored whole or not at all;
        a plate pointer may remain behind: the next attempt for the same VIN takes it over, or whoever is given the
        plate before that, together with the VIN's record, so that a vehicle without its pointer is never stored."""

    def update(self, record: VehicleRecord, registered: Registered) -> VehicleRecord:
        """Store new register facts, and move the plate's pointer along. Raises Stale when the record changed,
        PlateTaken when the plate is another vehicle's."""

    def change(self, record: VehicleRecord, change: VehicleChange) -> VehicleRecord:
        """Make a change in one transaction. Raises Stale when the record, a certificate or what is to end is no
        longer as read, PlateTaken as `update`."""

    def reserve(self, record: VehicleRecord, issuance: Issuance, registered: Registered) -> VehicleRecord:
        """Make `issuance` the vehicle's current one and record it, in one transaction. Raises Stale when the
        record changed or the vehicle is on hold, PlateTaken as `update`."""


class Issuances(Protocol):
    """What was meant to be signed, written before it was: never changed, never deleted."""

    def insert_many(self, issuances: Sequence[Issuance]) -> None:
        """Record intents."""

    def get(self, certificate_id: str) -> Issuance | None:
        """The intent behind a certificate."""


class Certificates(Protocol):
    """Certificates and their states."""

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate as it is now."""

    def get_many(self, certificate_ids: Iterable[str]) -> dict[str, Certificate]:
        """Certificates by id; unknown ids are left out."""

    def commit(self, certificate: Certificate, *, supersedes: Certificate | None) -> None:
        """Store a new certificate and, in the same transaction, mark the one it replaces as superseded.
        Raises Stale when it is stored already, or when the other is no longer as read."""

    def commit_many(self, certificates: Sequence[Certificate]) -> set[str]:
        """Store certificates that supersede nothing; returns the ids that were stored now."""


class Shares(Protocol):
    """Share links."""

    def open_list(self, certificate_id: str) -> tuple[OpenList, list[Share]]:
        """The list of a certificate's open links, as it has to be when one is added, and the links on it."""

    def add(self, share: Share, listed: OpenList, keys: tuple[str, ...], *, vin: str, owner_ref: str) -> None:
        """Store a new link, and the list as `keys`, in one transaction. Raises Stale when the list is not as read
        or the vehicle is no longer that owner's."""

    def by_token(self, token_hash: str) -> Share | None:
        """The link behind a token."""

    def of_certificate(self, certificate_id: str) -> list[Share]:
        """All links of a certificate, oldest first."""

    def withdraw(self, token_hash: str, *, at: int, by: str) -> None:
        """Withdraw a link; a second withdrawal changes nothing."""

    def count_view(self, token_hash: str) -> None:
        """Add one to the view count."""


class Bindings(Protocol):
    """Bindings: who else may see a vehicle, and who asked to."""

    def get(self, binding_id: str) -> Binding | None:
        """A binding as it is now."""

    def open_list(self, vin: str) -> tuple[OpenList, list[Binding]]:
        """The list of a vehicle's open bindings, as it has to be when one of them is written, and the bindings on
        it, which may have expired or be ended by now; oldest first."""

    def of_person(
        self, person_ref: str, *, limit: int, after: str | None
    ) -> tuple[list[Binding], str | None]:
        """Bindings that a person asked for, oldest first, and where the next page starts."""

    def of_owner(self, owner_ref: str, *, limit: int, after: str | None) -> tuple[list[Binding], str | None]:
        """Bindings that a person was asked to consent to, oldest first, and where the next page starts."""

    def add(self, binding: Binding, listed: OpenList, keys: tuple[str, ...]) -> None:
        """Store a new binding, and the list as `keys`, in one transaction. Raises Stale when the list is not as
        read or the vehicle is no longer the owner's."""

    def step(
        self, before: Binding, after: Binding, listed: OpenList, keys: tuple[str, ...], *, owned: bool
    ) -> None:
        """Take a binding one step on, and the list to `keys`, in one transaction. Raises Stale when either is not
        as read, and, with `owned`, when the vehicle is no longer the binding's owner's."""

    def guess(self, person_ref: str, day: date, forget_at: int) -> bool:
        """Count one attempt at a VIN's end on a day, to be forgotten some time after `forget_at`; False when there
        were too many wrong ones already."""

    def guessed_right(self, person_ref: str, day: date, forget_at: int) -> None:
        """Take the attempt back: it was none of the wrong ones."""


class Papers(Protocol):
    """Requests for paper marks."""

    def get(self, request_id: str) -> PaperRequest | None:
        """A request as it is now."""

    def of_certificate(self, certificate_id: str) -> list[PaperRequest]:
        """A certificate's last twenty requests, oldest first."""

    def open_list(self, vin: str) -> OpenList:
        """The list of a vehicle's open requests, as it has to be when one of them is written."""

    def add(self, paper: PaperRequest, listed: OpenList, keys: tuple[str, ...]) -> None:
        """Store a new request, and the list as `keys`, in one transaction. Raises Stale when the number is taken,
        the list is not as read or the vehicle is no longer the person's."""

    def step(
        self, before: PaperRequest, after: PaperRequest, listed: OpenList, keys: tuple[str, ...]
    ) -> None:
        """Take a request one step on, and the list to `keys`, in one transaction. Raises Stale when either is not
        as read."""

    def in_state(
        self, state: str, office: str | None, *, limit: int, after: str | None
    ) -> tuple[list[PaperRequest], str | None]:
        """Requests in a state, of one office or of all, oldest first, and where the next page starts."""


class Decisions(Protocol):
    """Decisions on claims: inserted, never changed."""

    def record(self, decision: Decision) -> None:
        """Keep a decision."""


class Replays(Protocol):
    """Requests under an Idempotency-Key."""

    def begin(self, replay: Replay, now: int) -> Replay | None:
        """Store a request that is not there, or whose time is over at `now`, and return None; return the one that
        is there otherwise."""

    def take_over(self, replay: Replay, locked_until: int) -> Replay:
        """Make another attempt at a request without an answer. Raises Stale when it is not as read."""

    def finish(self, replay: Replay, answer: str) -> None:
        """Store the answer, if the attempt is still ours; nothing otherwise."""

    def release(self, replay: Replay) -> None:
        """End the attempt without an answer, if it is still ours; nothing otherwise."""


class Sealer(Protocol):
    """Encrypts what only the office may read."""

    def seal(self, request_id: str, text: bytes) -> bytes:
        """`text` (at most 4,096 bytes) encrypted for that request. Raises Unavailable."""


class Opener(Protocol):
    """Decrypts it again."""

    def open(self, request_id: str, sealed: bytes) -> bytes:
        """The text that was sealed for that request. Raises Unavailable."""


class Files(Protocol):
    """Rendered certificates."""

    def exists(self, key: str) -> bool:
        """Whether the object is there."""

    def put(self, key: str, body: bytes, *, content_type: str, file_name: str) -> None:
        """Store an object; the same key always has the same content."""

    def url(self, key: str) -> str:
        """A signed URL that lives at most 5 minutes."""


class Audit(Protocol):
    """The audit trail: its writer can only insert."""

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Insert entries, each under all its subjects. Raises Unavailable; then some may be there."""


class AuditTrail(Protocol):
    """The audit trail as its reader sees it."""

    def entries(
        self, subject: str, *, since: int, until: int, limit: int, after: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """Entries under a subject at `since` or later and before `until` (epoch seconds), oldest first, and
        where the next page starts (None: that was all)."""


__all__ = [
    "Audit",
    "AuditTrail",
    "Certificates",
    "Clock",
    "Decisions",
    "Files",
    "Indices",
    "Issuances",
    "Keys",
    "Opener",
    "Papers",
    "PlateTaken",
    "Policies",
    "Random",
    "Replays",
    "Sealer",
    "Shares",
    "Signer",
    "SigningKeys",
    "Stale",
    "Vehicles",
]
