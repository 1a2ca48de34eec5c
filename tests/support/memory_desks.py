"""In-memory doubles of what the desks keep: shares, files, audit, bindings, paper, decisions, requests under a key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from jianbiao.citizen_records import Binding, Decision, OpenList, PaperRequest, Replay, Share
from jianbiao.domain.bindings import MAX_GUESSES
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.records import AuditEntry, Ending
from tests.support.memory import MemoryVehicles


@dataclass
class MemoryShares:
    """Share links."""

    by_hash: dict[str, Share] = field(default_factory=dict)
    lists: dict[str, OpenList] = field(default_factory=dict)

    def open_list(self, certificate_id: str) -> tuple[OpenList, list[Share]]:
        listed = self.lists.get(certificate_id, OpenList(certificate_id))
        return listed, [self.by_hash[h] for h in listed.keys]

    def add(self, share: Share, listed: OpenList, keys: tuple[str, ...], *, vin: str, owner_ref: str) -> None:
        if self.lists.get(listed.of, OpenList(listed.of)) != listed:
            raise Stale
        self.lists[listed.of] = OpenList(listed.of, tuple(keys), listed.version + 1)
        self.by_hash[share.token_hash] = share

    def by_token(self, token_hash: str) -> Share | None:
        return self.by_hash.get(token_hash)

    def of_certificate(self, certificate_id: str) -> list[Share]:
        found = [share for share in self.by_hash.values() if share.certificate_id == certificate_id]
        return sorted(found, key=lambda share: (share.created_at, share.share_id))

    def withdraw(self, token_hash: str, *, at: int, by: str) -> None:
        share = self.by_hash[token_hash]
        if share.withdrawn_at is None:
            self.by_hash[token_hash] = dataclasses.replace(share, withdrawn_at=at)

    def count_view(self, token_hash: str) -> None:
        share = self.by_hash[token_hash]
        self.by_hash[token_hash] = dataclasses.replace(share, views=share.views + 1)


@dataclass
class MemoryFiles:
    """Rendered files."""

    objects: dict[str, tuple[bytes, str, str]] = field(default_factory=dict)

    def exists(self, key: str) -> bool:
        return key in self.objects

    def put(self, key: str, body: bytes, *, content_type: str, file_name: str) -> None:
        self.objects[key] = (body, content_type, file_name)

    def url(self, key: str) -> str:
        return f"https://files.example/{key}?signed"


@dataclass
class MemoryAudit:
    """Audit trail."""

    entries: list[AuditEntry] = field(default_factory=list)
    down: bool = False

    def record(self, entries: Sequence[AuditEntry]) -> None:
        if self.down:
            raise Unavailable("audit")
        self.entries += entries


@dataclass
class MemoryBindings:
    """Bindings, each vehicle's list of open ones, and wrong guesses. `vehicles` for the owner's condition."""

    vehicles: MemoryVehicles
    by_id: dict[str, Binding] = field(default_factory=dict)
    lists: dict[str, OpenList] = field(default_factory=dict)
    guesses: dict[tuple[str, date], int] = field(default_factory=dict)
    interleave: Callable[[], None] | None = None
    """Runs once before the next write: somebody else being first."""

    def get(self, binding_id: str) -> Binding | None:
        return self.by_id.get(binding_id)

    def open_list(self, vin: str) -> tuple[OpenList, list[Binding]]:
        listed = self.lists.get(vin, OpenList(vin))
        return listed, [self.by_id[id_] for id_ in sorted(listed.keys)]

    def of_person(
        self, person_ref: str, *, limit: int, after: str | None
    ) -> tuple[list[Binding], str | None]:
        return self._page([b for b in self.by_id.values() if b.person_ref == person_ref], limit, after)

    def of_owner(self, owner_ref: str, *, limit: int, after: str | None) -> tuple[list[Binding], str | None]:
        return self._page([b for b in self.by_id.values() if b.owner_ref == owner_ref], limit, after)

    def add(self, binding: Binding, listed: OpenList, keys: tuple[str, ...]) -> None:
        self._write(listed, keys, owned=binding)
        self.by_id[binding.binding_id] = binding

    def step(
        self, before: Binding, after: Binding, listed: OpenList, keys: tuple[str, ...], *, owned: bool
    ) -> None:
        if self.by_id[before.binding_id].status != before.status:
            raise Stale
        self._write(listed, keys, owned=before if owned else None)
        self.by_id[after.binding_id] = after

    def guess(self, person_ref: str, day: date, forget_at: int) -> bool:
        count = self.guesses.get((person_ref, day), 0)
        if count >= MAX_GUESSES:
            return False
        self.guesses[person_ref, day] = count + 1
        return True

    def guessed_right(self, person_ref: str, day: date, forget_at: int) -> None:
        self.guesses[person_ref, day] -= 1

    def _write(self, listed: OpenList, keys: tuple[str, ...], *, owned: Binding | None) -> None:
        if self.interleave:
            first, self.interleave = self.interleave, None
            first()
        if self.lists.get(listed.of, OpenList(listed.of)) != listed:
            raise Stale
        if owned and self.vehicles.records[owned.vin].registered.vehicle.owner_ref != owned.owner_ref:
            raise Stale
        self.lists[listed.of] = OpenList(listed.of, keys, listed.version + 1)

    @staticmethod
    def _page(found: list[Binding], limit: int, after: str | None) -> tuple[list[Binding], str | None]:
        left = sorted((b for b in found if b.binding_id > (after or "")), key=lambda b: b.binding_id)
        return left[:limit], left[limit - 1].binding_id if len(left) > limit else None


@dataclass
class MemoryPapers:
    """Requests for paper marks, and each vehicle's list of open ones."""

    vehicles: MemoryVehicles
    by_id: dict[str, PaperRequest] = field(default_factory=dict)
    lists: dict[str, OpenList] = field(default_factory=dict)
    interleave: Callable[[], None] | None = None

    def get(self, request_id: str) -> PaperRequest | None:
        return self.by_id.get(request_id)

    def of_certificate(self, certificate_id: str) -> list[PaperRequest]:
        found = [p for p in self.by_id.values() if p.certificate_id == certificate_id]
        return sorted(found, key=lambda p: p.number)[-20:]

    def open_list(self, vin: str) -> OpenList:
        return self.lists.get(vin, OpenList(vin))

    def add(self, paper: PaperRequest, listed: OpenList, keys: tuple[str, ...]) -> None:
        self._write(listed, keys)
        owner_ref = self.vehicles.records[paper.vin].registered.vehicle.owner_ref
        if paper.request_id in self.by_id or owner_ref != paper.person_ref:
            raise Stale
        self.lists[listed.of] = OpenList(listed.of, keys, listed.version + 1)
        self.by_id[paper.request_id] = paper

    def step(
        self, before: PaperRequest, after: PaperRequest, listed: OpenList, keys: tuple[str, ...]
    ) -> None:
        self._write(listed, keys)
        if self.by_id[before.request_id].state != before.state:
            raise Stale
        self.lists[listed.of] = OpenList(listed.of, keys, listed.version + 1)
        self.by_id[after.request_id] = after

    def in_state(
        self, state: str, office: str | None, *, limit: int, after: str | None
    ) -> tuple[list[PaperRequest], str | None]:
        found = [p for p in self.by_id.values() if p.state == state and office in (None, p.office)]
        found.sort(key=lambda p: (p.requested_at, p.request_id))
        begin = int(after or 0)
        return found[begin : begin + limit], str(begin + limit) if len(found) > begin + limit else None

    def _write(self, listed: OpenList, keys: tuple[str, ...]) -> None:
        if self.interleave:
            first, self.interleave = self.interleave, None
            first()
        if self.lists.get(listed.of, OpenList(listed.of)) != listed:
            raise Stale


