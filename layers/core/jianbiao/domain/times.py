"""Dates and instants. Product dates are Asia/Shanghai (UTC+8, no daylight saving); instants are epoch seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))

DAY = 86_400
"""Seconds; there is no daylight saving."""


def day_of(instant: int) -> date:
    """The Chinese calendar day of an epoch second."""
    return datetime.fromtimestamp(instant, CHINA).date()


def end_of_day(day: date) -> int:
    """First epoch second after `day` in China: valid through 2021-03-31 gives 2021-03-31T16:00:00Z."""
    return start_of_day(day + timedelta(days=1))


def start_of_day(day: date) -> int:
    """First epoch second of `day` in China."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp())


def last_valid_day(exp: int) -> date:
    """Inverse of `end_of_day`: the day printed as 'valid until' for a certificate's `exp`."""
    return day_of(exp - 1)


def rfc3339(instant: int) -> str:
    """An epoch second as RFC 3339 with offset +08:00."""
    return datetime.fromtimestamp(instant, CHINA).isoformat(timespec="seconds")


def parse_rfc3339(text: str) -> int:
    """An RFC 3339 date-time with offset as epoch second; raises ValueError for anything else."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("offset is missing")
    try:
        return int(value.astimezone(UTC).timestamp())
    except OverflowError as error:  # the first and the last hours of the calendar
        raise ValueError("outside the calendar") from error
