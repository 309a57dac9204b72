"""What must hold of a fact's data before it is recorded: money, and nothing else.

Facts are recorded whatever they say. Money alone is checked, since a wrong unit cannot be told
from a right one later.
"""

from collections.abc import Mapping
from typing import Any

from domain import catalogue, pointer
from domain.canonical import MAX_INTEGER
from domain.catalogue import Class, Each, Fields
from domain.errors import InvalidInputError
from domain.money import is_currency


def check(fact_type: str, data: Mapping[str, Any]) -> None:
    """Check the money in a fact's data. Null money counts as absent.

    Raises:
        InvalidInputError: money that is no integer in minor units within ±2^53
            (`money-not-integer`, `money-too-large`), or that stands beside no currency code where
            the type declares one (`currency-missing`, `currency-form`). Places are pointers into
            the event, so they start with `/data`.
    """
    known = catalogue.find(fact_type)
    if known is not None:
        _check_object(known.fields, data, "/data", None)


def _check_object(
    fields: Fields, value: Mapping[str, Any], place: str, outer: tuple[str, Any] | None
) -> None:
    for name, field in fields.items():
        item = value.get(name)
        if item is None:
            continue
        here = pointer.child(place, name)
        if field is Class.MONEY:
            _check_money(item, here)
            currency = _currency_of(name, fields, value, place, outer)
            if currency is not None:
                _check_currency(*currency)
        elif isinstance(field, Mapping) and isinstance(item, Mapping):
            _check_object(field, item, here, _currency_of("", fields, value, place, outer))
        elif isinstance(field, Each) and not isinstance(field.of, Class) and isinstance(item, list):
            inner = _currency_of("", fields, value, place, outer)
            for index, element in enumerate(item):
                if isinstance(element, Mapping):
                    _check_object(field.of, element, pointer.child(here, index), inner)


def _currency_of(
    name: str,
    fields: Fields,
    value: Mapping[str, Any],
    place: str,
    outer: tuple[str, Any] | None,
) -> tuple[str, Any] | None:
    """Return place and value of the currency that goes with a money field, None if none has to.

    `presentment_amount` goes with `presentment_currency`; other money with the `currency` beside
    it, or else with that of the object around it.
    """
    own = name.removesuffix("amount") + "currency" if name.endswith("_amount") else "currency"
    if fields.get(own) is not Class.CURRENCY:
        return outer
    if value.get(own) is None and outer is not None:
        return outer
    return pointer.child(place, own), value.get(own)


def _check_money(item: Any, place: str) -> None:
    if isinstance(item, bool) or not isinstance(item, int):
        raise InvalidInputError(
            "money-not-integer", place, "money must be an integer in minor units"
        )
    if abs(item) > MAX_INTEGER:
        raise InvalidInputError("money-too-large", place, "money must be within 2^53 minor units")


def _check_currency(place: str, currency: Any) -> None:
    if currency is None:
        raise InvalidInputError("currency-missing", place, "money must stand beside its currency")
    if not is_currency(currency):
        raise InvalidInputError(
            "currency-form", place, "a currency is three capital letters, as in ISO 4217"
        )
