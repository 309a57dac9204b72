"""Values as other systems write them, as ours: money in minor units, times with an offset.

Each function returns None for what it cannot read; none raises.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.canonical import MAX_INTEGER
from domain.money import exponent, is_currency
from domain.time import read_date, read_instant
from sources.message import NO_TIME

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPACED = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?")


def text(value: Any) -> str | None:
    """Return a string that is not empty, or an integer as text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def member(value: Any, *path: str) -> Any:
    """Return what lies below a path of member names, None where something on it is missing."""
    for name in path:
        if not isinstance(value, dict):  # as `strict_json` reads objects; ten times as quick
            return None
        value = value.get(name)
    return value


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list; none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def currency(value: Any) -> str | None:
    """Return an ISO 4217 code in capitals."""
    code = value.upper() if isinstance(value, str) else None
    return code if is_currency(code) else None


def integer(value: Any) -> int | None:
    """Return an integer within ±2^53, also one that is written as text."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,16}", value):
        value = int(value)
    if type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER:
        return value
    return None


def minor_units(value: Any, code: str | None) -> int | None:
    """Return a decimal amount such as "10.99" in minor units of a currency.

    None where it has more decimals than the currency, since rounding would be a guess.
    """
    if code is None or not isinstance(value, str | int) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value).scaleb(exponent(code))
    except ArithmeticError:
        return None
    if not amount.is_finite() or amount != amount.to_integral_value():
        return None
    return integer(int(amount)) if abs(amount) <= MAX_INTEGER else None


def unix_time(seconds: Any) -> str | None:
    """Return seconds since 1970, UTC, as RFC 3339."""
    number = integer(seconds)
    if number is None:
        return None
    try:
        found = f"{_EPOCH + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return None
    return found if read_instant(found) is not None else None  # years have four digits


def time(value: Any, offset: str | None = None) -> str | None:
    """Return a time as RFC 3339 with offset.

    Args:
        value: RFC 3339, ISO 8601 with a space or an offset without colon, or a bare date, which
            is its midnight.
        offset: of times that name none; None where such a time cannot be placed.
    """
    if not isinstance(value, str):
        return None
    if read_instant(value) is not None:
        return value.replace(" ", "T", 1)
    match = _SPACED.fullmatch(value.strip())
    if match is not None:
        day, clock, zone = match.groups()
        zone = zone or offset
        if zone is None:
            return None
        if len(zone) == 5:
            zone = f"{zone[:3]}:{zone[3:]}"
        found = f"{day}T{clock}{zone}"
        return found if read_instant(found) is not None else None
    if len(value) == 10 and read_date(value) is not None:
        return f"{value}T00:00:00{offset or 'Z'}"
    return None


def first_time(*values: str | None) -> str:
    """Return the first time that is known; `NO_TIME` where the payload names none at all."""
    return next((each for each in values if each is not None), NO_TIME)
