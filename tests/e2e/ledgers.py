"""Small ledgers for the tests: rows of vehicles that no other test has, dropped into the inbox like any ledger."""

from __future__ import annotations

import itertools
import json
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from jianbiao.aws.vehicles import plate_key
from jianbiao.domain.months import first_day, last_day, month_of
from jianbiao.domain.times import day_of, rfc3339
from jianbiao.services.ledger_run import Accounts
from local.ledger_plates import vin
from local.loading import Loader
from tests.e2e.deployment import Stack

Row = dict[str, str]

_NUMBERS = itertools.count(secrets.randbelow(20_000_000))
"""Random start: a deployment may be kept over several sessions."""


def new_row(stack: Stack, *, owner_ref: str = "p-tests-nobody", **changes: str) -> Row:
    """A private car in its inspection period, with a VIN and a plate that the deployment has never seen."""
    number = next(_NUMBERS)
    today = day_of(int(time.time()))
    ends = month_of(today) + 8
    registered = first_day(ends - 48).replace(day=15)
    row = {
        "hpzl": "02",
        "hphm": _free_plate(stack),
        "clsbdh": vin("LTT", number, registered.year),
        "cllx": "K33",
        "syxz": "A",
        "csys": "A",
        "hdzk": "5",
        "ccdjrq": registered.isoformat(),
        "ccrq": (registered - timedelta(days=40)).isoformat(),
        "djrq": registered.isoformat(),
        "yxqz": last_day(ends).isoformat(),
        "bxzzrq": (today + timedelta(days=200)).isoformat(),
        "fzjg": "黑A",
        "zt": "A",
        "jyhgbzbh": f"2399{number:012d}",
        "division": "230100",
        "owner_ref": owner_ref,
    }
    return row | changes


def _free_plate(stack: Stack) -> str:
    dynamodb = stack.client("dynamodb")
    while True:
        plate = f"黑AZ{secrets.randbelow(10_000):04d}"
        key = {"plate": {"S": plate_key("02", plate)}}
        if "Item" not in dynamodb.get_item(TableName=stack.outputs["PlatesTableName"], Key=key):
            return plate


def line(row: Mapping[str, object]) -> bytes:
    """A row as a line, without its end."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def load(stack: Stack, data: bytes, *, as_of: int | None = None) -> Accounts:
    """Drop a ledger into the inbox bucket and wait until it is accounted for. `as_of`: epoch second, default now."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "ledger.jsonl"
        file.write_bytes(data)
        moment = rfc3339(int(time.time()) if as_of is None else as_of)
        return Loader(stack, stack.outputs).load(file, moment, lambda _done, _rows: None)  # type: ignore[arg-type]


def load_rows(stack: Stack, rows: Sequence[Row], *, as_of: int | None = None) -> Accounts:
    """The same for rows without faults."""
    return load(stack, b"".join(line(row) + b"\n" for row in rows), as_of=as_of)


def valid_until(row: Row) -> date:
    """The end of validity that a row reports."""
    return date.fromisoformat(row["yxqz"])
