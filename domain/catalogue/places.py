"""The places of a type's fields, flat: what the reference page and the JSON Schemas are made of."""

from collections.abc import Iterator, Mapping

import msgspec

from domain.catalogue.declaration import CONTACT, FRAUD, Class, Each, Fields, For


class Place(msgspec.Struct, frozen=True):
    """One field that holds a value.

    Args:
        path: names with dots between; `[]` behind a name stands for each element of its list.
        holds: its class.
        purpose: what it is sealed for; None where it stays open.
    """

    path: str
    holds: Class
    purpose: str | None


def places(fields: Fields, above: str = "", purpose: str | None = None) -> Iterator[Place]:
    """Yield the places of all fields, in the order of their declaration."""
    for name, field in fields.items():
        inner, own = (field.of, field.purpose) if isinstance(field, For) else (field, purpose)
        path = f"{above}{name}"
        if isinstance(inner, Each):
            inner, path = inner.of, f"{path}[]"
        if isinstance(inner, Mapping):
            yield from places(inner, f"{path}.", own)
        else:
            yield Place(path, inner, sealed_for(inner, own))


def sealed_for(holds: Class, purpose: str | None = None) -> str | None:
    """Return the purpose that a class is sealed for, None for one that stays open.

    Args:
        holds: the class.
        purpose: of the declaration around it, which goes before the usual one.
    """
    if holds is Class.P4:
        return purpose or FRAUD
    return purpose or CONTACT if holds in (Class.P1, Class.P3) else None
