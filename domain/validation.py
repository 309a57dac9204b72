"""What must hold of a fact's data before it is recorded: money, and nothing else.

Facts are recorded whatever they say. Money alone is checked, since a wrong unit cannot be told
from a right one later.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from domain import catalogue
from domain.canonical import MAX_INTEGER
from domain.catalogue import Class, Each, Fields, For
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
    plan = _PLANS.get(fact_type)
    if plan is not None:
        _check_object(plan, data, "/data", None)


class _Currency(NamedTuple):
    """The currency that money goes with: where it stands or should stand, and what is there."""

    place: str
    value: Any


class _Money(msgspec.Struct, frozen=True):
    """A field for money, and the currency field of its own where it has one.

    `presentment_amount` goes with `presentment_currency`; other money with the `currency` beside
    it, or else with that of the object around it.
    """

    name: str
    own_currency: str | None


class _Inner(msgspec.Struct, frozen=True):
    """A field for an object, or a list of objects, in which there is money."""

    name: str
    in_list: bool
    plan: "_Plan"


class _Plan(msgspec.Struct, frozen=True):
    """What to check in an object: its fields that are money or hold money."""

    has_currency: bool
    fields: tuple[_Money | _Inner, ...]


def _compile(fields: Fields) -> _Plan | None:
    found: list[_Money | _Inner] = []
    for name, field in fields.items():
        if field is Class.MONEY:
            own = name.removesuffix("amount") + "currency"
            has_own = own != "currency" and fields.get(own) is Class.CURRENCY
            found.append(_Money(name, own if has_own else None))
        inner = field.of if isinstance(field, Each | For) else field
        plan = _compile(inner) if isinstance(inner, Mapping) else None
        if plan is not None:
            found.append(_Inner(name, isinstance(field, Each), plan))
    return _Plan(fields.get("currency") is Class.CURRENCY, tuple(found)) if found else None


_PLANS = {
    name: plan
    for name, known in catalogue.CATALOGUE.items()
    if (plan := _compile(known.fields)) is not None
}


def _check_object(
    plan: _Plan, value: Mapping[str, Any], place: str, outer: _Currency | None
) -> None:
    beside = outer
    if plan.has_currency:
        currency = value.get("currency")
        if currency is not None or outer is None:
            beside = _Currency(f"{place}/currency", currency)
    for field in plan.fields:
        name = field.name
        item = value.get(name)
        if item is None:
            continue
        here = f"{place}/{name}"
        if isinstance(field, _Money):
            _check_money(item, here)
            own = field.own_currency
            if own is not None:
                _check_currency(f"{place}/{own}", value.get(own))
            elif beside is not None:
                _check_currency(*beside)
        elif not field.in_list:
            if isinstance(item, dict):
                _check_object(field.plan, item, here, beside)
        elif isinstance(item, list):
            for index, element in enumerate(item):
                if isinstance(element, dict):
                    _check_object(field.plan, element, f"{here}/{index}", beside)


def _check_money(item: Any, place: str) -> None:
    if type(item) is not int:
        raise InvalidInputError(
            "money-not-integer", place, "money must be an integer in minor units, within ±2^53"
        )
    if not -MAX_INTEGER <= item <= MAX_INTEGER:
        raise InvalidInputError("money-too-large", place, "money must be within 2^53 minor units")


def _check_currency(place: str, currency: Any) -> None:
    if currency is None:
        raise InvalidInputError("currency-missing", place, "money must stand beside its currency")
    if not is_currency(currency):
        raise InvalidInputError(
            "currency-form", place, "a currency is three capital letters, as in ISO 4217"
        )
