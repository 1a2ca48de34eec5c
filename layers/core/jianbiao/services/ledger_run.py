"""What is known of a ledger file in the inbox, and how the results of its chunks add up (`accounts`).

The steps of a run are in `services.launches`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jianbiao.domain.ledger_lines import ReadRange

CHUNK_BYTES = 200_000
"""About 600 rows: some fifteen seconds of work at one worker's share of the signing quota."""
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
    packed: bool = False
    """Whether it is compressed: byte ranges of it mean nothing, so the engine cannot cut it."""
    undated: bool = False
    """Whether its metadata `as-of` is no time. Which report is the newest is decided by it, so none is made up."""

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


COUNTED = ("rows", "issued", "already", "refused", "invalid", "unknown_columns", "warnings")


@dataclass(slots=True)
class Accounts:
    """What became of a ledger: results added up in the order of their starts.

    `rows = issued + already + refused + invalid`.
    """

    size: int
    """Bytes of the ledger."""
    counts: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    """One entry for each row that was refused or invalid: line in the file (None where chunks before it are missing),
    byte offset, outcome, reasons."""
    reached: int = 0
    lines: int = 0
    whole: bool = True

    @property
    def complete(self) -> bool:
        """Whether the results cover the whole file."""
        return self.whole and self.reached == self.size

    def add(self, result: Mapping[str, Any]) -> None:
        """The next result; line numbers count only where nothing is missing before it."""
        self.whole = self.whole and result["start"] == self.reached
        self.reached = max(self.reached, int(result["end"]))
        self.counts.update({name: result["counts"].get(name, 0) for name in COUNTED})
        for entry in result["reasons"]:
            self.by_reason.update(entry["reasons"])
            line = self.lines + entry["line"] if self.whole else None
            self.reasons.append({**entry, "line": line})
        self.lines += int(result["lines"])

    def take_reasons(self, count: int) -> list[dict[str, Any]]:
        """The first reasons, which are then forgotten here."""
        taken, self.reasons = self.reasons[:count], self.reasons[count:]
        return taken


def accounts(size: int, results: Iterable[Mapping[str, Any]]) -> Accounts:
    """All of it at once. `results` in any order; a chunk's result may be among them once."""
    total = Accounts(size)
    for result in sorted(results, key=lambda r: int(r["start"])):
        total.add(result)
    return total
