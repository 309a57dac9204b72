"""The events of the benchmark: orders of twelve events, in each store's own form."""

import itertools
import json
import threading
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from domain.event import Fact

SOURCE = "/bench/shop"

_BUYER = {
    "name": "Testa Muster",
    "email": "testa.muster@example.com",
    "phone": "+49 30 5550100",
    "country": "DE",
}
_SHIP_TO = {
    "recipient": "Testa Muster",
    "lines": ["Musterweg 7"],
    "city": "Berlin",
    "postcode": "10115",
    "country": "DE",
}
_LINE = {"line_no": "1", "sku": "KET-17", "title": "Kettle", "quantity": 1, "unit_price": 12800}
_MONEY = {"amount": 12800, "currency": "EUR"}
_PAYMENT = {
    **_MONEY,
    "payment_id": "pay_3Nk2xT4711",
    "psp": "stripe",
    "psp_payment_id": "pi_3Nk2xTLkdIwHu7ix",
    "method": "card",
}
_REFUND = {
    **_MONEY,
    "refund_id": "re_4711",
    "payment_id": "pay_3Nk2xT4711",
    "psp": "stripe",
    "psp_refund_id": "re_3Nk2xTLkdIwHu7ix1OqQ",
}
_SHIPMENT = {
    "shipment_id": "sh_4711",
    "tracking_no": "JD0146000055501234",
    "carrier": "dhl",
    "service": "parcel",
}
_CARD = {"kind": "card", "brand": "visa", "last4": "4242", "country": "DE"}
_BODY_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "order.placed",
        {
            "total": 12800,
            "currency": "EUR",
            "buyer": _BUYER,
            "ship_to": _SHIP_TO,
            "lines": [_LINE],
        },
    ),
    ("payment.captured", {**_PAYMENT, "capture_id": "ch_3Nk2xTLkdIwHu7ix", "instrument": _CARD}),
    (
        "order.confirmed",
        {
            "service_requirement": "standard",
            "synced_to": ["warehouse", "crm", "accounting"],
            "order_track_no": "OT-2025-0300-4711",
            "confirmed_by": "staff-17",
        },
    ),
    (
        "shipment.dispatched",
        {
            **_SHIPMENT,
            "marked_shipped_at": "2025-03-04T08:41:17Z",
            "pushed_to_storefront_at": "2025-03-04T08:41:52Z",
        },
    ),
    (
        "shipment.delivered",
        {
            **_SHIPMENT,
            "signed_by_kind": "recipient",
            "signed_by": "T. Muster",
            "consent": "recipient",
        },
    ),
    (
        "message.received",
        {
            "message_id": "msg_4711",
            "channel": "email",
            "language": "de",
            "from": "testa.muster@example.com",
            "subject": "My order",
            "body": "The kettle leaks at the handle, please send my money back.",
            "body_sha256": _BODY_HASH,
        },
    ),
    (
        "refund.requested",
        {**_REFUND, "reason_code": "defective", "requested_by": "customer", "case_id": "case_4711"},
    ),
    (
        "refund.approved",
        {**_REFUND, "route": "original", "approver": "staff-17", "due_by": "2025-03-22"},
    ),
    (
        "refund.submitted",
        {**_REFUND, "attempt_no": 1, "idempotency_key": "0190f5d4-6f0e-7c3a-9d5e-2b8c4711aa01"},
    ),
    (
        "refund.succeeded",
        {**_REFUND, "kind": "refund", "balance_transaction": "txn_1Nk2yALkdIwHu7ix"},
    ),
    (
        "refund.settled",
        {**_REFUND, "settled_on": "2025-03-11", "kind": "refund", "destination": _CARD},
    ),
    (
        "order.closed",
        {
            "outcome": "refunded",
            "reason": "the refund has reached the card and nothing else is due",
            "open_obligations": [],
        },
    ),
)
"""Types and data of an order's events; three of the twelve hold personal data."""

EVENTS = len(STEPS)


class Item(NamedTuple):
    """One event that is to be appended: a stream and a version in it, from 1."""

    stream: str
    version: int

    @property
    def step(self) -> int:
        """Number of the step whose type and data it has."""
        return (self.version - 1) % EVENTS


def moment(step: int) -> str:
    """Return when a step happened."""
    return f"2025-03-{step + 1:02}T09:00:00Z"


def fact(item: Item) -> Fact:
    """Return the event in our form."""
    type_, data = STEPS[item.step]
    return Fact(
        stream=item.stream,
        type=type_,
        source=SOURCE,
        id=f"{item.stream}/{item.version}",
        occurred_at=moment(item.step),
        data=data,
    )


def cloud_event(item: Item) -> bytes:
    """Return the event as JSON, as it arrives and as it is handed to stores that keep bytes."""
    type_, data = STEPS[item.step]
    event = {
        "specversion": "1.0",
        "id": f"{item.stream}/{item.version}",
        "source": SOURCE,
        "type": type_,
        "subject": item.stream.removeprefix("order/"),
        "time": moment(item.step),
        "data": data,
    }
    return json.dumps(event, separators=(",", ":")).encode()


def order(name: str) -> list[Item]:
    """Return the events of one order."""
    return [Item(f"order/bench/{name}", version) for version in range(1, EVENTS + 1)]


def write_file(file: Path, orders: int) -> None:
    """Write the events of so many orders as JSON Lines, order by order."""
    with file.open("wb") as out:
        for number in range(orders):
            out.writelines(cloud_event(item) + b"\n" for item in order(str(number)))


Walk = Iterator[Item]
"""The events that one caller appends, one after the other, without end."""


def order_walk(prefix: str, caller: int) -> Walk:
    """Walk through orders of one's own, each from its first to its last event."""
    for number in itertools.count():
        yield from order(f"{prefix}-{caller}-{number}")


def zipf_walks(
    prefix: str, callers: int, streams: int = 2_000, exponent: float = 1.1
) -> list[Walk]:
    """Return walks over shared streams, of which the k-th is met with weight 1/k^exponent.

    The callers share the numbers of versions, so nobody meets a conflict: stores that must be told
    a version get the right one for nothing.
    """
    weights = list(itertools.accumulate(1 / k**exponent for k in range(1, streams + 1)))
    versions: defaultdict[int, Iterator[int]] = defaultdict(lambda: itertools.count(1))
    lock = threading.Lock()

    def walk(caller: int) -> Walk:
        random = Random(caller)
        while True:
            chosen = bisect(weights, random.random() * weights[-1])
            with lock:
                version = next(versions[chosen])
            yield Item(f"order/bench/{prefix}-{chosen}", version)

    return [walk(caller) for caller in range(callers)]


def order_walks(prefix: str, callers: int, first: int = 0) -> list[Walk]:
    """Return a walk through orders of its own for each caller."""
    return [order_walk(prefix, first + caller) for caller in range(callers)]


MakeWalks = Callable[[str, int], list[Walk]]
