"""A run: a ledger file that has arrived is cut into chunks, and each chunk is worked off once.

1. *Plan*: name this version of the object, cut it into byte ranges, write the plan (once), send a message a chunk.
2. *Work*: run the chunk worker over the range, write its result (once); what is left at the deadline is sent
   as a chunk of its own.
3. *Accounts* (`accounts`): add the results up; byte offsets become line numbers.

Messages arrive at least once and in any order. A plan or result that is there already is not written again, but
the messages that follow from it are sent again: whoever crashed between the two has lost nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jianbiao.domain.ledger_lines import ReadRange, cut, lines_of_range
from jianbiao.domain.times import rfc3339
from jianbiao.services.backfill import ChunkWorker, LedgerFile

CHUNK_BYTES = 200_000
"""About 500 rows: some ten seconds of work at one worker's share of the signing quota."""
MAX_FILE_BYTES = 10_000_000_000
"""What the engine for millions of rows reads (Step Functions, 10 GB)."""


@dataclass(frozen=True, slots=True)
class LedgerObject:
    """A version of an object in the inbox."""

    key: str
    version: str
    etag: str
    size: int
    as_of: int
    """Epoch second: the object's metadata `as-of`, else its last modification."""

    @property
    def file_id(self) -> str:
        """Readable, unique to this version, and free of what the name might say about people."""
        stem = re.sub(r"[^a-z0-9]+", "-", self.key.rpartition("/")[2].lower()).strip("-")[:24]
        digest = hashlib.sha256(f"{self.key}\0{self.version}".encode()).hexdigest()[:12]
        return f"{stem}-{digest}"


class Inbox(Protocol):
    """The inbox bucket."""

    def find(self, key: str, version: str | None) -> LedgerObject | None:
        """The object, or None if it is gone."""

    def reader(self, ledger: LedgerObject) -> ReadRange:
        """Reads byte ranges; raises Unavailable where another version lies over this one by now."""

    def write_once(self, key: str, document: Mapping[str, Any]) -> bool:
        """Write a JSON object unless it is there; False if it was."""

    def read(self, key: str) -> dict[str, Any] | None:
        """A JSON object."""


Send = Callable[[Mapping[str, Any]], None]
"""Puts a message on the run's own queue."""


@dataclass(frozen=True, slots=True)
class LedgerRun:
    """Plans and works off ledger files."""

    inbox: Inbox
    worker: ChunkWorker
    send: Send
    chunk_bytes: int = CHUNK_BYTES

    def plan(self, key: str, version: str | None) -> str | None:
        """Step 1; returns the file id, or None where the object is gone."""
        ledger = self.inbox.find(key, version)
        if ledger is None:
            return None
        document = {
            "file_id": ledger.file_id,
            "key": ledger.key,
            "version": ledger.version,
            "size": ledger.size,
            "as_of": rfc3339(ledger.as_of),
            "error": "too-large" if ledger.size > MAX_FILE_BYTES else "gzip" if _is_gzip(ledger) else None,
        }
        self.inbox.write_once(f"results/{ledger.file_id}/plan.json", document)
        if document["error"] is None:
            for start, end in cut(ledger.size, self.chunk_bytes):
                self.send({"key": ledger.key, "version": ledger.version, "start": start, "end": end})
        return ledger.file_id

    def work(
        self, message: Mapping[str, Any], out_of_time: Callable[[], bool] = lambda: False
    ) -> dict[str, Any] | None:
        """Step 2 for one chunk; returns its result, or None where the object is gone."""
        start, end = int(message["start"]), int(message["end"])
        ledger = self.inbox.find(str(message["key"]), str(message["version"]))
        if ledger is None:
            return None
        name = f"results/{ledger.file_id}/{start:014d}.json"
        result = self.inbox.read(name)
        if result is None:
            lines = lines_of_range(self.inbox.reader(ledger), start, end, ledger.size)
            done = self.worker.run(lines, LedgerFile(ledger.file_id, ledger.as_of), out_of_time)
            result = {
                "start": start,
                "end": end if done.next_offset is None else done.next_offset,
                "lines": done.lines,
                "counts": dict(done.counts),
                "reasons": done.reasons,
            }
            if not self.inbox.write_once(name, result):
                result = self.inbox.read(name) or result
        if result["end"] < end:
            self.send({**message, "start": result["end"]})
        return result


def _is_gzip(ledger: LedgerObject) -> bool:
    return ledger.key.endswith(".gz")


COUNTED = ("rows", "issued", "already", "refused", "invalid", "unknown_columns", "warnings")


@dataclass(frozen=True, slots=True)
class Accounts:
    """What became of a ledger. `rows = issued + already + refused + invalid`."""

    complete: bool
    """Whether the results cover the whole file."""
    counts: Mapping[str, int]
    by_reason: Mapping[str, int]
    reasons: tuple[dict[str, Any], ...]
    """One entry for each row that was refused or invalid: line in the file, byte offset, outcome, reasons."""


def accounts(size: int, results: Iterable[Mapping[str, Any]]) -> Accounts:
    """Step 3. `results` in any order; a chunk's result may be among them once."""
    counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    by_reason: Counter[str] = Counter()
    reasons: list[dict[str, Any]] = []
    reached, lines, complete = 0, 0, True
    for result in sorted(results, key=lambda r: int(r["start"])):
        complete = complete and result["start"] == reached
        reached = max(reached, int(result["end"]))
        counts.update({name: result["counts"].get(name, 0) for name in COUNTED})
        for entry in result["reasons"]:
            by_reason.update(entry["reasons"])
            reasons.append({**entry, "line": lines + entry["line"]})
        lines += int(result["lines"])
    return Accounts(complete and reached == size, counts, by_reason, tuple(reasons))
