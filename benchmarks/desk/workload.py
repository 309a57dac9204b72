"""Unfinished orders: a third awaits payment, a third dispatch, a third is on its way.

Those that fill the large store have three events each, so that it is filled in time; those by which
the read model is measured have as many as a desk that works has by then.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from domain.event import Event

EVENTS = 3
LIVED = 8
"""Events of an order by which the read model is measured, on average."""
DUE = 500
"""Orders of which a clock ran out; those of the others run out in years."""

_WAREHOUSES = ("north", "south", "east", "west")


def orders(count: int) -> Iterator[str]:
    """Yield the events of orders as JSON Lines, three of each order."""
    for n in range(count):
        # The first ones are of the past; the others' clocks have not run out yet.
        year = 2025 if n < DUE else 2035
        yield from _lines(n, year, _steps(n, year))


def lives(count: int) -> Iterator[str]:
    """Yield the events of orders as JSON Lines, `LIVED` of each order on average."""
    for n in range(count):
        yield from _lines(n, 2035, [*_steps(n, 2035), *_more(n)])


def _lines(n: int, year: int, steps: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    for step, (type_, data) in enumerate(steps):
        event = {
            "specversion": "1.0",
            "id": f"o{n}-{step}",
            "source": "/bench/shop",
            "type": type_,
            "subject": f"bench{n % 4}/{n}",
            "time": f"{year}-03-{step + 3:02}T09:{n % 60:02}:00Z",
            "data": data,
        }
        yield json.dumps(event, separators=(",", ":")) + "\n"


def _steps(n: int, year: int) -> Iterator[tuple[str, dict[str, Any]]]:
    buyer = {"name": "Testa Muster", "email": f"testa{n}@example.com", "country": "DE"}
    yield (
        "order.placed",
        {
            "total": 12_800 + n % 100_000,
            "currency": "EUR",
            "buyer": buyer,
            "lines": [{"sku": f"S{n % 997}", "title": f"lamp {n % 997}", "quantity": 1 + n % 3}],
            "promised_deliver_by": f"{year}-04-{1 + n % 28:02}",
        },
    )
    paid = {"payment_id": f"p{n}", "psp": "stripe", "amount": 12_800, "currency": "EUR"}
    planned = {"date": f"{2025 + n % 11}-03-{1 + n % 28:02}"}
    if n % 3 == 0:
        yield "order.planned_dispatch_set", planned
        yield "order.owner_assigned", {"owner": _WAREHOUSES[n % 4], "department": "warehouse"}
    elif n % 3 == 1:
        yield "payment.captured", paid
        yield "order.planned_dispatch_set", planned
    else:
        yield "payment.captured", paid
        yield "shipment.dispatched", {"shipment_id": f"s{n}", "tracking_no": f"T{n}"}


def _more(n: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a desk, a warehouse and a carrier add: to a third nothing much, to a third the most."""
    yield "order.check_passed", {"check_id": "all", "rule_version": "bench"}
    yield "message.sent", {"message_id": f"m{n}", "channel": "email", "template": "received"}
    if n % 3 == 0:
        return
    yield "order.owner_assigned", {"owner": _WAREHOUSES[n % 4], "department": "warehouse"}
    yield "order.confirmed", {"order_track_no": f"{n:016}", "service_requirement": "none"}
    yield "picking.claimed", {"pick_id": f"k{n}", "picker": "p1"}
    if n % 3 == 1:
        return
    yield "parcel.packed", {"shipment_id": f"s{n}", "piece_no": 1, "piece_total": 1}
    for scan in ("in_transit", "out_for_delivery"):
        yield (
            "tracking.scan_received",
            {"shipment_id": f"s{n}", "tracking_no": f"T{n}", "normalised": scan, "location": "hub"},
        )


RULES = [
    {
        "id": f"rule-{n}",
        "title": "far away",
        "message": "confirm the area",
        "class": "information",
        "subtype": "not_serviceable",
        "when": [
            {"field": "country", "op": "is", "value": "CN"},
            {"field": "region", "op": "contains", "value": f"{n}"},
        ],
    }
    for n in range(3)
]


def histories(count: int) -> list[list[Event]]:
    """Return orders, placed and paid, with personal data opened, that pass all checks."""
    return [
        [
            _event(n, 1, "order.placed", _complete(n)),
            _event(n, 2, "payment.captured", {"amount": 12_800, "currency": "EUR"}),
        ]
        for n in range(count)
    ]


def _complete(n: int) -> dict[str, Any]:
    lines = [{"sku": f"S{n}", "title": "lamp", "quantity": 2, "unit_price": 6_400}]
    return {
        "currency": "EUR",
        "total": 12_800,
        "customer_id": f"c{n}",
        "buyer": {"name": "Testa Muster", "email": f"testa{n}@example.com"},
        "ship_to": {
            "recipient": "Testa Muster",
            "phone": "+49 30 901820",
            "lines": [f"Musterweg {n}"],
            "city": "Berlin",
            "postcode": f"{10_000 + n % 80_000}",
            "country": "DE",
        },
        "lines": lines,
    }


def _event(n: int, version: int, type_: str, data: dict[str, Any]) -> Event:
    return Event(
        stream=f"order/bench/{n}",
        version=version,
        type=type_,
        source="/bench/shop",
        id=f"o{n}-{version}",
        occurred_at=f"2025-03-03T09:{n % 60:02}:{n // 60 % 60:02}Z",
        recorded_at="2025-03-03T10:00:00.000000Z",
        data=data,
    )
