"""What about a recorded event deserves a second look. It is recorded all the same."""

from collections.abc import Iterable, Iterator, Mapping

from domain import catalogue
from domain.catalogue import Class, Each, Fields, For
from domain.event import Event
from domain.money import is_currency, is_known_currency
from domain.time import read_instant

UNKNOWN_TYPE = "unknown-type"
"""Nobody declared the type, so all of it is sealed and nothing reads it."""
NEWER_SCHEMA = "newer-schema"
"""A newer release recorded it in a version that this one cannot read."""
UNDECLARED_MEMBERS = "undeclared-members"
"""It has members that nobody declared. They are sealed, so only who can open them sees it."""
UNKNOWN_CURRENCY = "unknown-currency"
"""It names a currency that ISO 4217 does not know."""

LATE = "late"
"""It was recorded after something that happened later; no reader of the order minds."""


CLOCK_SUSPECT = "clock-suspect"
"""The store's clock said an earlier time than for an event before it. Versions are the order."""
_TICK = 1_000_000  # microseconds: below that, clocks are corrected all the time


def clock_suspect(events: Iterable[Event]) -> frozenset[int]:
    """Return the versions at which the clock went back, of an order's events given by version."""
    found = []
    latest = None
    for event in events:
        at = read_instant(event.recorded_at)
        if at is None:
            continue
        if latest is not None and at < latest - _TICK:
            found.append(event.version)
        else:
            latest = at
    return frozenset(found)


def late(events: Iterable[Event]) -> frozenset[int]:
    """Return the versions of the late ones among an order's events, given by version."""
    found = []
    latest = None
    for event in events:
        at = read_instant(event.occurred_at)
        if at is None:
            continue
        if latest is not None and at < latest:
            found.append(event.version)
        else:
            latest = at
    return frozenset(found)


def flags(event: Event) -> tuple[str, ...]:
    """Return the flags of an event, as far as what is open or opened of it shows."""
    known = catalogue.find(event.type)
    if known is None:
        return (UNKNOWN_TYPE,)
    if event.schema > known.schema:
        return (NEWER_SCHEMA,)
    found = []
    if _has_undeclared(known.fields, event.data):
        found.append(UNDECLARED_MEMBERS)
    if any(not is_known_currency(code) for code in _currencies(known.fields, event.data)):
        found.append(UNKNOWN_CURRENCY)
    return tuple(found)


def _has_undeclared(fields: Fields, value: Mapping[str, object]) -> bool:
    return any(name not in fields for name in value) or any(
        _has_undeclared(inner, element) for inner, element in _inside(fields, value)
    )


def _currencies(fields: Fields, value: Mapping[str, object]) -> Iterator[str]:
    for name, field in fields.items():
        item = value.get(name)
        # Where a currency is welcome and not demanded, it is declared as a plain open field.
        is_money = field is Class.CURRENCY or (field is Class.OPEN and name == "currency")
        if is_money and isinstance(item, str) and is_currency(item):
            yield item
    for inner, element in _inside(fields, value):
        yield from _currencies(inner, element)


def _inside(
    fields: Fields, value: Mapping[str, object]
) -> Iterator[tuple[Fields, Mapping[str, object]]]:
    for name, field in fields.items():
        item = value.get(name)
        inner = field.of if isinstance(field, Each | For) else field
        if isinstance(inner, Mapping):
            elements = item if isinstance(item, list) else [item]
            yield from ((inner, element) for element in elements if isinstance(element, dict))
