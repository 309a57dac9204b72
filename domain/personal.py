"""Personal data: what of an event's data is sealed and what stays open."""

from collections.abc import Mapping
from typing import Any

from domain import catalogue, pointer
from domain.catalogue import Class, Each, Field, Fields
from domain.money import is_currency

_SCALARS = (str, int, float, bool, type(None))
_NOWHERE = "a sealed value belongs to a place that is not there"


def split(type: str, data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part an event's data in what stays open and what is sealed.

    Sealed are the declared P1, P3 and P4 fields, members that nobody declared, values of another
    shape than declared, and all members of a type that is not in the catalogue.

    Returns:
        The open data, and the sealed values by the JSON pointer (RFC 6901) of their place.
        `merge` puts them together again.
    """
    known = catalogue.find(type)
    sealed: dict[str, Any] = {}
    return _split_object(known.fields if known else {}, data, "", sealed), sealed


def merge(open_data: dict[str, Any], sealed: Mapping[str, Any]) -> dict[str, Any]:
    """Put sealed values back in their places. The arguments are left as they are.

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


def _member(container: Any, token: str) -> Any:
    if isinstance(container, dict) and token in container:
        return container[token]
    if isinstance(container, list) and token.isdecimal() and int(token) < len(container):
        return container[int(token)]
    raise ValueError(_NOWHERE)


def _split_object(
    fields: Fields, value: Mapping[str, Any], place: str, sealed: dict[str, Any]
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, item in value.items():
        field = fields.get(name)
        here = pointer.child(place, name)
        if isinstance(field, Mapping) and isinstance(item, dict):
            kept[name] = _split_object(field, item, here, sealed)
        elif isinstance(field, Each) and isinstance(item, list) and _is_list_of(field, item):
            kept[name] = _split_list(field, item, here, sealed)
        elif _stays_open(field, item):
            kept[name] = item
        else:
            sealed[here] = item
    return kept


def _split_list(each: Each, items: list[Any], place: str, sealed: dict[str, Any]) -> list[Any]:
    if isinstance(each.of, Class):
        return list(items)
    return [
        _split_object(each.of, item, pointer.child(place, index), sealed)
        for index, item in enumerate(items)
    ]


def _is_list_of(each: Each, items: list[Any]) -> bool:
    if isinstance(each.of, Class):
        return all(_stays_open(each.of, item) for item in items)
    return all(isinstance(item, dict) for item in items)


def _stays_open(field: "Field | None", item: Any) -> bool:
    if field is None or field in (Class.P1, Class.P3, Class.P4):
        return False
    if item is None:
        return True
    # What only money or a currency code was declared for could otherwise carry a name.
    if field is Class.MONEY:
        return isinstance(item, int)
    if field is Class.CURRENCY:
        return is_currency(item)
    return isinstance(field, Class) and isinstance(item, _SCALARS)


def _copy_object(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copy(item) for name, item in value.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return _copy_object(value)
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
