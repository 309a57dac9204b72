"""Customers' names and contacts for the rows of a list: opened for who may see them, and noted."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from domain.stream import stream_id
from domain.tracking.roles import Role
from eventstore import log, opening
from eventstore.connection import transaction
from orderproof.bootstrap import Store

_PLACEMENTS = ("order.placed", "order.imported")


class Customer(msgspec.Struct, frozen=True):
    """Who ordered, as far as the role may see it.

    Args:
        name: None where it is sealed, or not known.
        contact: e-mail address or phone number.
        erased: whether it was there and is erased.
    """

    name: str | None = None
    contact: str | None = None
    erased: bool = False


NOBODY = Customer()
"""Of whom nothing is shown."""


def read(store: Store, streams: Sequence[str], role: Role) -> dict[str, Customer]:
    """Open the customers of some orders, by stream, as far as a role may see them.

    Raises:
        KeyMissingError: the keys are not there, so that nobody can be shown.
    """
    ids = [stream_id(stream) for stream in streams]
    rows = log.stored(
        store.connection,
        " FROM events e WHERE stream_id = ANY (%s::uuid[]) AND type = ANY (%s)"
        " ORDER BY stream_id, version",
        [[str(id_) for id_ in ids], list(_PLACEMENTS)],
    )
    with transaction(store.connection) as cursor:
        keys = opening.find(cursor, store.ring, ids)
    found: dict[str, Customer] = {}
    for row in rows:
        event = opening.open_event(log.event_of(row), keys)
        if event.stream not in found:
            found[event.stream] = _customer(event.data, role, erased=event.sealed)
    return found


def _customer(data: dict[str, Any], role: Role, *, erased: bool) -> Customer:
    people = [data.get("buyer"), data.get("ship_to")]
    known = [person for person in people if isinstance(person, dict)]
    contact = _first(known, ("email", "phone")) if role.sees_contact else None
    return Customer(_first(known, ("name", "recipient")), contact, erased)


def _first(people: Iterable[dict[str, Any]], names: Iterable[str]) -> str | None:
    for person in people:
        for name in names:
            if isinstance(person.get(name), str) and person[name].strip():
                return str(person[name])
    return None


def shown_name(customer: Customer, erased: str) -> str | None:
    """Return what stands for the name in a list; None masks it."""
    if customer.name is None and customer.erased:
        return erased
    return customer.name
