"""Ledger lines for the tests of the chunk worker and of the run."""

from __future__ import annotations

import json
from typing import Any

from jianbiao.domain.ledger_lines import RangeLines, lines_of_range
from jianbiao.services.backfill import ChunkResult, LedgerFile
from local import ledger_plates
from tests.support.world import CAR, World

ROW: dict[str, Any] = {
    "hpzl": "02",
    "hphm": "黑A12345",
    "clsbdh": CAR.vin,
    "cllx": "K33",
    "syxz": "A",
    "ccdjrq": "2023-03-15",
    "yxqz": "2027-03-31",
    "zt": "A",
    "division": "230100",
    "owner_ref": "p-1",
}
"""A row for `world.CAR`."""


def vin(number: int) -> str:
    """VIN of another car."""
    return ledger_plates.vin("LSJ", number, 2023)


def row(number: int, **changes: Any) -> bytes:
    """A row of another eligible car with a plate of its own."""
    given = (
        ROW | {"clsbdh": vin(number), "hphm": f"黑A{10000 + number}", "owner_ref": f"p-{number}"} | changes
    )
    return json.dumps(given, ensure_ascii=False).encode()


def lines(data: bytes, start: int = 0) -> RangeLines:
    """The lines of a file in memory from `start` on."""
    return lines_of_range(lambda first, stop: [data[first:stop]], start, len(data), len(data))


def file(name: str = "second", as_of: int = 200) -> LedgerFile:
    """A ledger."""
    return LedgerFile(name, as_of)


def run(world: World, data: bytes, ledger: LedgerFile | None = None) -> ChunkResult:
    """Work off a whole file as one chunk."""
    return world.worker.run(lines(data), ledger or file())
