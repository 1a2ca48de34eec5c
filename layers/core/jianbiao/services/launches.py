"""Launches: a ledger in the inbox is planned, worked off by an engine that runs chunks side by side, and summed up.

1. *Arrive*: a record of the launch is made (once), and the engine is started on its first attempt.
2. *Plan*: what no result covers yet is cut into byte ranges, written down as the attempt's manifest.
3. *Work*: each chunk is worked off and leaves its results, each written once. Before each batch the record is read:
   it says whether to go on, and how fast. What is left then is simply not covered.
4. *Sum up*: the results are added up; byte offsets become line numbers; the launch is done, or says why it is not.

Pausing, aborting, failed chunks and killed workers all leave the same thing behind: ranges without a result. Going
on is the same thing for all of them, too: another attempt, planned over those ranges. The engine may run a chunk
twice, or two attempts at once: the first result counts, and whoever finds it goes on behind its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from jianbiao.domain.events import CLOCK_SKEW
from jianbiao.domain.ledger_lines import cut, lines_of_range
from jianbiao.errors import Conflict, FieldError, InvalidInput, NotFound, Unavailable
from jianbiao.ports import Clock, Stale
from jianbiao.services.backfill import ChunkWorker, LedgerFile
from jianbiao.services.ledger_run import (
    CHUNK_BYTES,
    COUNTED,
    MAX_FILE_BYTES,
    Accounts,
    Inbox,
    LedgerObject,
)

MOST_CHUNKS = 50_000
"""Chunks of one attempt, so that none is larger than CHUNK_BYTES, whatever the ledger: each has to be worked off while
the engine's child waits for it. Their outcomes, three bytes each, fit into the engine's 256 KiB."""
REASONS_A_PART = 20_000
"""Reasons in one object of the report."""
ATTEMPTS = 5

RUNNING, PAUSED, ABORTED, FAILED, DONE, REFUSED = "running", "paused", "aborted", "failed", "done", "refused"
REMEDIES = {
    "too-large": "it has more than 10 GB; upload it in parts",
    "gzip": "it is packed; unpack it and upload it anew",
    "as-of": "its metadata as-of is no time with an offset, or lies in the future; upload it anew",
}
"""Why a ledger is refused, and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to a launch."""

    at: int
    """Epoch second."""
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class Launch:
    """The record of a launch."""

    launch_id: str
    ledger: LedgerObject
    created_at: int
    """Epoch second."""
    state: str = RUNNING
    """`running`, `paused`, `aborted`, `failed` (chunks are left), `done`, or `refused` (see `error`)."""
    error: str | None = None
    attempt: int = 1
    paused: bool = False
    aborted: bool = False
    rate: float | None = None
    """Signatures a second of all workers together; None: the deployment's share of the account's quota."""
    ended_at: int | None = None
    changes: tuple[Change, ...] = ()
    revision: int = 1
    progress: Mapping[str, int] = field(default_factory=dict)
    """`bytes`, and rows by outcome, of the results so far: for looking at, the report counts."""

    @property
    def stopped(self) -> str | None:
        """Why workers are to stop before their next batch."""
        return ABORTED if self.aborted else PAUSED if self.paused else None

    @property
    def execution(self) -> str:
        """The engine's name of the attempt."""
        return f"{self.launch_id}-{self.attempt:03d}"


class Launches(Protocol):
    """Records of launches."""

    def create(self, launch: Launch) -> None:
        """Store a new record; one that is there stays as it is."""

    def get(self, launch_id: str) -> Launch | None:
        """A record, read consistently."""

    def page(self, *, limit: int, after: str | None) -> tuple[list[Launch], str | None]:
        """Records in no order, and where the next page starts."""

    def change(self, before: Launch, after: Launch) -> Launch:
        """Store a changed record. Raises Stale when it is no longer as read."""

    def add(self, launch_id: str, counts: Mapping[str, int]) -> None:
        """Add to the progress."""


class Results(Inbox, Protocol):
    """The inbox bucket, with what results need beyond one at a time."""

    def read_all(self, prefix: str) -> Iterator[dict[str, Any]]:
        """The JSON objects under a prefix, in the order of their keys."""

    def write_lines(self, key: str, documents: Iterable[Mapping[str, Any]]) -> None:
        """Write JSON Lines; an object that is there is replaced."""

    def write_page(self, key: str, html: str) -> None:
        """Write a page; one that is there is replaced."""


Start = Callable[[str, Mapping[str, Any]], bool]
"""Starts the engine under a name with an input; False where that name has been used."""

SetRate = Callable[[float | None], None]
"""Tells a worker's signer how fast all workers together may sign."""


Page = Callable[["Launch", Mapping[str, Any]], str]
"""A launch and its report as HTML."""


def prefix_of(launch_id: str) -> str:
    """Where everything about a launch is written."""
    return f"results/{launch_id}/"


def result_key(launch_id: str, start: int) -> str:
    """Key of the result of the chunk that begins at a byte offset."""
    return f"{prefix_of(launch_id)}chunks/{start:014d}.json"


