"""Cells as values: money in minor units, whole numbers, dates, times, by the rules of a mapping."""

import re
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation

from domain.canonical import MAX_INTEGER
from domain.errors import InvalidInputError
from domain.money import exponent, is_currency
from domain.time import read_date, read_instant
from sources.mapped.fields import (
    CURRENCY,
    DATE,
    INTEGER,
    MONEY,
    TIME,
    Condition,
    Source,
)
from sources.mapped.mapping import Mapping
from sources.mapped.table import Row

_NUMBER = re.compile(r"([+-]?)(\d{1,20}(?:\.\d{0,15})?|\.\d{1,15})(-?)", re.ASCII)
_SPACE = re.compile(r"[\s\u00a0\u202f'’]")
_SIGNS = re.compile(r"^([+-]?)[¥￥€$£]|[¥￥€$£]$")

Value = str | int | bool | None


def cell(row: Row, source: Source) -> str | None:
    """Return what a source finds in a row as text; None where there is nothing."""
    if source.column is None:
        return None if source.constant is None else str(source.constant)
    text = row.cells.get(source.column, "")
    if source.match is not None:
        found = source.match.search(text)
        if found is None:
            return None
        text = (found[1] if source.match.groups else found[0]) or ""
    return text or None


def value(mapping: Mapping, row: Row, source: Source, currency: str | None = None) -> Value:
    """Return what a source finds in a row, read as its kind; None where there is nothing.

    Raises:
        InvalidInputError: it cannot be read; the place is the column.
    """
    if source.column is None:
        return source.constant
    text = cell(row, source)
    if text is None:
        return None
    if text in source.values:
        return source.values[text]
    if source.kind == MONEY:
        return money(mapping, source, text, currency)
    if source.kind == INTEGER:
        return _integer(mapping, source.column, text)
    if source.kind == CURRENCY:
        return _currency(mapping, source.column, text)
    if source.kind == TIME:
        return time(mapping, row, source.column, text)
    if source.kind == DATE:
        return _date(mapping, source.column, text)
    return text


def money(mapping: Mapping, source: Source, text: str, currency: str | None) -> int:
    """Return an amount in minor units of its currency.

    Raises:
        InvalidInputError: `bad-number`, `currency-missing`, `money-decimals`, `money-too-large`.
    """
    column = source.column or ""
    amount = number(mapping, text)
    if amount is None:
        raise InvalidInputError("bad-number", column, "an amount is a decimal number")
    if currency is None:
        raise InvalidInputError("currency-missing", column, "the amount has no currency")
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise InvalidInputError(
            "money-decimals", column, "the amount has more decimals than its currency"
        )
    if abs(minor) > MAX_INTEGER:
        raise InvalidInputError("money-too-large", column, "money must be within 2^53 minor units")
    return abs(int(minor)) if source.absolute else int(minor)


def number(mapping: Mapping, text: str) -> Decimal | None:
    """Return a decimal number, also with a currency's sign, or with its minus behind it."""
    text = _SIGNS.sub(r"\1", _SPACE.sub("", text).replace("−", "-"))
    if mapping.thousands:
        text = text.replace(mapping.thousands, "")
    if mapping.decimal != ".":
        if "." in text:
            return None
        text = text.replace(mapping.decimal, ".")
    match = _NUMBER.fullmatch(text)
    if match is None or (match[1] and match[3]):
        return None
    try:
        return Decimal(f"{match[1] or match[3]}{match[2]}")
    except InvalidOperation:  # a point alone
        return None


def _integer(mapping: Mapping, column: str, text: str) -> int:
    amount = number(mapping, text)
    if amount is None or amount != amount.to_integral_value() or abs(amount) > MAX_INTEGER:
        raise InvalidInputError("bad-number", column, "a whole number is wanted")
    return int(amount)


def _currency(mapping: Mapping, column: str, text: str) -> str:
    code = mapping.currencies.get(text, text.upper())
    if not is_currency(code):
        raise InvalidInputError(
            "currency-form", column, "a currency is three letters, or one of `currencies`"
        )
    return code


def time(mapping: Mapping, row: Row, column: str, text: str) -> str:
    """Return a time as RFC 3339 with offset. Of an hour that clocks repeat the first is meant.

    Raises:
        InvalidInputError: `bad-date`.
    """
    zone = _zone(mapping, row)
    read = _as_iso(text) if not mapping.time_formats else _by_format(mapping, text)
    if read is not None and read.tzinfo is None and zone is not None:
        read = read.replace(tzinfo=zone)
    found = read.isoformat() if read is not None and read.tzinfo is not None else None
    if found is None or read_instant(found) is None:
        why = "no such time" if read is None else "the time names no zone: say `zone`"
        raise InvalidInputError("bad-date", column, why)
    return found


def _date(mapping: Mapping, column: str, text: str) -> str:
    read = _as_iso(text) if not mapping.time_formats else _by_format(mapping, text)
    found = None if read is None else read.date().isoformat()
    if read_date(found) is None:
        raise InvalidInputError("bad-date", column, "no such date")
    return found or ""


def _zone(mapping: Mapping, row: Row) -> tzinfo | None:
    if mapping.zone_column is None:
        return mapping.zone
    name = row.cells.get(mapping.zone_column, "")
    zone = mapping.zones.get(name)
    if zone is None and name:
        raise InvalidInputError("bad-zone", mapping.zone_column, "`zones` does not know this zone")
    return zone or mapping.zone


def _as_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _by_format(mapping: Mapping, text: str) -> datetime | None:
    for form in mapping.time_formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # its zone is added, or asked for
        except ValueError:
            continue
    return None


def holds(mapping: Mapping, row: Row, conditions: dict[str, Condition]) -> bool:
    """Tell whether all conditions hold of a row.

    Raises:
        InvalidInputError: `bad-number`: all that is said of texts holds, and a cell that must be
            above or below something is no number; the row must not be lost for that.
    """
    for column, wanted in conditions.items():
        text = row.cells.get(column, "")
        if wanted.any_of is not None and text not in wanted.any_of:
            return False
        if wanted.empty is not None and wanted.empty != (not text):
            return False
        if wanted.match is not None and re.search(wanted.match, text) is None:
            return False
    return all(_is_within(mapping, row, column, wanted) for column, wanted in conditions.items())


def _is_within(mapping: Mapping, row: Row, column: str, wanted: Condition) -> bool:
    if wanted.above is None and wanted.below is None:
        return True
    text = row.cells.get(column, "")
    if not text:
        return False
    amount = number(mapping, text)
    if amount is None:
        raise InvalidInputError("bad-number", column, "a decimal number is wanted")
    return (wanted.above is None or amount > wanted.above) and (
        wanted.below is None or amount < wanted.below
    )
