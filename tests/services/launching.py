"""A launch on doubles: inbox, records, and an engine whose executions the test carries out as it likes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from jianbiao.domain.ledger_lines import ReadRange
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.services.launches import ChunkRun, Launch, LaunchDesk, Planner, prefix_of
from jianbiao.services.ledger_run import Accounts, LedgerObject, accounts
from tests.support.world import World

KEY = "ledger/Harbin 黑A12345 2026.jsonl"


@dataclass
class MemoryInbox:
    """The inbox bucket, with one ledger in it."""

    data: bytes
    documents: dict[str, str] = field(default_factory=dict)

    def ledger(self, key: str = KEY, version: str = "v1", size: int | None = None) -> LedgerObject:
        return LedgerObject(key, version, '"e"', len(self.data) if size is None else size, 1_700_000_000)

    def find(self, key: str, version: str | None) -> LedgerObject | None:
        return self.ledger() if key == KEY and version in (None, "v1") else None

    def reader(self, ledger: LedgerObject) -> ReadRange:
        def read(first: int, stop: int) -> Iterator[bytes]:
            for start in range(first, stop, 65_536):
                yield self.data[start : min(start + 65_536, stop)]

        return read

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        if key in self.documents:
            return False
        self.documents[key] = json.dumps(document)
        return True

    def read(self, key: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = json.loads(self.documents[key]) if key in self.documents else None
        return found

    def read_all(self, prefix: str) -> Iterator[dict[str, Any]]:
        for key in sorted(key for key in self.documents if key.startswith(prefix)):
            yield json.loads(self.documents[key])

    def write_lines(self, key: str, documents: Iterable[Mapping[str, Any]]) -> None:
        self.documents[key] = "".join(json.dumps(document) + "\n" for document in documents)

    def write_page(self, key: str, html: str) -> None:
        self.documents[key] = html

    def lines(self, key: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.documents[key].splitlines()]


@dataclass
class MemoryLaunches:
    """Records of launches."""

    records: dict[str, Launch] = field(default_factory=dict)

    def create(self, launch: Launch) -> None:
        self.records.setdefault(launch.launch_id, launch)

    def get(self, launch_id: str) -> Launch | None:
        return self.records.get(launch_id)

    def page(self, *, limit: int, after: str | None) -> tuple[list[Launch], str | None]:
        ids = [id_ for id_ in sorted(self.records) if after is None or id_ > after]
        found = [self.records[id_] for id_ in ids[:limit]]
        return found, found[-1].launch_id if len(ids) > limit else None

    def change(self, before: Launch, after: Launch) -> Launch:
        if self.records[before.launch_id].revision != before.revision:
            raise Stale("revision")
        progress = self.records[before.launch_id].progress
        self.records[before.launch_id] = replace(after, revision=before.revision + 1, progress=progress)
        return self.records[before.launch_id]

    def add(self, launch_id: str, counts: Mapping[str, int]) -> None:
        before = self.records[launch_id]
        progress = {n: before.progress.get(n, 0) + counts.get(n, 0) for n in {*before.progress, *counts}}
        self.records[launch_id] = replace(before, progress=progress)


@dataclass
class Scene:
    """One ledger, and everything that works on it."""

    data: bytes
    chunk_bytes: int = 700
    world: World = field(default_factory=World)
    executions: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    now: int = 1_700_000_100
    before_batch: Callable[[], None] = lambda: None
    rates: list[float | None] = field(default_factory=list)
    lost_starts: int = 0
    """How many of the next starts crash before the engine hears of them."""

    def __post_init__(self) -> None:
        self.inbox, self.launches = MemoryInbox(self.data), MemoryLaunches()
        self.desk = LaunchDesk(self.launches, self.start, lambda: self.now)
        self.planner = Planner(self.launches, self.inbox, lambda: self.now, self.chunk_bytes)
        self.id = self.inbox.ledger().file_id

    def start(self, name: str, given: Mapping[str, Any]) -> bool:
        if self.lost_starts:
            self.lost_starts -= 1
            raise Unavailable("engine")
        if name in self.executions:
            return False
        self.executions[name] = given
        return True

    def chunk(
        self, task: Mapping[str, Any], out_of_time: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """One invocation of the worker."""

        def asked() -> bool:
            self.before_batch()
            return out_of_time()

        run = ChunkRun(self.launches, self.inbox, self.world.worker, self.rates.append)
        return run.work(self.id, task["start"], task["end"], asked)

    def manifest(self, attempt: int = 1) -> list[dict[str, Any]]:
        plan = self.planner.plan(self.id, attempt)
        tasks = self.inbox.lines(plan["manifest"])
        assert plan["chunks"] == len(tasks)
        return tasks

    def execute(self, attempt: int = 1, order: Random | None = None, times: int = 1) -> dict[str, Any]:
        """What the engine does for one attempt, in any order, each chunk as often as wanted."""
        tasks = self.manifest(attempt) * times
        while tasks:
            task = tasks.pop(order.randrange(len(tasks)) if order else 0)
            answer = self.chunk(task)
            if answer["left"]:
                tasks.append({"start": answer["start"], "end": answer["end"]})
        return self.planner.sum_up(self.id, attempt)

    @property
    def launch(self) -> Launch:
        return self.launches.records[self.id]

    def accounts(self) -> Accounts:
        return accounts(len(self.data), self.inbox.read_all(f"{prefix_of(self.id)}chunks/"))
