"""One row of a ledger file: a line of JSON with the register's own columns becomes a Vehicle.

========== ========================= ======== =========================================================
column     what                      needed   accepted
========== ========================= ======== =========================================================
hpzl       号牌种类 plate class       yes      a code of the policy's table (GA/T 16.7)
hphm       号牌号码 plate             yes      the grammar of its class; a trailing 挂 may be left out
clsbdh     VIN                       yes      GB 16735; a wrong check digit is a warning
cllx       车辆类型 type              yes      a code of the policy's table (GA/T 16.4)
syxz       使用性质 use               yes      a code of the policy's table (GA/T 16.3)
ccdjrq     初次登记 registered        yes      date
zt         机动车状态 state           yes      1 to 10 letters A to Z; what they mean the rules say
division   the vehicle's division    yes      six digits (GB/T 2260)
owner_ref  pseudonym of the owner    yes      1 to 64 printable ASCII characters, no space
yxqz       检验有效期止 valid until    no       date, the last day of a month
csys       车身颜色 colour            no       up to 5 letters of the policy's table
hdzk       核定载客 seats             no       0 to 999, as text or as a number
ccrq       出厂日期 made              no       date
djrq       最近定检 last inspection   no       date
bxzzrq     保险终止 insured until     no       date
fzjg       发证机关 issuing authority no       up to 10 characters; not kept
jyhgbzbh   检验合格标志编号 paper mark no       up to 20 printable ASCII characters
========== ========================= ======== =========================================================

Dates are ``YYYY-MM-DD`` from 1900 to 2199. Values are text; spaces around them are dropped (the register pads
its columns); an empty text and null count as absent. Other columns are ignored and counted. The parser is
written by hand so that each fault has its word and its column, a name that comes twice is seen, and the chunk
worker starts without pydantic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from jianbiao.domain import plates, vin
from jianbiao.domain.ledger_lines import MAX_LINE_BYTES
from jianbiao.domain.months import is_month_end
from jianbiao.domain.policy import Policy
from jianbiao.domain.vehicle import Vehicle
from jianbiao.errors import BadRequest


class Fault(StrEnum):
    """Why a row is invalid. Stable: reason files and reports carry these words."""

    LINE_TOO_LONG = "line-too-long"
    BAD_ENCODING = "bad-encoding"
    BAD_JSON = "bad-json"
    DUPLICATE_COLUMN = "duplicate-column"
    MISSING_COLUMN = "missing-column"
    BAD_TYPE = "bad-type"
    BAD_CODE = "bad-code"
    BAD_PLATE = "bad-plate"
    BAD_VIN = "bad-vin"
    BAD_DATE = "bad-date"
    NOT_MONTH_END = "not-month-end"
    BAD_NUMBER = "bad-number"
    BAD_TEXT = "bad-text"


class RowInvalid(BadRequest):
    """The line is no row of the register.

    `reasons` has at least one entry: a `Fault`, followed by ``:column`` where one column is to blame, such as
    ``("missing-column:hphm", "bad-date:yxqz")``. All that is wrong is there. Values never are: reasons go to
    logs and reports.
    """

    code = "row-invalid"

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


VIN_CHECK_DIGIT = "vin-check-digit"
"""Warning: position 9 of the VIN is not its check digit, as on imports and before 2004. Reviewed by hand."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A valid row."""

    vehicle: Vehicle
    unknown_columns: int
    """How many columns are not the register's own; their values were ignored."""
    warnings: tuple[str, ...] = ()
    """What an operator should look at although the row is valid: VIN_CHECK_DIGIT."""


REQUIRED = ("hpzl", "hphm", "clsbdh", "cllx", "syxz", "ccdjrq", "zt", "division", "owner_ref")
OPTIONAL = ("yxqz", "csys", "hdzk", "ccrq", "djrq", "bxzzrq", "fzjg", "jyhgbzbh")
COLUMNS = frozenset(REQUIRED + OPTIONAL)

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def parse_row(line: bytes | None, policy: Policy) -> LedgerRow:
    """Parse one line without its end of line (None: a line that was too long to be kept, see `RawLine`).

    Raises RowInvalid with everything that is wrong.
    """
    if line is None or len(line) > MAX_LINE_BYTES:
        raise RowInvalid((Fault.LINE_TOO_LONG,))
    row = _Row(_decode(line), policy)
    plate_class = row.code("hpzl", "plate_classes")
    plate = row.plate("hphm", plate_class)
    number, warnings = row.vin("clsbdh")
    vehicle = Vehicle(
        vin=number,
        plate_class=plate_class,
        plate=plate,
        vehicle_type=row.code("cllx", "vehicle_types"),
        use=row.code("syxz", "uses"),
        registered_on=row.day("ccdjrq") or _FIRST_DAY,
        state=row.state("zt"),
        division=row.division("division"),
        owner_ref=row.ascii("owner_ref", 64),
        valid_until=row.month_end("yxqz"),
        colour=row.colour("csys"),
        seats=row.number("hdzk", 999),
        manufactured_on=row.day("ccrq"),
        last_inspected_on=row.day("djrq"),
        insured_until=row.day("bxzzrq"),
        paper_mark_number=row.ascii("jyhgbzbh", 20),
    )
    row.text("fzjg", 10)
    if row.reasons:
        raise RowInvalid(tuple(row.reasons))
    return LedgerRow(vehicle, len(row.record.keys() - COLUMNS), warnings)


