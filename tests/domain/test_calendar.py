"""Weekdays: Monday to Friday count, the first day does not."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import add_days, add_weekdays


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2025, 3, 5), 10, date(2025, 3, 19)),
        (date(2026, 5, 18), 10, date(2026, 6, 1)),
        (date(2025, 3, 7), 1, date(2025, 3, 10)),
        (date(2025, 3, 8), 1, date(2025, 3, 10)),
        (date(2025, 3, 9), 1, date(2025, 3, 10)),
        (date(2025, 3, 8), 10, date(2025, 3, 21)),
        (date(2025, 3, 8), 0, date(2025, 3, 8)),
    ],
)
def test_weekdays_are_counted_from_the_next_one(start, count, expected):
    assert add_weekdays(start, count) == expected


@given(st.dates(max_value=date(9990, 1, 1)), st.integers(1, 60))
def test_adding_weekdays_is_walking_from_weekday_to_weekday(start, count):
    day, left = start, count
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5

    assert add_weekdays(start, count) == day


def test_the_last_day_of_the_calendar_is_never_passed():
    assert add_weekdays(date.max, 10) == date.max
    assert add_days(date.max, 7) == date.max
