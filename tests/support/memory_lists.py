"""Doubles for the publication of status lists, and a small world of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from jianbiao.errors import Unavailable
from jianbiao.ports import SigningKeys, Stale
from jianbiao.services.cached_lists import Stored
from jianbiao.services.status_lists import Publisher
from jianbiao.wire.keys import STATUS_LIST
from jianbiao.wire.status_list import StatusList, read_status_list
from tests.support.local_key import CERTIFICATE_KEY, LIST_KEY, LocalKey, key_set
from tests.support.memory import Faults

NOW = 1_790_000_000


@dataclass
class MemoryLists:
    """Published lists; a tag for each write."""

    clock: Callable[[], int]
    stored: dict[int, Stored] = field(default_factory=dict)
    written: dict[int, int] = field(default_factory=dict)
    history: list[tuple[int, bytes]] = field(default_factory=list)
    interleave: Callable[[], None] | None = None
    """Runs once before the next write: another publisher being first."""

    def get(self, number: int) -> Stored | None:
        return self.stored.get(number)

    def put(self, number: int, token: bytes, *, replaces: str | None) -> None:
        if self.interleave:
            first, self.interleave = self.interleave, None
            first()
        held = self.stored.get(number)
        if (held.tag if held else None) != replaces:
            raise Stale
        self.history.append((number, token))
        self.stored[number] = Stored(token, f"tag-{len(self.history)}")
        self.written[number] = self.clock()

    def published(self) -> Mapping[int, int]:
        return self.written


@dataclass
class MemoryStatuses:
    """Rows by (list, index), and how many were read."""

    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    read: int = 0

    def all(self, number: int) -> Iterable[tuple[int, int]]:
        found = [(idx, value) for (n, idx), value in self.rows.items() if n == number]
        self.read += len(found)
        return found

    def some(self, number: int, indices: Collection[int]) -> Iterable[tuple[int, int]]:
        found = [(idx, self.rows[number, idx]) for idx in indices if (number, idx) in self.rows]
        self.read += len(found)
        return found


@dataclass
class MemoryListSigner:
    """Signs digests with the published list key."""

    key: LocalKey = LIST_KEY
    down: bool = False

    def sign_digest(self, kid: bytes, digest: bytes) -> bytes:
        if self.down:
            raise Unavailable("signing")
        assert kid == self.key.kid
        return self.key.private.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


@dataclass
class ListKeys:
    """The ordinary key set of tests.support.local_key."""

    list_kid: bytes | None = LIST_KEY.kid

    def current(self) -> SigningKeys:
        ordinary = (CERTIFICATE_KEY.jwk(exp=4_000_000_000), LIST_KEY.jwk(STATUS_LIST, (), exp=4_000_000_000))
        return SigningKeys(key_set(*ordinary), CERTIFICATE_KEY.kid, self.list_kid)


@dataclass
class ListWorld:
    """A publisher with all it needs, watched by `faults`."""

    now: int = NOW
    faults: Faults = field(default_factory=Faults)
    statuses: MemoryStatuses = field(default_factory=MemoryStatuses)
    signer: MemoryListSigner = field(default_factory=MemoryListSigner)
    keys: ListKeys = field(default_factory=ListKeys)
    highest: int | None = 0

    def __post_init__(self) -> None:
        self.lists = MemoryLists(lambda: self.now)

    @property
    def publisher(self) -> Publisher:
        watch = self.faults.wrap
        return Publisher(
            deployment="test",
            lists=watch(self.lists),
            statuses=watch(self.statuses),
            highest=lambda: self.highest,
            signer=watch(self.signer),
            keys=self.keys,
            clock=lambda: self.now,
            ttl=300,
            lifetime=86_400,
        )

    def read(self, number: int = 0) -> StatusList:
        """The published list, as a verifier reads it."""
        return self.parsed(number, self.lists.stored[number].token)

    def parsed(self, number: int, token: bytes) -> StatusList:
        return read_status_list(token, self.keys.current().published, f"urn:jianbiao:test:{number}")