class _Row:
    """Reads columns of one record; collects what is wrong and returns something empty in its place."""

    __slots__ = ("policy", "reasons", "record")

    def __init__(self, record: dict[str, Any], policy: Policy) -> None:
        self.record = record
        self.policy = policy
        self.reasons: list[str] = []

    def wrong(self, fault: Fault, column: str) -> None:
        self.reasons.append(f"{fault}:{column}")

    def text(self, column: str, longest: int) -> str:
        """The text of a column, without spaces around it; empty where it is absent or was found wrong."""
        value = self.record.get(column)
        if type(value) is str:
            value = value.strip()
            if len(value) > longest:
                self.wrong(Fault.BAD_TEXT, column)
                return ""
        elif value is not None:
            self.wrong(Fault.BAD_TYPE, column)
            return ""
        if not value:
            if column in REQUIRED:
                self.wrong(Fault.MISSING_COLUMN, column)
            return ""
        return value

    def code(self, column: str, table: str) -> str:
        """One code of a table of the policy."""
        value = self.text(column, 10)
        if value and not self.policy.has(table, value):
            self.wrong(Fault.BAD_CODE, column)
            return ""
        return value

    def state(self, column: str) -> str:
        """A set of letters, such as "GQ". One that no table has is kept: the rules block it."""
        value = self.text(column, 10)
        if value and not (value.isascii() and value.isalpha() and value.isupper()):
            self.wrong(Fault.BAD_CODE, column)
        return value

    def colour(self, column: str) -> str:
        value = self.text(column, 5)
        if value and not all(self.policy.has("colours", letter) for letter in value):
            self.wrong(Fault.BAD_CODE, column)
        return value

    def plate(self, column: str, plate_class: str) -> str:
        value = self.text(column, 15)
        if not value or not plate_class:
            return value
        try:
            return plates.from_ledger(value, plate_class)
        except ValueError:
            self.wrong(Fault.BAD_PLATE, column)
            return ""

    def vin(self, column: str) -> tuple[str, tuple[str, ...]]:
        value = self.text(column, 25)
        if not value:
            return "", ()
        try:
            number = vin.normalise(value)
        except ValueError:
            self.wrong(Fault.BAD_VIN, column)
            return "", ()
        return number, () if vin.check_digit_ok(number) else (VIN_CHECK_DIGIT,)

    def day(self, column: str) -> date | None:
        value = self.text(column, 30)
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        # fromisoformat also reads 20200331 and 2020-W14-2, which are not the register's way to write a date.
        if day is None or len(value) != 10 or value[7] != "-" or not _FIRST_DAY <= day <= _LAST_DAY:
            self.wrong(Fault.BAD_DATE, column)
            return None
        return day

    def month_end(self, column: str) -> date | None:
        """Validity ends on the last day of a month (domain facts 2.4)."""
        day = self.day(column)
        if day is not None and not is_month_end(day):
            self.wrong(Fault.NOT_MONTH_END, column)
        return day

    def number(self, column: str, highest: int) -> int | None:
        value = self.record.get(column)
        if type(value) is not int:
            digits = self.text(column, 10)
            if not digits:
                return None
            value = int(digits) if digits.isascii() and digits.isdigit() else -1
        if not 0 <= value <= highest:
            self.wrong(Fault.BAD_NUMBER, column)
        return value

    def division(self, column: str) -> str:
        value = self.text(column, 10)
        if value and not (len(value) == 6 and value.isascii() and value.isdigit()):
            self.wrong(Fault.BAD_CODE, column)
        return value

    def ascii(self, column: str, longest: int) -> str:
        value = self.text(column, longest)
        if value and not (value.isascii() and value.isprintable() and " " not in value):
            self.wrong(Fault.BAD_TEXT, column)
        return value


def _decode(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; no other JSON than RFC 8259's, and no name twice."""
    try:
        text = line.decode()
    except UnicodeDecodeError as exc:
        raise RowInvalid((Fault.BAD_ENCODING,)) from exc
    try:
        record = _JSON.decode(text)
    except (ValueError, RecursionError) as exc:
        # ValueError is also raised for a number of more than 4300 digits, RecursionError for deep nesting.
        raise RowInvalid((Fault.BAD_JSON,)) from exc
    if type(record) is not dict:
        raise RowInvalid((Fault.BAD_JSON,))
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        # Which of two plates would be meant? RFC 8259, 4 calls the behaviour unpredictable.
        raise RowInvalid((Fault.DUPLICATE_COLUMN,))
    return record


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
