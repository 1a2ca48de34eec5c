"""Days and instants of China."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.domain import times


def test_a_day_ends_at_sixteen_hours_utc() -> None:
    # 2021-03-31T16:00:00Z, by hand: 18717 days and 16 hours after the epoch.
    assert times.end_of_day(date(2021, 3, 31)) == 18717 * 86400 + 16 * 3600
    assert times.start_of_day(date(2021, 3, 31)) == 18716 * 86400 + 16 * 3600


@pytest.mark.parametrize("year", [2020, 2021, 2100])
def test_the_last_day_of_february(year: int) -> None:
    last = date(2020, 2, 29) if year == 2020 else date(year, 2, 28)
    assert times.last_valid_day(times.end_of_day(last)) == last
    assert times.day_of(times.end_of_day(last)) == date(year, 3, 1)
    assert times.day_of(times.end_of_day(last) - 1) == last


@given(st.dates(date(1970, 1, 2), date(2199, 12, 30)))
def test_days_and_instants_are_inverse(day: date) -> None:
    assert times.day_of(times.start_of_day(day)) == day
    assert times.last_valid_day(times.end_of_day(day)) == day
    assert times.end_of_day(day) - times.start_of_day(day) == 86400


def test_rfc_3339() -> None:
    assert times.rfc3339(0) == "1970-01-01T08:00:00+08:00"
    assert times.parse_rfc3339("2020-03-01T00:00:00+08:00") == times.start_of_day(date(2020, 3, 1))
    assert times.parse_rfc3339("2020-02-29T16:00:00Z") == times.start_of_day(date(2020, 3, 1))


@pytest.mark.parametrize(
    "text", ["2020-03-01T00:00:00", "yesterday", "2020-02-30T00:00:00Z", "", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset is missing|isoformat|day is out of range|calendar"):
        times.parse_rfc3339(text)
