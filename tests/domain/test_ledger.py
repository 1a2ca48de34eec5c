"""Rows of a ledger file: what is accepted, and every fault with its column."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.ledger import (
    COLUMNS,
    OPTIONAL,
    REQUIRED,
    VIN_CHECK_DIGIT,
    Fault,
    LedgerRow,
    RowInvalid,
    parse_row,
)
from jianbiao.domain.ledger_lines import MAX_LINE_BYTES
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reports import NOT_IN_LEDGER
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import BadRequest
from tests.domain.samples import vehicle

POLICY = default_policy()

ROW: dict[str, Any] = {
    "hpzl": "02",
    "hphm": "黑A12345",
    "clsbdh": "LSJA24U62JG269225",
    "cllx": "K33",
    "syxz": "A",
    "csys": "AJ",
    "hdzk": "5",
    "ccdjrq": "2018-03-15",
    "ccrq": "2018-02-01",
    "djrq": "2024-03-20",
    "yxqz": "2026-03-31",
    "bxzzrq": "2026-01-14",
    "fzjg": "黑A",
    "zt": "GQ",
    "jyhgbzbh": "230112345678",
    "division": "230100",
    "owner_ref": "p-citizen-1",
}
VEHICLE = vehicle(
    owner_ref="p-citizen-1",
    valid_until=date(2026, 3, 31),
    manufactured_on=date(2018, 2, 1),
    last_inspected_on=date(2024, 3, 20),
    insured_until=date(2026, 1, 14),
    colour="AJ",
    state="GQ",
    paper_mark_number="230112345678",
)


def parse(**changes: Any) -> LedgerRow:
    return parse_row(json.dumps(ROW | changes, ensure_ascii=False).encode(), POLICY)


def faults(line: bytes | None) -> tuple[str, ...]:
    with pytest.raises(RowInvalid) as caught:
        parse_row(line, POLICY)
    return caught.value.reasons


def faults_of(**changes: Any) -> tuple[str, ...]:
    return faults(json.dumps(ROW | changes, ensure_ascii=False).encode())


def test_a_full_row() -> None:
    assert set(ROW) == COLUMNS
    assert parse() == LedgerRow(VEHICLE, 0, ())


def test_only_what_is_needed() -> None:
    needed = {column: ROW[column] for column in REQUIRED}
    row = parse_row(json.dumps(needed).encode(), POLICY)
    assert row.vehicle == dataclasses.replace(
        VEHICLE,
        valid_until=None,
        manufactured_on=None,
        last_inspected_on=None,
        insured_until=None,
        colour="",
        seats=None,
        paper_mark_number="",
    )


@pytest.mark.parametrize("absent", ["", "   ", None])
@pytest.mark.parametrize("column", OPTIONAL)
def test_an_optional_column_may_be_absent(column: str, absent: str | None) -> None:
    without = {name: value for name, value in ROW.items() if name != column}
    assert parse(**{column: absent}) == parse_row(json.dumps(without).encode(), POLICY)


@pytest.mark.parametrize("column", REQUIRED)
def test_a_needed_column_may_not(column: str) -> None:
    without = {name: value for name, value in ROW.items() if name != column}
    expected = (f"missing-column:{column}",)
    assert faults(json.dumps(without).encode()) == expected
    assert faults_of(**{column: ""}) == faults_of(**{column: None}) == faults_of(**{column: " "}) == expected


def test_unknown_columns_are_counted_and_ignored() -> None:
    assert parse(sfmj="1", bmjyy="", deep={"any": [1, {"thing": None}]}) == LedgerRow(VEHICLE, 3, ())


def test_padding_of_the_register_is_dropped() -> None:
    padded = {column: f" {value}  " for column, value in ROW.items()}
    assert parse(**padded).vehicle == VEHICLE


def test_the_plate_is_normalised_by_its_class() -> None:
    assert parse(hphm="黑a·12345").vehicle.plate == "黑A12345"
    trailer = parse(hpzl="15", hphm="黑A1234", cllx="B11")
    assert trailer.vehicle.plate == "黑A1234挂"


def test_seats_may_be_a_number() -> None:
    assert parse(hdzk=7).vehicle.seats == 7
    assert parse(hdzk="0").vehicle.seats == 0


def test_a_wrong_check_digit_is_a_warning() -> None:
    row = parse(clsbdh="LFV2A21K0A4000001")
    assert row.warnings == (VIN_CHECK_DIGIT,)
    assert row.vehicle.vin == "LFV2A21K0A4000001"


def test_a_state_letter_without_a_table_entry_is_kept_for_the_rules() -> None:
    assert parse(zt="F").vehicle.state == "F"


@pytest.mark.parametrize(
    "column, value, fault",
    [
        ("hpzl", "2", Fault.BAD_CODE),
        ("hpzl", 2, Fault.BAD_TYPE),
        ("hpzl", "02" * 6, Fault.BAD_TEXT),
        ("hphm", "黑A1234", Fault.BAD_PLATE),
        ("hphm", "黑AO2345", Fault.BAD_PLATE),
        ("hphm", "黑A12345\u0000", Fault.BAD_PLATE),
        ("hphm", "黑" * 16, Fault.BAD_TEXT),
        ("hphm", ["黑A12345"], Fault.BAD_TYPE),
        ("clsbdh", "LSJA24U62JG26922", Fault.BAD_VIN),
        ("clsbdh", "LSJA24U62JG26922O", Fault.BAD_VIN),
        ("cllx", "K99", Fault.BAD_CODE),
        ("cllx", "k33", Fault.BAD_CODE),
        ("syxz", "Y", Fault.BAD_CODE),
        ("syxz", True, Fault.BAD_TYPE),
        ("csys", "AK", Fault.BAD_CODE),
        ("csys", "AAAAAA", Fault.BAD_TEXT),
        ("hdzk", "five", Fault.BAD_NUMBER),
        ("hdzk", "٥", Fault.BAD_NUMBER),
        ("hdzk", "1000", Fault.BAD_NUMBER),
        ("hdzk", -1, Fault.BAD_NUMBER),
        ("hdzk", 5.0, Fault.BAD_TYPE),
        ("hdzk", True, Fault.BAD_TYPE),
        ("ccdjrq", "20180315", Fault.BAD_DATE),
        ("ccdjrq", "2018-3-15", Fault.BAD_DATE),
        ("ccdjrq", "2018-W10-1", Fault.BAD_DATE),
        ("ccdjrq", "2018-02-29", Fault.BAD_DATE),
        ("ccdjrq", "1899-12-31", Fault.BAD_DATE),
        ("ccdjrq", "2018-03-15T00:00:00", Fault.BAD_DATE),
        ("ccrq", "2200-01-01", Fault.BAD_DATE),
        ("djrq", "0000-00-00", Fault.BAD_DATE),
        ("djrq", 20240320, Fault.BAD_TYPE),
        ("yxqz", "2026-03-30", Fault.NOT_MONTH_END),
        ("yxqz", "2024-02-28", Fault.NOT_MONTH_END),
        ("yxqz", "2023-02-29", Fault.BAD_DATE),
        ("bxzzrq", "soon", Fault.BAD_DATE),
        ("fzjg", "黑" * 11, Fault.BAD_TEXT),
        ("fzjg", {}, Fault.BAD_TYPE),
        ("zt", "a", Fault.BAD_CODE),
        ("zt", "A1", Fault.BAD_CODE),
        ("zt", "ABCDEGHIJKL", Fault.BAD_TEXT),
        ("jyhgbzbh", "1" * 21, Fault.BAD_TEXT),
        ("jyhgbzbh", "编号", Fault.BAD_TEXT),
        ("division", "23010", Fault.BAD_CODE),
        ("division", "23010٠", Fault.BAD_CODE),
        ("division", "黑龙江哈尔", Fault.BAD_CODE),
        ("owner_ref", "p" * 65, Fault.BAD_TEXT),
        ("owner_ref", "张三", Fault.BAD_TEXT),
        ("owner_ref", "p 1", Fault.BAD_TEXT),
        ("owner_ref", "p\u007f1", Fault.BAD_TEXT),
    ],
)
def test_each_fault_names_its_column(column: str, value: object, fault: Fault) -> None:
    assert faults_of(**{column: value}) == (f"{fault}:{column}",)


@pytest.mark.parametrize("day", ["2024-02-29", "2023-02-28", "2026-04-30", "2026-12-31"])
def test_month_ends(day: str) -> None:
    assert parse(yxqz=day).vehicle.valid_until == date.fromisoformat(day)


def test_everything_that_is_wrong_is_told() -> None:
    changes = {"hpzl": "", "hphm": "黑", "clsbdh": "short", "yxqz": "2026-03-30", "owner_ref": 7}
    assert faults_of(**changes) == (
        "missing-column:hpzl",
        "bad-vin:clsbdh",
        "bad-type:owner_ref",
        "not-month-end:yxqz",
    ), "a plate cannot be judged without its class"


def test_reasons_carry_no_values() -> None:
    with pytest.raises(RowInvalid) as caught:
        parse(hphm="黑AO2345", clsbdh="SECRET", owner_ref="张三")
    assert isinstance(caught.value, BadRequest)
    text = f"{caught.value!s} {caught.value!r}"
    assert not any(secret in text for secret in ("黑A", "SECRET", "张三", "p-citizen"))


@pytest.mark.parametrize(
    "line, fault",
    [
        (b"", Fault.BAD_JSON),
        (b"{", Fault.BAD_JSON),
        (b"[]", Fault.BAD_JSON),
        (b'"text"', Fault.BAD_JSON),
        (b"null", Fault.BAD_JSON),
        (b"{} {}", Fault.BAD_JSON),
        (b'{"hdzk":NaN}', Fault.BAD_JSON),
        (b'{"hdzk":-Infinity}', Fault.BAD_JSON),
        (b'{"hdzk":' + b"9" * 5000 + b"}", Fault.BAD_JSON),
        (b'{"hphm":"a\tb"}', Fault.BAD_JSON),
        (b"[" * 60_000, Fault.BAD_JSON),
        (b'{"x":' * 10_000, Fault.BAD_JSON),
        (json.dumps(ROW).encode("utf-16"), Fault.BAD_ENCODING),
        (json.dumps(ROW, ensure_ascii=False).encode("gbk"), Fault.BAD_ENCODING),
        (b'{"hphm":"\xed\xa0\x80"}', Fault.BAD_ENCODING),
        (b'{"hphm":"a","hphm":"b"}', Fault.DUPLICATE_COLUMN),
        (b'{"other":{"a":1,"a":2}}', Fault.DUPLICATE_COLUMN),
        (None, Fault.LINE_TOO_LONG),
        (b" " * (MAX_LINE_BYTES + 1), Fault.LINE_TOO_LONG),
    ],
)
def test_lines_that_are_no_record(line: bytes | None, fault: Fault) -> None:
    assert faults(line) == (fault,)


def test_escapes_count_as_the_character() -> None:
    assert parse_row(json.dumps(ROW, ensure_ascii=True).encode(), POLICY).vehicle == VEHICLE
    assert faults(json.dumps(ROW | {"owner_ref": "\ud800"}).encode()) == ("bad-text:owner_ref",)


def test_a_row_as_long_as_allowed() -> None:
    line = json.dumps(ROW | {"note": ""}, ensure_ascii=False).encode()
    padded = line[:-2] + b"x" * (MAX_LINE_BYTES - len(line)) + line[-2:]
    assert len(padded) == MAX_LINE_BYTES
    assert parse_row(padded, POLICY).unknown_columns == 1


def test_fields_without_a_column_are_named() -> None:
    assert set(Vehicle.__dataclass_fields__) > NOT_IN_LEDGER


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_row_or_invalid(line: bytes) -> None:
    assert faults(line)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), JSON_VALUES, max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_values_are_accepted_or_told(changes: dict[str, Any]) -> None:
    line = json.dumps(ROW | changes).encode()
    try:
        vehicle = parse_row(line, POLICY).vehicle
    except RowInvalid as invalid:
        assert invalid.reasons
        if invalid.reasons != (Fault.BAD_JSON,):
            # Another plate class may make the same plate a bad one.
            blamed = {reason.partition(":")[2] for reason in invalid.reasons}
            assert blamed <= set(changes) | ({"hphm"} if "hpzl" in changes else set())
    else:
        assert POLICY.has("vehicle_types", vehicle.vehicle_type)
        assert vehicle.owner_ref.isascii()
        assert 0 < len(vehicle.owner_ref) <= 64