def report_key(launch_id: str, attempt: int, kind: str = "json") -> str:
    """Key of the report of an attempt, as `json` or as `html`."""
    return f"{prefix_of(launch_id)}report-{attempt:03d}.{kind}"


@dataclass(frozen=True, slots=True)
class LaunchDesk:
    """What starts launches and what operators do with them. Reads no ledger and signs nothing."""

    launches: Launches
    start: Start
    clock: Clock

    def arrived(self, ledger: LedgerObject) -> Launch:
        """A ledger is in the inbox: its first attempt. The same notice again changes nothing."""
        now = self.clock()
        error = _refused(ledger, now)
        new = Launch(
            ledger.file_id,
            ledger,
            now,
            state=REFUSED if error else RUNNING,
            error=error,
            ended_at=now if error else None,
        )
        self.launches.create(new)
        launch = self.get(new.launch_id)
        if launch.state == RUNNING:
            self._start(launch)
        return launch

    def get(self, launch_id: str) -> Launch:
        """A record. Raises NotFound."""
        launch = self.launches.get(launch_id)
        if launch is None:
            raise NotFound
        return launch

    def control(
        self,
        launch_id: str,
        *,
        actor: str,
        paused: bool | None = None,
        rate: float | None = None,
        aborted: bool | None = None,
    ) -> Launch:
        """Pause or resume, change the rate, abort. Workers see it before their next batch; resuming starts another
        attempt. Raises NotFound, InvalidInput, Conflict(not-allowed-in-state), Unavailable."""
        if rate is not None and rate <= 0:
            raise InvalidInput(FieldError("/rate", "above 0; to stop for a while, pause the launch"))
        for _ in range(ATTEMPTS):
            before = self.get(launch_id)
            if before.state in (DONE, REFUSED, ABORTED) or (before.aborted and not aborted):
                raise Conflict("not-allowed-in-state", f"the launch is {before.stopped or before.state}")
            after = before
            said: list[str] = []
            if rate is not None:
                after, said = replace(after, rate=rate), [*said, f"rate {rate:g}"]
            if paused is not None and paused != before.paused:
                after, said = replace(after, paused=paused), [*said, "paused" if paused else "resumed"]
            if aborted:
                after, said = replace(after, aborted=True), [*said, "aborted"]
                if before.state != RUNNING:
                    after = replace(after, state=ABORTED)
            goes_on = paused is False and before.paused and not after.aborted
            if goes_on:
                after = self._next_attempt(after)
            if after == before:
                return before
            try:
                launch = self._change(before, after, actor, ", ".join(said))
            except Stale:
                continue
            if goes_on:
                self._start(launch)
            return launch
        raise Unavailable("the launch keeps changing", retry_after=2)

    def redrive(self, launch_id: str, *, actor: str) -> Launch:
        """Another attempt over what failed, was aborted or paused. Raises NotFound,
        Conflict(not-allowed-in-state), Unavailable."""
        for _ in range(ATTEMPTS):
            before = self.get(launch_id)
            if before.state == RUNNING and before.stopped is None and self._start(before):
                # Its attempt was written down, and whoever did so crashed before it was started.
                return before
            if before.state in (RUNNING, DONE, REFUSED):
                more = ": where nothing moves, pause it and resume it" if before.state == RUNNING else ""
                raise Conflict("not-allowed-in-state", f"the launch is {before.state}{more}")
            after = self._next_attempt(replace(before, aborted=False, paused=False))
            try:
                launch = self._change(before, after, actor, "redriven")
            except Stale:
                continue
            self._start(launch)
            return launch
        raise Unavailable("the launch keeps changing", retry_after=2)

    def _next_attempt(self, launch: Launch) -> Launch:
        return replace(launch, attempt=launch.attempt + 1, state=RUNNING, ended_at=None)

    def _change(self, before: Launch, after: Launch, actor: str, what: str) -> Launch:
        step = Change(self.clock(), actor, what)
        return self.launches.change(before, replace(after, changes=(*after.changes, step)))

    def _start(self, launch: Launch) -> bool:
        return self.start(launch.execution, {"backfill_id": launch.launch_id, "attempt": launch.attempt})


