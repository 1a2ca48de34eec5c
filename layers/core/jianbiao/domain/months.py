"""Month arithmetic. Inspection rules know years and months only, so day 29 to 31 can never go wrong."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def month_of(day: date) -> int:
    """A month as one number: months since year 0."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """First day of a numbered month."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """Last day of a numbered month."""
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, monthrange(year, zero_based + 1)[1])


def is_month_end(day: date) -> bool:
    """Whether `day` is the last of its month."""
    return day.day >= 28 and day.day == monthrange(day.year, day.month)[1]
