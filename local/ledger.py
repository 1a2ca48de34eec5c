"""Ledger generator: a made-up register of a city, with a make-up that is known to the row.

    python -m local.ledger --count 2000 --seed 1 --as-of 2026-03-01 --out ledger.jsonl

writes ``ledger.jsonl`` and ``ledger.jsonl.expected.json``: how many rows a first run over an empty deployment
issues, refuses by reason and calls invalid by code. The counts come from what was made, not from the code
that decides; they hold for a run on `as_of` or on a later day of the same month. The same arguments give the
same bytes. Memory does not grow with the number of rows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

from jianbiao.domain.ledger import Fault
from jianbiao.domain.policy import Policy, default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.domain.times import CHINA
from local.ledger_faults import HARMLESS_STATES, INVALID, REFUSED, Row, encode
from local.ledger_fleet import Fleet
from local.ledger_periods import Periods
from local.ledger_scenarios import PEOPLE, Person, Scenario, scenarios

__all__ = ["PEOPLE", "Expected", "Ledger", "Person", "Scenario", "Shares", "main", "scenarios", "write"]

_KEPT_FOR_DUPLICATES = 500
_ROWS_BETWEEN_LONG_LINES = 20_000
_ROWS_BETWEEN_BLANK_LINES = 1_500
_ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of all rows, 0 to 1; together below 1, what remains is issued."""

    invalid: float = 0.01
    refused: float = 0.04
    """Refused although in its period: division, plate class, state, inconsistent record."""
    expired: float = 0.03
    duplicate: float = 0.003
    """Exact copies of rows that were issued."""

    def __post_init__(self) -> None:
        parts = (self.invalid, self.refused, self.expired, self.duplicate)
        if min(parts) < 0 or sum(parts) > 1:
            raise ValueError("shares lie between 0 and 1 and add up to no more than 1")


@dataclass(slots=True)
class Expected:
    """What a first run over an empty deployment makes of the rows so far."""

    rows: int = 0
    issued: int = 0
    already: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    invalid: Counter[Fault] = field(default_factory=Counter)
    blank_lines: int = 0
    unknown_columns: int = 0
    """In valid rows."""
    vin_warnings: int = 0
    """Valid rows whose VIN has a wrong check digit."""

    def as_json(self) -> dict[str, Any]:
        """For the file beside the ledger; `vehicles` is how many different ones are known after the run."""
        refused = {str(reason): self.refused[reason] for reason in Reason if self.refused[reason]}
        invalid = {str(fault): self.invalid[fault] for fault in Fault if self.invalid[fault]}
        return {
            "rows": self.rows,
            "issued": self.issued,
            "already": self.already,
            "refused": refused,
            "invalid": invalid,
            "vehicles": self.issued + sum(refused.values()),
            "blank_lines": self.blank_lines,
            "unknown_columns": self.unknown_columns,
            "vin_warnings": self.vin_warnings,
        }


