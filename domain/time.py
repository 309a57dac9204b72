"""RFC 3339 times as integers, so that they order exactly and never overflow."""

import re
from datetime import date
from functools import lru_cache

from domain.errors import InvalidInputError

DAY = 86_400_000_000
"""Microseconds of a day."""

_EPOCH = date(1970, 1, 1).toordinal()
_LAST = date.max.toordinal()
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_LONGEST_KEPT = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def instant(text: str, place: str = "time") -> int:
    """Return an RFC 3339 time as microseconds since 1970-01-01T00:00:00Z.

    Years 1 to 9999, offsets to ±23:59, any number of fraction digits; those beyond the sixth are
    cut. A leap second counts as the last microsecond of its minute, which keeps it on its own day
    and before the next one.

    Args:
        text: the time, with offset.
        place: where in the input it stands, for the error.

    Raises:
        InvalidInputError: the text is not such a time (`time-invalid`).

    Source: RFC 3339, section 5.6.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise _invalid(place)
    year, month, day, hour, minute, second, fraction, sign, off_hour, off_minute = match.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        raise _invalid(place) from None
    hours, minutes, seconds = int(hour), int(minute), int(second)
    if hours > 23 or minutes > 59 or seconds > 60:
        raise _invalid(place)
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    if seconds == 60:
        seconds, micros = 59, 999_999
    offset = 0
    if sign:
        if int(off_hour) > 23 or int(off_minute) > 59:
            raise _invalid(place)
        offset = int(off_hour) * 60 + int(off_minute)
        if sign == "-":
            offset = -offset
    minutes_of_day = hours * 60 + minutes - offset
    return days * DAY + (minutes_of_day * 60 + seconds) * 1_000_000 + micros


def read_instant(value: object) -> int | None:
    """Return a time that stands in an event's data, or None where it is not one."""
    if not isinstance(value, str):
        return None
    # Each fold of an order reads its times again. A fraction may be of any length.
    return _kept_instant(value) if len(value) <= _LONGEST_KEPT else _try_instant(value)


@lru_cache(maxsize=1_024)
def _kept_instant(text: str) -> int | None:
    return _try_instant(text)


def _try_instant(text: str) -> int | None:
    try:
        return instant(text)
    except InvalidInputError:
        return None


def read_date(value: object) -> date | None:
    """Return a date `YYYY-MM-DD`, or the UTC date of an RFC 3339 time, or None."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    at = read_instant(value)
    return None if at is None else utc_date(at)


def read_start(value: object) -> int | None:
    """Return a time; of a bare date its first microsecond in UTC."""
    at = read_instant(value)
    if at is None:
        day = read_date(value)
        at = None if day is None else (day.toordinal() - _EPOCH) * DAY
    return at


def read_end(value: object) -> int | None:
    """Return a time; of a bare date its last microsecond in UTC."""
    at = read_instant(value)
    if at is None:
        day = read_date(value)
        at = None if day is None else day_end(day)
    return at


def utc_date(at: int) -> date:
    """Return the UTC date of an instant; beyond years 1 to 9999 the nearest day there is."""
    return date.fromordinal(min(max(at // DAY + _EPOCH, 1), _LAST))


def day_end(day: date) -> int:
    """Return the last microsecond of a day in UTC."""
    return (day.toordinal() - _EPOCH + 1) * DAY - 1


def instant_text(at: int) -> str:
    """Return an instant as an RFC 3339 time in UTC; one beyond years 1 to 9999 as its nearest day.

    Whole seconds are written without a fraction.
    """
    rest = at % DAY
    seconds, micros = divmod(rest, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{utc_date(at).isoformat()}T{clock}{f'.{micros:06}' if micros else ''}Z"


def _invalid(place: str) -> InvalidInputError:
    return InvalidInputError("time-invalid", place, "not an RFC 3339 time with offset")