@dataclass(frozen=True, slots=True)
class Planner:
    """The first and the last step of an attempt. Signs nothing."""

    launches: Launches
    inbox: Results
    clock: Clock
    chunk_bytes: int = CHUNK_BYTES
    page: Page | None = None
    """Makes the report readable; without it the report is JSON alone."""

    def plan(self, launch_id: str, attempt: int) -> dict[str, Any]:
        """Step 2; the engine's state: how many chunks, and where their manifest is."""
        launch = _known(self.launches, launch_id)
        manifest = f"{prefix_of(launch_id)}manifest-{attempt:03d}.jsonl"
        left = [] if launch.stopped else self._left(launch)
        self.inbox.write_lines(manifest, ({"start": start, "end": end} for start, end in left))
        return {
            "backfill_id": launch_id,
            "attempt": attempt,
            "chunks": len(left),
            "manifest": manifest,
        }

    def _left(self, launch: Launch) -> list[tuple[int, int]]:
        size = launch.ledger.size
        ends = {int(r["start"]): int(r["end"]) for r in self._results(launch.launch_id)}
        left = []
        for begin, end in cut(size, max(self.chunk_bytes, -(-size // MOST_CHUNKS))):
            start = begin
            while start < end and start in ends:
                start = ends[start]
            if start < end:
                left.append((start, end))
        return left

    def sum_up(self, launch_id: str, attempt: int) -> dict[str, Any]:
        """Step 4; the report, which is also written."""
        launch = _known(self.launches, launch_id)
        total = Accounts(launch.ledger.size)
        parts = 0
        for result in self._results(launch_id):
            total.add(result)
            while len(total.reasons) >= REASONS_A_PART:
                parts = self._part(launch_id, attempt, parts, total)
        if total.reasons:
            parts = self._part(launch_id, attempt, parts, total)
        state = DONE if total.complete else launch.stopped or FAILED
        report = {
            "backfill_id": launch_id,
            "attempt": attempt,
            "state": state,
            "counts": {name: total.counts[name] for name in COUNTED},
            "by_reason": dict(total.by_reason),
            "reason_files": parts,
            "ended_at": self.clock(),
        }
        self.inbox.write_lines(report_key(launch_id, attempt), [report])
        if self.page:
            self.inbox.write_page(report_key(launch_id, attempt, "html"), self.page(launch, report))
        self._end(launch_id, attempt, state)
        return report

    def _part(self, launch_id: str, attempt: int, parts: int, total: Accounts) -> int:
        key = f"{prefix_of(launch_id)}reasons-{attempt:03d}-{parts + 1:05d}.jsonl"
        self.inbox.write_lines(key, total.take_reasons(REASONS_A_PART))
        return parts + 1

    def _end(self, launch_id: str, attempt: int, state: str) -> None:
        for _ in range(ATTEMPTS):
            before = _known(self.launches, launch_id)
            if before.state == DONE or (before.attempt != attempt and state != DONE):
                return
            try:
                self.launches.change(before, replace(before, state=state, ended_at=self.clock()))
            except Stale:
                continue
            return
        raise Unavailable("the launch keeps changing", retry_after=2)

    def report(self, launch: Launch) -> dict[str, Any] | None:
        """The report of the newest attempt, if it has ended."""
        return self.inbox.read(report_key(launch.launch_id, launch.attempt))

    def _results(self, launch_id: str) -> Iterator[dict[str, Any]]:
        return self.inbox.read_all(f"{prefix_of(launch_id)}chunks/")


@dataclass(frozen=True, slots=True)
class ChunkRun:
    """Step 3, for one chunk."""

    launches: Launches
    inbox: Inbox
    worker: ChunkWorker
    set_rate: SetRate = lambda _rate: None

    def work(
        self, launch_id: str, start: int, end: int, out_of_time: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """Work off `[start, end)`. `left` in the answer: come again for the rest, from `start` in the answer; a launch
        that was stopped leaves nothing to come for. Raises Unavailable, IssuedWrong: again from the beginning."""
        launch = _known(self.launches, launch_id)
        ledger = launch.ledger
        stopped = launch.stopped

        def stop() -> bool:
            nonlocal stopped
            present = _known(self.launches, launch_id)
            self.set_rate(present.rate)
            stopped = present.stopped
            return stopped is not None or out_of_time()

        while start < end and stopped is None:
            key = result_key(launch_id, start)
            result = self.inbox.read(key)
            if result is None:
                lines = lines_of_range(self.inbox.reader(ledger), start, end, ledger.size)
                done = self.worker.run(lines, LedgerFile(launch_id, ledger.as_of), stop)
                reached = end if done.next_offset is None else done.next_offset
                if reached == start:
                    break
                result = {
                    "start": start,
                    "end": reached,
                    "lines": done.lines,
                    "counts": dict(done.counts),
                    "reasons": done.reasons,
                }
                if self.inbox.write_once(key, result):
                    counts = {name: done.counts[name] for name in COUNTED}
                    self.launches.add(launch_id, {"bytes": reached - start, **counts})
                else:
                    result = self.inbox.read(key) or result
            start = int(result["end"])
            if start < end and out_of_time():
                break
        return {
            "step": "chunk",
            "backfill_id": launch_id,
            "start": start,
            "end": end,
            "left": start < end and stopped is None,
        }


def _refused(ledger: LedgerObject, now: int) -> str | None:
    """Why a ledger is not begun with at all. One of the future would win over every report until then."""
    if ledger.size > MAX_FILE_BYTES:
        return "too-large"
    if ledger.packed:
        return "gzip"
    return "as-of" if ledger.undated or ledger.as_of > now + CLOCK_SKEW else None


def _known(launches: Launches, launch_id: str) -> Launch:
    launch = launches.get(launch_id)
    if launch is None:
        raise Unavailable("the launch's record is not readable yet", retry_after=1)
    return launch
