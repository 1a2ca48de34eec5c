"""A ledger with broken lines: each is reported with its line and reason, and none stops the rest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from local.sample_life import stores
from tests.e2e.deployment import Stack
from tests.e2e.ledgers import Row, line, load, new_row

pytestmark = pytest.mark.local

LONG = 10_000_000
"""Bytes of the longest line: fifty times what a chunk has."""


@dataclass
class Broken:
    """A ledger in the making, with what has to come of each line."""

    stack: Stack
    data: bytearray = field(default_factory=bytearray)
    lines: int = 0
    good: list[Row] = field(default_factory=list)
    invalid: dict[int, tuple[int, list[str]]] = field(default_factory=dict)
    """Line → byte offset and reasons."""
    refused: dict[int, list[str]] = field(default_factory=dict)

    def add(self, text: bytes, end: bytes = b"\n") -> None:
        self.lines += 1
        self.data += text + end

    def add_good(self, *, end: bytes = b"\n", before: bytes = b"", **changes: object) -> None:
        row = new_row(self.stack)
        self.good.append(row)
        self.add(before + line(row | changes), end)

    def add_invalid(self, text: bytes, *reasons: str, end: bytes = b"\n") -> None:
        self.invalid[self.lines + 1] = (len(self.data), list(reasons))
        self.add(text, end)

    def add_refused(self, reason: str, **changes: str) -> None:
        self.refused[self.lines + 1] = [reason]
        self.add(line(new_row(self.stack) | changes))


@pytest.fixture(scope="module")
def broken(stack: Stack) -> Broken:
    """Every kind of fault, with good rows before, between and behind."""
    ledger = Broken(stack)

    def row() -> Row:
        return new_row(stack)

    def without(*columns: str) -> Mapping[str, str]:
        return {name: value for name, value in row().items() if name not in columns}

    ledger.add_good(before=b"\xef\xbb\xbf")
    ledger.add_invalid(b"{not JSON}", "bad-json")
    ledger.add_good(end=b"\r\n")
    ledger.add(b"")
    ledger.add(b" \t ", end=b"\r\n")
    ledger.add_good()
    ledger.add_invalid(line(row()).decode().encode("gb18030"), "bad-encoding")
    ledger.add_invalid(b"\xff\xfe\x00", "bad-encoding")
    ledger.add_invalid(line(row())[:-30], "bad-json", end=b"\r\n")
    ledger.add_good(unknown_column="ignored and counted")
    ledger.add_invalid(line(without("clsbdh")), "missing-column:clsbdh")
    ledger.add_invalid(line(without("hphm", "zt")), "missing-column:hphm", "missing-column:zt")
    ledger.add_invalid(b"{}", *(f"missing-column:{name}" for name in _NEEDED))
    ledger.add_invalid(b"[]", "bad-json")
    ledger.add_invalid(b"null", "bad-json")
    ledger.add_invalid(b'"text"', "bad-json")
    ledger.add_invalid(b"[" * 60_000, "bad-json")
    ledger.add_invalid(line(row())[:-1] + b',"hphm":""}', "duplicate-column")
    ledger.add_invalid(b"\0" * 100, "bad-json")
    ledger.add_invalid(line(row() | {"bz": "x" * LONG}), "line-too-long")
    ledger.add_good()
    ledger.add_invalid(line(row() | {"yxqz": "2027-02-15"}), "not-month-end:yxqz")
    ledger.add_invalid(line(row() | {"ccdjrq": "2023-02-29"}), "bad-date:ccdjrq")
    ledger.add_invalid(line(row() | {"hphm": "黑AO1234"}), "bad-plate:hphm")
    ledger.add_invalid(line(row() | {"clsbdh": "SHORT"}), "bad-vin:clsbdh")
    ledger.add_invalid(line(row() | {"hpzl": "98"}), "bad-code:hpzl")
    ledger.add_invalid(line(row() | {"hdzk": [5]}), "bad-type:hdzk")
    ledger.add_refused("state-blocked", zt="C")
    ledger.add_refused("record-inconsistent", yxqz="")
    ledger.add_good(end=b"")
    return ledger


_NEEDED = ("hpzl", "hphm", "clsbdh", "cllx", "syxz", "ccdjrq", "zt", "division", "owner_ref")


def test_each_broken_line_is_named_and_the_rest_is_issued(stack: Stack, broken: Broken) -> None:
    as_of = int(time.time())
    first = load(stack, bytes(broken.data), as_of=as_of)
    rows = len(broken.good) + len(broken.invalid) + len(broken.refused)
    assert dict(first.counts) == {
        "rows": rows,
        "issued": len(broken.good),
        "already": 0,
        "refused": len(broken.refused),
        "invalid": len(broken.invalid),
        "unknown_columns": 1,
        "warnings": 0,
    }
    reported = {entry["line"]: entry for entry in first.reasons}
    assert len(reported) == len(first.reasons)
    invalid = {
        n: (e["offset"], sorted(e["reasons"])) for n, e in reported.items() if e["outcome"] == "invalid"
    }
    assert invalid == {n: (offset, sorted(reasons)) for n, (offset, reasons) in broken.invalid.items()}
    refused = {n: e["reasons"] for n, e in reported.items() if e["outcome"] == "refused"}
    assert refused == broken.refused
    vehicles, certificates = stores(stack, stack.outputs)  # type: ignore[arg-type]
    records = vehicles.get_many([row["clsbdh"] for row in broken.good])
    present = certificates.get_many([record.current or "" for record in records.values()])
    assert len(records) == len(broken.good)
    assert [c.status for c in present.values()] == ["active"] * len(broken.good)

    # The same file again: every row is accounted for once more, and nothing is issued twice.
    again = load(stack, bytes(broken.data), as_of=as_of)
    assert again.counts["already"] == len(broken.good)
    assert (again.counts["issued"], again.counts["rows"]) == (0, rows)
    assert again.by_reason == first.by_reason
    assert vehicles.get_many([row["clsbdh"] for row in broken.good]) == records


def test_reasons_do_not_repeat_what_the_row_says(stack: Stack) -> None:
    """Result files are read by many: they name lines and columns, never a plate, a VIN or an owner."""
    row = new_row(stack, owner_ref="p-tests-secret")
    done = load(stack, line(row | {"yxqz": "2027-02-15"}) + b"\n")
    said = repr(done.reasons)
    assert "not-month-end" in said
    assert not [value for value in (row["hphm"], row["clsbdh"], row["owner_ref"]) if value in said]


@pytest.mark.parametrize("data", [b"\n", b"\n\r\n \n", b"\xef\xbb\xbf"])
def test_a_ledger_of_blank_lines_is_done_at_once(stack: Stack, data: bytes) -> None:
    done = load(stack, data)
    assert done.complete
    assert (done.counts["rows"], done.reasons) == (0, [])
