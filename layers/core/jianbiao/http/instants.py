"""Instants in request bodies."""

from __future__ import annotations

from jianbiao.domain.times import parse_rfc3339
from jianbiao.errors import FieldError, InvalidInput

FIRST, LAST = 946_656_000, 4_102_416_000
"""2000-01-01T00:00+08:00 and 2100-01-01T00:00+08:00: what the product can be asked about."""


def instant(text: str, pointer: str) -> int:
    """An RFC 3339 date-time with offset as epoch second; `pointer` names its field. Raises InvalidInput."""
    try:
        second = parse_rfc3339(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(FieldError(pointer, "an RFC 3339 date-time with offset is expected")) from error
    if not FIRST <= second < LAST:
        raise InvalidInput(FieldError(pointer, "a time from 2000 to 2099 is expected"))
    return second
