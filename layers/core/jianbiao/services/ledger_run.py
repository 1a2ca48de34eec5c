"""What is known of a ledger file in the inbox, and how the results of its chunks add up (`accounts`).

The steps of a run are in `services.launches`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
