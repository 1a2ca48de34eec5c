"""What the services need from outside, as protocols. `jianbiao.aws` has the real ones, the tests have doubles.

Contract of every store: a method that returns has taken effect; one that raises `Unavailable` may or may not
have, and may be called again with the same arguments. `Stale` means that somebody else was first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jianbiao.domain.policy import Policy
from jianbiao.domain.register import Registered
from jianbiao.records import Certificate, Hold, Issuance, Share, VehicleChange, VehicleRecord
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


Clock = Callable[[], int]
"""Real time: the epoch second now."""

Random = Callable[[int], bytes]
"""Unpredictable bytes, as many as asked for."""


class Signer(Protocol):
    """A signature by a key that never leaves KMS."""

    def sign(self, kid: bytes, message: bytes) -> bytes:
        """ES256 signature in DER over `message` (at most 4,096 bytes). Raises Unavailable."""


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
        a plate pointer may remain behind and is taken over by the next attempt for the same VIN."""

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

    def put(self, share: Share) -> None:
        """Store a new link."""

    def by_token(self, token_hash: str) -> Share | None:
        """The link behind a token."""

    def of_certificate(self, certificate_id: str) -> list[Share]:
        """All links of a certificate, oldest first."""

    def withdraw(self, token_hash: str, *, at: int, by: str) -> None:
        """Withdraw a link; a second withdrawal changes nothing."""

    def count_view(self, token_hash: str) -> None:
        """Add one to the view count."""


class Files(Protocol):
    """Rendered certificates."""

    def exists(self, key: str) -> bool:
        """Whether the object is there."""

    def put(self, key: str, body: bytes, *, content_type: str, file_name: str) -> None:
        """Store an object; the same key always has the same content."""

    def url(self, key: str) -> str:
        """A signed URL that lives at most 5 minutes."""


class Audit(Protocol):
    """The police audit trail: its writer can only insert."""

    def record(self, subject: str, at: int, entry: Mapping[str, Any]) -> None:
        """Insert an entry. Raises Unavailable."""


__all__ = [
    "Audit",
    "Certificates",
    "Clock",
    "Files",
    "Hold",
    "Indices",
    "Issuances",
    "Keys",
    "PlateTaken",
    "Policies",
    "Random",
    "Shares",
    "Signer",
    "SigningKeys",
    "Stale",
    "Vehicles",
]