@dataclass
class MemorySeal:
    """Encrypts for show: reversible, and bound to the request as KMS binds it."""

    def seal(self, request_id: str, text: bytes) -> bytes:
        return f"sealed:{request_id}:".encode() + text[::-1]

    def open(self, request_id: str, sealed: bytes) -> bytes:
        prefix = f"sealed:{request_id}:".encode()
        if not sealed.startswith(prefix):
            raise Unavailable("opening")
        return sealed.removeprefix(prefix)[::-1]


@dataclass
class MemoryDecisions:
    """Decisions on claims."""

    kept: list[Decision] = field(default_factory=list)

    def record(self, decision: Decision) -> None:
        self.kept.append(decision)


@dataclass
class MemoryReplays:
    """Requests under an Idempotency-Key."""

    by_key: dict[str, Replay] = field(default_factory=dict)

    def begin(self, replay: Replay, now: int) -> Replay | None:
        there = self.by_key.get(replay.key)
        if there is not None and there.forget_at > now:
            return there
        self.by_key[replay.key] = replay
        return None

    def take_over(self, replay: Replay, locked_until: int) -> Replay:
        if self.by_key.get(replay.key) != replay:
            raise Stale
        self.by_key[replay.key] = dataclasses.replace(replay, locked_until=locked_until)
        return self.by_key[replay.key]

    def finish(self, replay: Replay, answer: str) -> None:
        if self.by_key.get(replay.key) == replay:
            self.by_key[replay.key] = dataclasses.replace(replay, answer=answer)

    def release(self, replay: Replay) -> None:
        if self.by_key.get(replay.key) == replay:
            self.by_key[replay.key] = dataclasses.replace(replay, locked_until=0)


@dataclass
class MemoryOpen:
    """Shares, bindings or paper requests that are open."""

    kind: str
    keys: list[str] = field(default_factory=list)

    def open_of_vehicle(self, vin: str) -> list[Ending]:
        return [Ending(self.kind, (vin, key), "owner-changed") for key in self.keys]

    def open_of_certificate(self, certificate_id: str) -> list[Ending]:
        return [Ending(self.kind, (certificate_id, key), "owner-changed") for key in self.keys]
