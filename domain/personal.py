"""Personal data: what of an event's data is sealed and what stays open.

This is in the path of every event, so a type's fields are compiled once, for each version, to a
plan of small functions.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

import msgspec

from domain import catalogue, pointer
from domain.catalogue import CONTACT, FRAUD, Class, Each, Fields, For
from domain.money import is_currency

Sealed: TypeAlias = dict[str, dict[str, Any]]
"""Values that are sealed: by purpose, then by the JSON pointer (RFC 6901) of their place."""

_NOWHERE = "a sealed value belongs to a place that is not there"
_GONE: Any = object()  # what a part returns that was sealed whole

_Part: TypeAlias = Callable[[Any, str, Sealed], Any]
"""Takes a value, its place and what is sealed so far; returns what stays open, or `_GONE`."""

_SCALARS: frozenset[type] = frozenset((str, int, float, bool, type(None)))
_OBJECTS = frozenset((dict,))
_KINDS: dict[Class, frozenset[type]] = {
    Class.OPEN: _SCALARS,
    Class.P2: _SCALARS,
    # What only money was declared for could otherwise carry a name.
    Class.MONEY: frozenset((int, bool, type(None))),
}
_PERSONAL = {Class.P1: CONTACT, Class.P3: CONTACT, Class.P4: FRAUD}


class _Plan(msgspec.Struct, frozen=True):
    """How one object is split.

    Args:
        scalars: fields for plain values of any kind.
        kinds: the types of value that stay open, by field, where that is all there is to it.
        personal: the purpose of what is sealed whatever it is, by field.
        parts: what splits the other fields.
        purpose: for a value of another kind than `kinds` wants.
    """

    scalars: frozenset[str]
    kinds: dict[str, frozenset[type]]
    personal: dict[str, str]
    parts: dict[str, _Part]
    purpose: str


def split(
    type: str, data: dict[str, Any], schema: int | None = None
) -> tuple[dict[str, Any], Sealed]:
    """Part an event's data in what stays open and what is sealed.

    Sealed are the declared P1, P3 and P4 fields, members that nobody declared, values of another
    shape than declared, and all members of a type that is not in the catalogue.

    Args:
        type: the event's type.
        data: its data; left as it is.
        schema: the version whose declarations count; None for the current one. 0 seals
            everything, and so does any version of a type that is not in the catalogue.

    Returns:
        The open data, and the sealed values by purpose and place. `merge` puts them together.

    Raises:
        ValueError: the type is declared and has no such version.
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
        return _SEAL_ALL
    return _declared_plan(type, known.schema if schema is None else schema)


@cache
def _declared_plan(type: str, schema: int) -> _Plan:
    return _compile(catalogue.CATALOGUE[type].fields_of(schema), None)


def _split_object(
    plan: _Plan, value: Mapping[str, Any], place: str, sealed: Sealed
) -> dict[str, Any]:
    if plan.scalars.issuperset(value) and _SCALARS.issuperset(map(type, value.values())):
        return dict(value)
    kinds, personal, parts = plan.kinds, plan.personal, plan.parts
    kept: dict[str, Any] = {}
    for name, item in value.items():
        if name in kinds:
            if type(item) in kinds[name]:
                kept[name] = item
                continue
            purpose = plan.purpose
        elif name in parts:
            rest = parts[name](item, f"{place}/{name}", sealed)
            if rest is not _GONE:
                kept[name] = rest
            continue
        else:
            purpose = personal.get(name, CONTACT)
        here = f"{place}/{name}" if name in personal else pointer.child(place, name)
        if purpose in sealed:
            sealed[purpose][here] = item
        else:
            sealed[purpose] = {here: item}
    return kept


def _compile(fields: Fields, purpose: str | None) -> _Plan:
    kinds: dict[str, frozenset[type]] = {}
    personal: dict[str, str] = {}
    parts: dict[str, _Part] = {}
    for name, field in fields.items():
        inner, own = (field.of, field.purpose) if isinstance(field, For) else (field, purpose)
        if isinstance(inner, Each):
            parts[name] = _list(inner, own)
        elif isinstance(inner, Mapping):
            parts[name] = _object(inner, own)
        elif inner in _PERSONAL:
            personal[name] = own or _PERSONAL[inner]
        elif inner is Class.CURRENCY:
            parts[name] = _currency(own or CONTACT)
        else:
            kinds[name] = _KINDS[inner]
    return _Plan(
        scalars=frozenset(name for name, types in kinds.items() if types is _SCALARS),
        kinds=kinds,
        personal=personal,
        parts=parts,
        purpose=purpose or CONTACT,
    )


def _currency(purpose: str) -> _Part:
    def part(item: Any, place: str, sealed: Sealed) -> Any:
        # What only a code was declared for could otherwise carry a name.
        return item if is_currency(item) else _keep_null(item, place, purpose, sealed)

    return part


def _object(fields: Fields, purpose: str | None) -> _Part:
    plan = _compile(fields, purpose)

    def part(item: Any, place: str, sealed: Sealed) -> Any:
        if type(item) is dict:
            return _split_object(plan, item, place, sealed)
        return _keep_null(item, place, plan.purpose, sealed)

    return part


def _list(each: Each, purpose: str | None) -> _Part:
    return _values(each.of, purpose) if isinstance(each.of, Class) else _objects(each.of, purpose)


def _values(element: Class, purpose: str | None) -> _Part:
    kinds = _KINDS.get(element, frozenset())  # a list of personal values is sealed whole
    for_what = purpose or _PERSONAL.get(element, CONTACT)

    def part(item: Any, place: str, sealed: Sealed) -> Any:
        if type(item) is list and kinds.issuperset(map(type, item)):
            return list(item)
        return _keep_null(item, place, for_what, sealed)

    return part


def _objects(fields: Fields, purpose: str | None) -> _Part:
    plan = _compile(fields, purpose)

    def part(item: Any, place: str, sealed: Sealed) -> Any:
        if type(item) is list and _OBJECTS.issuperset(map(type, item)):
            return [
                _split_object(plan, element, f"{place}/{index}", sealed)
                for index, element in enumerate(item)
            ]
        return _keep_null(item, place, plan.purpose, sealed)

    return part


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
