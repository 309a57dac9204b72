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
    "language": "de",
}
_SHIP_TO = {
    "recipient": "Testa Muster",
    "lines": ["Musterweg 7"],
    "city": "Berlin",
    "postcode": "10115",
    "country": "DE",
}
_MONEY = {"amount": 12800, "currency": "EUR"}
_REFUND = {"refund_id": "re_4711", "payment_id": "pay_4711", "psp": "stripe"}
_SHIPMENT = {"shipment_id": "sh_4711", "tracking_no": "JD0146000055501234", "carrier": "dhl"}

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "order.placed",
        {"total": 12800, "currency": "EUR", "buyer": _BUYER, "ship_to": _SHIP_TO},
    ),
    (
        "payment.captured",
        {
            **_MONEY,
            "payment_id": "pay_4711",
            "psp": "stripe",
            "method": "card",
            "instrument": {"kind": "card", "brand": "visa", "last4": "4242"},
        },
    ),
    ("order.confirmed", {"service_requirement": "standard", "synced_to": ["warehouse", "crm"]}),
    ("shipment.dispatched", {**_SHIPMENT, "service": "parcel"}),
    (
        "shipment.delivered",
        {**_SHIPMENT, "signed_by_kind": "recipient", "signed_by": "T. Muster"},
    ),
    (
        "message.received",
        {
            "message_id": "msg_4711",
            "channel": "email",
            "language": "de",
            "subject": "My order",
            "body": "The kettle leaks at the handle, please send my money back.",
        },
    ),
    ("refund.requested", {**_REFUND, **_MONEY, "reason_code": "defective"}),
    ("refund.approved", {**_REFUND, **_MONEY, "route": "original", "approver": "staff-17"}),
    ("refund.submitted", {**_REFUND, **_MONEY, "attempt_no": 1, "idempotency_key": "k-4711"}),
    ("refund.succeeded", {**_REFUND, **_MONEY, "kind": "refund"}),
    ("refund.settled", {**_REFUND, **_MONEY, "settled_on": "2025-03-09", "kind": "refund"}),
    ("order.closed", {"outcome": "refunded", "reason": "money returned"}),
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