class Ledger:
    """The lines of a ledger of `count` rows; iterate once, `expected` grows with the rows."""

    def __init__(
        self,
        count: int,
        seed: int,
        as_of: date,
        *,
        policy: Policy | None = None,
        shares: Shares | None = None,
    ) -> None:
        self.expected = Expected()
        self._count = count
        self._shares = shares or Shares()
        self._scenarios = scenarios(as_of)
        reserved = frozenset(scenario.row["hphm"] for scenario in self._scenarios)
        self._fleet = Fleet(seed, as_of, Periods(policy or default_policy(), as_of), reserved)
        self._random = Random(seed + 1)  # noqa: S311 - made-up data, no secret
        self._recent: list[bytes] = []
        self._refusals = self._faults = 0
        self._long_line_at = -_ROWS_BETWEEN_LONG_LINES

    def __iter__(self) -> Iterator[bytes]:
        """Lines without their ends, blank ones among them."""
        told = self.expected
        for scenario in self._scenarios[: self._count]:
            told.rows += 1
            told.vin_warnings += scenario.vin_warning
            if scenario.refused is None:
                told.issued += 1
            else:
                told.refused[scenario.refused] += 1
            yield encode(scenario.row).encode()
        while told.rows < self._count:
            told.rows += 1
            yield self._next()
            if told.rows % _ROWS_BETWEEN_BLANK_LINES == 0:
                told.blank_lines += 1
                yield b"" if told.blank_lines % 2 else b"  "

    def _next(self) -> bytes:
        shares, told = self._shares, self.expected
        drawn = self._random.random()
        if drawn < shares.invalid:
            return self._invalid()
        drawn -= shares.invalid
        if drawn < shares.duplicate and self._recent:
            told.already += 1
            line = self._recent[int(self._random.random() * len(self._recent))]
            told.unknown_columns += b'"sfmj"' in line
            return line
        drawn -= shares.duplicate
        if drawn < shares.expired:
            told.refused[Reason.INSPECTION_EXPIRED] += 1
            row, warned = self._fleet.make(expired=True)
            row["zt"] = "Q" if self._random.random() < 0.5 else "A"
            return self._valid(row, warned=warned)
        drawn -= shares.expired
        row, warned = self._fleet.make()
        if drawn < shares.refused:
            reason, change = REFUSED[self._refusals % len(REFUSED)]
            self._refusals += 1
            told.refused[reason] += 1
            return self._valid(change(row), warned=warned)
        told.issued += 1
        if self._random.random() < 0.03:
            row["zt"] = HARMLESS_STATES[int(self._random.random() * len(HARMLESS_STATES))]
        line = self._valid(row, warned=warned)
        if not warned:
            self._remember(line)
        return line

    def _valid(self, row: Row, *, warned: bool) -> bytes:
        self.expected.vin_warnings += warned
        if self._random.random() < 0.1:
            # 是否免检, a column of the register that is not read.
            row["sfmj"] = "1"
            self.expected.unknown_columns += 1
        return encode(row).encode()

    def _remember(self, line: bytes) -> None:
        if len(self._recent) < _KEPT_FOR_DUPLICATES:
            self._recent.append(line)
        else:
            self._recent[int(self._random.random() * _KEPT_FOR_DUPLICATES)] = line

    def _invalid(self) -> bytes:
        fault, spoil = INVALID[self._faults % len(INVALID)]
        self._faults += 1
        if fault is Fault.LINE_TOO_LONG:
            if self.expected.rows - self._long_line_at < _ROWS_BETWEEN_LONG_LINES:
                # A line of 64 KiB is as long as 150 rows: more of them would be most of a large ledger.
                return self._invalid()
            self._long_line_at = self.expected.rows
        self.expected.invalid[fault] += 1
        row, _ = self._fleet.make()
        return spoil(row)


def write(ledger: Ledger, out: Path, facts: dict[str, Any]) -> None:
    """Write a ledger and, beside it, its expected outcome together with `facts` about how it was made."""
    lines: list[bytes] = []
    with out.open("wb") as file:
        for line in ledger:
            lines.append(line)
            if len(lines) == _ROWS_AT_A_TIME:
                file.write(b"\n".join(lines) + b"\n")
                lines.clear()
        file.write(b"".join(line + b"\n" for line in lines))
    expected = facts | ledger.expected.as_json()
    path = out.with_name(out.name + ".expected.json")
    path.write_text(json.dumps(expected, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.ledger",
        description="Generate a ledger of made-up vehicles (JSON Lines) with a known outcome.",
        epilog="OUT.expected.json says what a first run on the day --as-of must make of it, to the row.",
    )
    usual = Shares()
    parser.add_argument("--count", type=int, required=True, help="rows; the first are the fixed scenarios")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes (default: 1)")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, metavar="DATE", help="day of the run (default: today)"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    for name, text in (
        ("invalid", "lines that are no row"),
        ("refused", "in period, but refused for another reason"),
        ("expired", "overdue"),
        ("duplicate", "copies of rows that are issued"),
    ):
        default = getattr(usual, name)
        parser.add_argument(
            f"--{name}-share", type=_share, default=default, help=f"{text} (default: {default})"
        )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.count < 0:
        parser.error("--count must not be negative")
    try:
        shares = Shares(given.invalid_share, given.refused_share, given.expired_share, given.duplicate_share)
    except ValueError as exc:
        parser.error(str(exc))
    as_of = given.as_of or datetime.now(CHINA).date()
    ledger = Ledger(given.count, given.seed, as_of, shares=shares)
    write(ledger, given.out, {"seed": given.seed, "as_of": as_of.isoformat()})
    told = ledger.expected.as_json()
    print(
        f"{given.out}: {told['rows']} rows, of which {told['issued']} to be issued, {told['already']} copies,"
        f" {sum(told['refused'].values())} to be refused, {sum(told['invalid'].values())} invalid"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
