"""Rows that must not get a certificate, made from good ones; each has exactly one thing wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from jianbiao.domain.ledger import Fault
from jianbiao.domain.ledger_lines import MAX_LINE_BYTES
from jianbiao.domain.months import last_day, month_of
from jianbiao.domain.reasons import Reason

Row = dict[str, str]
"""A register row: column to text. Made rows have text only, as the register has."""

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A row as a line without its end."""


def _foreign(prefixes: dict[str, str], division: str) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        # Each prefix of Harbin becomes another one, so that plates stay unique.
        prefix = prefixes[row["hphm"][:2]]
        return row | {"hphm": prefix + row["hphm"][2:], "division": division, "fzjg": prefix}

    return change


def _with(**columns: str) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        return row | columns

    return change


def _off_grid(row: Row) -> Row:
    return row | {"yxqz": last_day(month_of(date.fromisoformat(row["yxqz"])) + 1).isoformat()}


REFUSED: tuple[tuple[Reason, Callable[[Row], Row]], ...] = (
    (Reason.PLATE_DIVISION, _foreign({"黑A": "黑B", "黑L": "黑C"}, "230200")),
    (Reason.PLATE_CLASS_NOT_ELIGIBLE, _with(hpzl="22")),
    (Reason.STATE_BLOCKED, _with(zt="C")),
    (Reason.RECORD_INCONSISTENT, _with(cllx="T11")),
    (Reason.STATE_BLOCKED, _with(zt="GK")),
    (Reason.RECORD_INCONSISTENT, _off_grid),
    (Reason.STATE_BLOCKED, _with(zt="E")),
    (Reason.PLATE_DIVISION, _foreign({"黑A": "吉A", "黑L": "吉B"}, "220100")),
    (Reason.RECORD_INCONSISTENT, _with(division="230200")),
    (Reason.STATE_BLOCKED, _with(zt="J")),
    (Reason.PLATE_CLASS_NOT_ELIGIBLE, _with(hpzl="14")),
    (Reason.STATE_BLOCKED, _with(zt="M")),
    (Reason.RECORD_INCONSISTENT, _with(yxqz="")),
    (Reason.STATE_BLOCKED, _with(zt="HL")),
    (Reason.STATE_BLOCKED, _with(zt="B")),
    (Reason.STATE_BLOCKED, _with(zt="NOP")),
)
"""Reasons to refuse a row that is in its period, with what makes it so. The overdue are made apart."""

HARMLESS_STATES = ("G", "Q", "D", "GQ", "I")
"""States in which a vehicle in its period gets its certificate all the same."""


def _text(change: Callable[[Row], Row]) -> Callable[[Row], bytes]:
    return lambda row: encode(change(row)).encode()


def _without(column: str) -> Callable[[Row], Row]:
    return lambda row: {name: value for name, value in row.items() if name != column}


def _not_a_month_end(row: Row) -> Row:
    return row | {"yxqz": row["yxqz"][:8] + "15"}


def _unquoted_seats(row: Row) -> bytes:
    return encode(row | {"hdzk": [5]}).encode()


def _too_long(row: Row) -> bytes:
    return encode(row | {"bz": "长" * (MAX_LINE_BYTES // 3)}).encode()


INVALID: tuple[tuple[Fault, Callable[[Row], bytes]], ...] = (
    (Fault.BAD_JSON, lambda row: encode(row)[:-40].encode()),
    (Fault.MISSING_COLUMN, _text(_without("clsbdh"))),
    (Fault.BAD_ENCODING, lambda row: encode(row).encode("gb18030")),
    (Fault.NOT_MONTH_END, _text(_not_a_month_end)),
    (Fault.BAD_PLATE, _text(lambda row: row | {"hphm": row["hphm"][:2] + "O" + row["hphm"][3:]})),
    (Fault.BAD_VIN, _text(lambda row: row | {"clsbdh": row["clsbdh"][:-1]})),
    (Fault.BAD_DATE, _text(_with(ccdjrq="2019-02-29"))),
    (Fault.BAD_CODE, _text(_with(cllx="Y77"))),
    (Fault.LINE_TOO_LONG, _too_long),
    (Fault.DUPLICATE_COLUMN, lambda row: encode(row)[:-1].encode() + b',"hphm":""}'),
    (Fault.BAD_TYPE, _unquoted_seats),
    (Fault.BAD_NUMBER, _text(_with(hdzk="5x"))),
    (Fault.BAD_TEXT, _text(_with(owner_ref="owner one"))),
    (Fault.MISSING_COLUMN, _text(_with(hphm=""))),
    (Fault.BAD_VIN, _text(lambda row: row | {"clsbdh": "I" + row["clsbdh"][1:]})),
    (Fault.BAD_JSON, lambda row: b"[" + encode(row).encode() + b"]"),
)
"""Every fault with a line that has it and no other."""
