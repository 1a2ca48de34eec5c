"""From a ledger in the inbox to its accounts: every message may come twice, at any time, and after a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.ledger_lines import ReadRange
from jianbiao.domain.times import rfc3339
from jianbiao.errors import Unavailable
from jianbiao.services.ledger_run import MAX_FILE_BYTES, LedgerObject, LedgerRun, accounts
from tests.services.ledgers import row, vin
from tests.support.world import World

KEY = "ledger/Harbin 黑A12345 2026.jsonl"


@dataclass
class MemoryInbox:
    """The inbox bucket, with one ledger in it."""

    data: bytes
    version: str = "v1"
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    size: int | None = None
    key: str = KEY

    def find(self, key: str, version: str | None) -> LedgerObject | None:
        if key != self.key or version not in {self.version, None}:
            return None
        size = len(self.data) if self.size is None else self.size
        return LedgerObject(key, self.version, '"e"', size, 1_700_000_000)

    def reader(self, ledger: LedgerObject) -> ReadRange:
        def read(first: int, stop: int) -> Iterator[bytes]:
            yield self.data[first:stop]

        return read

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        if key in self.documents:
            return False
        self.documents[key] = json.loads(json.dumps(document))
        return True

    def read(self, key: str) -> dict[str, Any] | None:
        return self.documents.get(key)

    @property
    def results(self) -> list[dict[str, Any]]:
        return [d for name, d in self.documents.items() if not name.endswith("plan.json")]


@dataclass
class Scene:
    """A run with its queue."""

    data: bytes
    chunk_bytes: int = 700
    world: World = field(default_factory=World)
    messages: list[dict[str, Any]] = field(default_factory=list)
    lost: int = 0
    """How many of the next messages are not sent: the sender crashes there."""

    def __post_init__(self) -> None:
        self.inbox = MemoryInbox(self.data)

    def send(self, message: Mapping[str, Any]) -> None:
        if self.lost:
            self.lost -= 1
            raise Unavailable("queue")
        self.messages.append(dict(message))

    @property
    def run(self) -> LedgerRun:
        return LedgerRun(self.inbox, self.world.worker, self.send, self.chunk_bytes)

    def drain(self, order: Random | None = None) -> None:
        """Work until the queue is empty."""
        while self.messages:
            self.run.work(self.messages.pop(order.randrange(len(self.messages)) if order else 0))

    def accounts(self) -> Any:
        return accounts(len(self.data), self.inbox.results)


DATA = b"\n".join([row(1), b"", row(2), b"{", row(3, zt="C"), row(1), row(4), b"\xff", row(5)]) + b"\n"
FAULTS = [(4, "bad-json"), (5, "state-blocked"), (8, "bad-encoding")]
COUNTS = {"rows": 8, "issued": 4, "already": 1, "refused": 1, "invalid": 2}


def right(scene: Scene) -> None:
    found = scene.accounts()
    assert found.complete
    assert {name: n for name, n in found.counts.items() if n} == COUNTS
    assert [(entry["line"], entry["reasons"][0]) for entry in found.reasons] == FAULTS
    assert found.by_reason == {reason: 1 for _, reason in FAULTS}
    for entry in found.reasons:
        assert DATA[: entry["offset"]].count(b"\n") == entry["line"] - 1
    for number in (1, 2, 4, 5):
        assert len(scene.world.active(vin(number))) == 1


@pytest.mark.parametrize("chunk_bytes", [1, 100, 700, 10_000])
def test_a_ledger_becomes_accounts_with_line_numbers(chunk_bytes: int) -> None:
    scene = Scene(DATA, chunk_bytes)
    assert scene.run.plan(KEY, "v1")
    scene.drain()
    right(scene)


@settings(max_examples=40, deadline=None)
@given(order=st.randoms(use_true_random=False), chunk_bytes=st.integers(60, 2000))
def test_messages_in_any_order_and_twice_give_the_same_accounts(order: Random, chunk_bytes: int) -> None:
    scene = Scene(DATA, chunk_bytes)
    for _ in range(2):
        scene.run.plan(KEY, "v1")
    scene.messages *= 2
    scene.drain(order)
    found = scene.accounts()
    assert found.complete
    assert (
        sum(found.counts[name] for name in ("issued", "already", "refused", "invalid"))
        == found.counts["rows"]
        == 8
    )
    assert [(entry["line"], entry["reasons"][0]) for entry in found.reasons] == FAULTS
    # Rows of one vehicle in two chunks: whichever comes first issues.
    assert (found.counts["issued"], found.counts["already"]) == (4, 1)


def test_planning_again_sends_the_chunks_again_and_writes_nothing_new() -> None:
    scene = Scene(DATA)
    file_id = scene.run.plan(KEY, "v1")
    documents, messages = dict(scene.inbox.documents), list(scene.messages)
    assert scene.run.plan(KEY, None) == file_id
    assert scene.inbox.documents == documents
    assert scene.messages == messages * 2
    plan = documents[f"results/{file_id}/plan.json"]
    assert (plan["size"], plan["error"], plan["as_of"]) == (len(DATA), None, rfc3339(1_700_000_000))


def test_a_crash_while_the_chunks_are_sent_is_mended_by_the_notice_coming_again() -> None:
    scene = Scene(DATA, 200)
    scene.lost = 1
    with pytest.raises(Unavailable):
        scene.run.plan(KEY, "v1")
    scene.run.plan(KEY, "v1")
    scene.drain()
    right(scene)


def test_what_the_deadline_leaves_comes_as_a_chunk_of_its_own() -> None:
    scene = Scene(DATA, 10_000)
    scene.run.plan(KEY, "v1")
    asked = iter([False, True])
    result = scene.run.work(scene.messages.pop(), lambda: next(asked))
    assert result is not None
    assert result["end"] < len(DATA)
    assert [m["start"] for m in scene.messages] == [result["end"]]
    assert not scene.accounts().complete
    scene.drain()
    right(scene)


def test_a_crash_between_the_result_and_the_message_for_the_rest_loses_nothing() -> None:
    scene = Scene(DATA, 10_000)
    scene.run.plan(KEY, "v1")
    message = scene.messages.pop()
    asked = iter([False, True])
    scene.lost = 1
    with pytest.raises(Unavailable):
        scene.run.work(message, lambda: next(asked))
    assert len(scene.inbox.results) == 1
    signed = len(scene.world.signer.signed)
    scene.run.work(message)
    assert len(scene.world.signer.signed) == signed  # the result is there: not worked again, only sent on
    scene.drain()
    right(scene)


def test_the_first_of_two_results_counts_and_its_rest_is_sent() -> None:
    scene = Scene(DATA, 10_000)
    scene.run.plan(KEY, "v1")
    message = scene.messages.pop()
    asked = iter([False, True])

    def later(_: object = None) -> bool:
        """Another worker, cut short by its deadline, writes its result while this one is at work."""
        if not scene.inbox.results:
            scene.run.work(message, lambda: next(asked))
        return False

    result = scene.run.work(message, later)
    assert result is not None
    assert result["end"] < len(DATA)
    scene.drain()
    right(scene)


def test_a_finished_chunk_is_not_worked_again() -> None:
    scene = Scene(DATA, 10_000)
    scene.run.plan(KEY, "v1")
    message = scene.messages[0]
    first = scene.run.work(message)
    stored = dict(scene.world.certificates.by_id)
    assert scene.run.work(message) == first
    assert scene.world.certificates.by_id == stored


def test_a_ledger_that_is_gone_or_replaced_is_no_work() -> None:
    scene = Scene(DATA)
    scene.run.plan(KEY, "v1")
    assert scene.run.plan("ledger/other", None) is None
    scene.inbox.version = "v2"
    assert scene.run.work(scene.messages[0]) is None
    assert not scene.inbox.results


@pytest.mark.parametrize(
    ("size", "key", "error"),
    [(MAX_FILE_BYTES + 1, KEY, "too-large"), (10, "ledger/a.jsonl.gz", "gzip"), (MAX_FILE_BYTES, KEY, None)],
)
def test_a_file_that_cannot_be_read_is_planned_with_its_error(size: int, key: str, error: str | None) -> None:
    scene = Scene(DATA, MAX_FILE_BYTES)
    scene.inbox.size, scene.inbox.key = size, key
    file_id = scene.run.plan(key, "v1")
    assert scene.inbox.documents[f"results/{file_id}/plan.json"]["error"] == error
    assert bool(scene.messages) == (error is None)


def test_an_empty_file_has_complete_and_empty_accounts() -> None:
    scene = Scene(b"")
    scene.run.plan(KEY, "v1")
    assert not scene.messages
    found = scene.accounts()
    assert (found.complete, found.counts["rows"], found.reasons) == (True, 0, ())


def test_a_missing_chunk_is_seen() -> None:
    scene = Scene(DATA, 300)
    scene.run.plan(KEY, "v1")
    scene.drain()
    whole = scene.inbox.results
    assert len(whole) > 3
    for position in range(len(whole)):
        assert not accounts(len(DATA), whole[:position] + whole[position + 1 :]).complete


def test_the_file_id_is_the_version_s_and_says_nothing_about_people() -> None:
    one = LedgerObject(KEY, "v1", "", 1, 1)
    assert one.file_id != replace(one, version="v2").file_id
    assert one.file_id != replace(one, key=KEY + "x").file_id
    assert one.file_id == replace(one, etag="other", size=9).file_id
    assert one.file_id.isascii()
    assert len(one.file_id) <= 40
