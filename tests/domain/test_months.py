"""Month arithmetic, 29 February included."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.domain.months import first_day, is_month_end, last_day, month_of


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2016, 2, 1), date(2016, 2, 29)),
        (date(2019, 2, 28), date(2019, 2, 28)),
        (date(2000, 2, 29), date(2000, 2, 29)),
        (date(2100, 2, 1), date(2100, 2, 28)),
        (date(2020, 12, 31), date(2020, 12, 31)),
        (date(2020, 1, 15), date(2020, 1, 31)),
        (date(2020, 4, 30), date(2020, 4, 30)),
    ],
)
def test_last_days(day: date, last: date) -> None:
    assert last_day(month_of(day)) == last
    assert first_day(month_of(day)) == day.replace(day=1)
    assert is_month_end(day) is (day == last)


@given(st.dates(date(1950, 1, 1), date(2190, 12, 31)))
def test_a_month_end_is_the_day_before_the_first(day: date) -> None:
    assert is_month_end(day) is ((day + timedelta(days=1)).day == 1)
    assert last_day(month_of(day)) + timedelta(days=1) == first_day(month_of(day) + 1)
