"""The registry of event types: names, schema versions, fields and their personal-data classes.

One module holds the table of one area. `older` holds what earlier versions declared.
"""

from collections.abc import Mapping

from domain.catalogue.aftersales import AFTERSALES
from domain.catalogue.archive import ARCHIVE
from domain.catalogue.claims import CLAIMS
from domain.catalogue.contact import CONTACT_EVENTS
from domain.catalogue.declaration import (
    CONTACT,
    FRAUD,
    PURPOSES,
    TAX,
    Class,
    Declared,
    Each,
    EventType,
    Field,
    Fields,
    For,
)
from domain.catalogue.disputes import DISPUTES
from domain.catalogue.exceptions import EXCEPTIONS
from domain.catalogue.older import OLDER
from domain.catalogue.orders import ORDERS
from domain.catalogue.payments import PAYMENTS
from domain.catalogue.refunds import REFUNDS
from domain.catalogue.shipments import SHIPMENTS
from domain.catalogue.stock import STOCK

__all__ = [
    "AREAS",
    "CATALOGUE",
    "CONTACT",
    "FRAUD",
    "OUR_SOURCE",
    "PURPOSES",
    "RESERVED_PREFIXES",
    "TAX",
    "UNDECLARED",
    "Class",
    "Each",
    "EventType",
    "Field",
    "Fields",
    "For",
    "current_schema",
    "find",
    "is_reserved_source",
    "is_reserved_type",
]

AREAS: Mapping[str, Mapping[str, Declared]] = {
    "Orders": ORDERS,
    "Payments": PAYMENTS,
    "Stock and warehouse": STOCK,
    "Shipments": SHIPMENTS,
    "Contact": CONTACT_EVENTS,
    "After-sales": AFTERSALES,
    "Refunds": REFUNDS,
    "Disputes": DISPUTES,
    "Exceptions and tickets": EXCEPTIONS,
    "Claims, reviews and corrections": CLAIMS,
    "Archive, erasure and access": ARCHIVE,
}
"""The tables, by the title of their area."""

RESERVED_PREFIXES = (
    "history.",
    "archive.",
    "key.",
    "policy.",
    "hold.",
    "erasure.",
    "retention.",
    "access.",
    "export.",
    "projection.",
    "template.",
    "wind_down.",
    "evidence.",
    "clock.",
)
"""Beginnings of the types that this service alone records."""

OUR_SOURCE = "orderproof"
"""The source that this service alone uses."""

UNDECLARED = 0
"""The schema version of an event whose type nobody declared: all of its data is sealed."""


def _event_type(area: str, name: str, declared: Declared) -> EventType:
    return EventType(
        name=name,
        schema=declared.schema,
        fields=declared.fields,
        older=tuple(OLDER[name, schema] for schema in range(1, declared.schema)),
        area=area,
        meaning=declared.meaning,
    )


CATALOGUE: Mapping[str, EventType] = {
    name: _event_type(area, name, declared)
    for area, table in AREAS.items()
    for name, declared in table.items()
}
"""Every type that is known, by name."""


def find(name: str) -> EventType | None:
    """Return what is known of a type, or None for a type that nobody declared."""
    return CATALOGUE.get(name)


def current_schema(name: str) -> int:
    """Return the version in which events of a type are recorded; 0 for an undeclared type."""
    known = CATALOGUE.get(name)
    return UNDECLARED if known is None else known.schema


def is_reserved_type(name: str) -> bool:
    """Tell whether a type is ours alone, so that nobody outside may send it."""
    return name.startswith(RESERVED_PREFIXES)


def is_reserved_source(source: str) -> bool:
    """Tell whether a source is ours alone, written with a leading slash or a path behind it too."""
    return source.lstrip("/").partition("/")[0] == OUR_SOURCE
