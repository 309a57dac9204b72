"""Personal data: what of an event's data is sealed and what stays open.

This is in the path of every event, so a type's fields are compiled once, for each version, to a
plan of small functions.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

import msgspec

from domain import catalogue, pointer
from domain.catalogue import CONTACT, FRAUD, Class, Each, Field, Fields, For
from domain.money import is_currency

Sealed: TypeAlias = dict[str, dict[str, Any]]
"""Values that are sealed: by purpose, then by the JSON pointer (RFC 6901) of their place."""

_NOWHERE = "a sealed value belongs to a place that is not there"
_GONE: Any = object()  # what a part returns that was sealed whole

_Part: TypeAlias = Callable[[Any, str, Sealed], Any]
"""Takes a value, its place and what is sealed so far; returns what stays open, or `_GONE`."""

_PLAIN = (Class.OPEN, Class.P2)
_SCALARS = frozenset((str, int, float, bool, type(None)))
# What only money was declared for could otherwise carry a name.
_NUMBERS = frozenset((int, bool, type(None)))


class _Plan(msgspec.Struct, frozen=True):
    """How one object is split: the fields for plain values, and a part for each of the others."""

    plain: frozenset[str]
    parts: dict[str, _Part]


def split(
    type: str, data: dict[str, Any], schema: int | None = None
) -> tuple[dict[str, Any], Sealed]:
    """Part an event's data in what stays open and what is sealed.

    Sealed are the declared P1, P3 and P4 fields, members that nobody declared, values of another
    shape than declared, and all members of a type that is not in the catalogue.

    Args:
        type: the event's type.
        data: its data; left as it is.
        schema: the version whose declarations count; None for the current one. 0 seals everything.

    Returns:
        The open data, and the sealed values by purpose and place. `merge` puts them together.

    Raises:
        ValueError: the type has no such version.
    """
    sealed: Sealed = {}
    return _split_object(_plan(type, schema), data, "", sealed), sealed


def merge(open_data: dict[str, Any], sealed: Mapping[str, Any]) -> dict[str, Any]:
    """Put sealed values of one purpose back in their places. The arguments are left as they are.

    Raises:
        ValueError: a place leads nowhere in the open data.
    """
    merged = _copy_object(open_data)
    for place, value in sealed.items():
        *way, name = pointer.tokens(place)
        container: Any = merged
        for token in way:
            container = _member(container, token)
        if not isinstance(container, dict):
            raise ValueError(_NOWHERE)
        container[name] = value
    return merged


def _plan(type: str, schema: int | None) -> _Plan:
    # Foreign names of types are without number, so only declared ones have a place to be kept.
    known = catalogue.find(type)
    if known is None:
        catalogue.fields_of(type, schema)  # refuses a version that there cannot be
        return _SEAL_ALL
    return _declared_plan(type, known.schema if schema is None else schema)


@cache
def _declared_plan(type: str, schema: int) -> _Plan:
    return _compile(catalogue.fields_of(type, schema), None)


def _split_object(
    plan: _Plan, value: Mapping[str, Any], place: str, sealed: Sealed
) -> dict[str, Any]:
    plain, parts = plan.plain, plan.parts
    if plain.issuperset(value) and _SCALARS.issuperset(map(type, value.values())):
        return dict(value)
    kept: dict[str, Any] = {}
    for name, item in value.items():
        if name in plain and type(item) in _SCALARS:
            kept[name] = item
            continue
        part = parts.get(name)
        if part is None:
            # Nobody declared it, or a plain value was declared and this is none.
            sealed.setdefault(CONTACT, {})[pointer.child(place, name)] = item
            continue
        rest = part(item, f"{place}/{name}", sealed)
        if rest is not _GONE:
            kept[name] = rest
    return kept


def _compile(fields: Fields, purpose: str | None) -> _Plan:
    return _Plan(
        plain=frozenset(n for n, field in fields.items() if field in _PLAIN),
        parts={
            name: _part(field, purpose) for name, field in fields.items() if field not in _PLAIN
        },
    )


def _part(field: Field, purpose: str | None) -> _Part:
    if isinstance(field, For):
        return _part(field.of, field.purpose)
    if isinstance(field, Each):
        return _list(field, purpose)
    if isinstance(field, Mapping):
        return _object(_compile(field, purpose), purpose or CONTACT)
    return _value(field, purpose or _usual_purpose(field))


def _value(field: Class, purpose: str) -> _Part:
    stays_open = _stays_open(field)

    def part(item: Any, place: str, sealed: Sealed) -> Any:
        if stays_open(item):
            return item
        sealed.setdefault(purpose, {})[place] = item
        return _GONE

    return part


def _usual_purpose(field: Class) -> str:
    return FRAUD if field is Class.P4 else CONTACT


def _stays_open(field: Class) -> Callable[[Any], bool]:
    if field is Class.MONEY:
        return lambda item: type(item) in _NUMBERS
    if field is Class.CURRENCY:
        return lambda item: item is None or is_currency(item)
    if field in _PLAIN:
        return lambda item: type(item) in _SCALARS
    return lambda _: False


def _object(plan: _Plan, purpose: str) -> _Part:
    def part(item: Any, place: str, sealed: Sealed) -> Any:
        if type(item) is dict:
            return _split_object(plan, item, place, sealed)
        return _keep_null(item, place, purpose, sealed)

    return part


def _list(each: Each, purpose: str | None) -> _Part:
    if isinstance(each.of, Class):
        element = _stays_open(each.of)
        usual = purpose or _usual_purpose(each.of)

        def values(item: Any, place: str, sealed: Sealed) -> Any:
            if type(item) is list and all(map(element, item)):
                return list(item)
            return _keep_null(item, place, usual, sealed)

        return values

    plan = _compile(each.of, purpose)

    def objects(item: Any, place: str, sealed: Sealed) -> Any:
        if type(item) is list and all(type(element) is dict for element in item):
            return [
                _split_object(plan, element, f"{place}/{index}", sealed)
                for index, element in enumerate(item)
            ]
        return _keep_null(item, place, purpose or CONTACT, sealed)

    return objects


def _keep_null(item: Any, place: str, purpose: str, sealed: Sealed) -> Any:
    if item is None:
        return None
    sealed.setdefault(purpose, {})[place] = item
    return _GONE


def _member(container: Any, token: str) -> Any:
    if isinstance(container, dict) and token in container:
        return container[token]
    if isinstance(container, list) and token.isdecimal() and int(token) < len(container):
        return container[int(token)]
    raise ValueError(_NOWHERE)


def _copy_object(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copy(item) for name, item in value.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return _copy_object(value)
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


_SEAL_ALL = _compile({}, None)
