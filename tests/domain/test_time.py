"""Times: every RFC 3339 text becomes one integer, and nothing overflows."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from domain.time import DAY, instant, read_date, read_end, read_instant, read_start, utc_date


def test_the_epoch_is_zero():
    assert instant("1970-01-01T00:00:00Z") == 0


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_instants_agree_with_the_standard_library(naive, offset):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    text = f"{naive.isoformat(timespec='microseconds')}{sign}{hours:02}:{minutes:02}"

    at = instant(text)

    assert at == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert utc_date(at) == moment.astimezone(UTC).date()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-03-05T09:00:00.5Z", "2025-03-05T09:00:00.500000Z"),
        ("2025-03-05T09:00:00.123456789123Z", "2025-03-05T09:00:00.123456Z"),
        ("2025-03-05t09:00:00z", "2025-03-05T09:00:00+00:00"),
        ("2025-03-05 09:00:00Z", "2025-03-05T09:00:00-00:00"),
        ("2025-03-05T23:59:00+14:00", "2025-03-05T09:59:00Z"),
        ("2025-03-05T00:00:00+23:59", "2025-03-04T00:01:00Z"),
    ],
)
def test_two_ways_to_write_one_instant_are_equal(text, same):
    assert instant(text) == instant(same)


def test_thousands_of_fraction_digits_are_read():
    assert instant("1970-01-01T00:00:00." + "0" * 5000 + "9Z") == 0


def test_a_leap_second_stays_on_its_day_and_before_the_next():
    before = instant("2016-12-31T23:59:59.5Z")
    leap = instant("2016-12-31T23:59:60Z")
    after = instant("2017-01-01T00:00:00Z")

    assert before < leap < after
    assert utc_date(leap) == date(2016, 12, 31)


def test_days_beyond_the_calendar_become_its_ends():
    early = instant("0001-01-01T00:00:00+23:59")
    late = instant("9999-12-31T23:59:59-23:59")

    assert utc_date(early) == date.min
    assert utc_date(late) == date.max


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-03-05",
        "2025-03-05T09:00:00",
        "2025-03-05T09:00Z",
        "2025-02-29T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-03-05T24:00:00Z",
        "2025-03-05T23:60:00Z",
        "2025-03-05T23:59:61Z",
        "2025-03-05T09:00:00+24:00",
        "2025-03-05T09:00:00+09:60",
        "2025-03-05T09:00:00.Z",
        "2025-03-05T09:00:00Z\n",
        "２０２５-03-05T09:00:00Z",
        "2025-W10-3T09:00:00Z",
    ],
)
def test_what_is_no_rfc_3339_time_is_refused_with_its_place(text):
    with pytest.raises(InvalidInputError) as refusal:
        instant(text, "/time")

    assert (refusal.value.code, refusal.value.place) == ("time-invalid", "/time")
    assert read_instant(text) is None


@pytest.mark.parametrize("value", [None, 5, True, [], {}, "soon"])
def test_what_is_no_time_reads_as_none(value):
    assert read_instant(value) is None
    assert read_date(value) is None
    assert read_start(value) is None
    assert read_end(value) is None


def test_a_bare_date_is_the_whole_utc_day():
    assert read_end("2025-03-05") - read_start("2025-03-05") == DAY - 1
    assert read_date("2025-03-05") == date(2025, 3, 5)
    assert read_date("2025-02-30") is None


def test_a_time_is_its_own_start_and_end_and_its_date_is_utc():
    text = "2025-03-05T23:30:00-02:00"

    assert read_start(text) == read_end(text) == instant(text)
    assert read_date(text) == date(2025, 3, 6)
