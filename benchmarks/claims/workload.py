"""The orders of the benchmark, and what their payment provider sends about them."""

import json
from collections.abc import Iterator
from typing import Any

EVENTS = 4
_AT = 1_740_992_400  # 2025-03-03T09:00:00Z
_DAY = 86_400


def orders(count: int) -> Iterator[str]:
    """Yield the events of orders as JSON Lines: placed, paid, refund requested and approved."""
    for n in range(count):
        for step, (type_, data) in enumerate(_steps(n)):
            event = {
                "specversion": "1.0",
                "id": f"o{n}-{step}",
                "source": "/bench/shop",
                "type": type_,
                "subject": f"bench/{n}",
                "time": f"2025-03-0{step + 3}T09:00:00Z",
                "data": data,
            }
            yield json.dumps(event, separators=(",", ":")) + "\n"


def _steps(n: int) -> Iterator[tuple[str, dict[str, Any]]]:
    money = {"amount": 12_800, "currency": "EUR"}
    refund = {"refund_id": f"r{n}", "payment_id": f"pi_{n}", **money}
    buyer = {"name": "Testa Muster", "email": f"testa{n}@example.com", "country": "DE"}
    yield "order.placed", {"total": 12_800, "currency": "EUR", "buyer": buyer}
    card = {"kind": "card", "brand": "visa", "last4": "4242"}
    yield (
        "payment.captured",
        {"psp": "stripe", "psp_payment_id": f"pi_{n}", **money}
        | {
            "payment_id": f"pi_{n}",
            "instrument": card,
        },
    )
    yield "refund.requested", {**refund, "reason_code": "withdrawal"}
    yield "refund.approved", {**refund, "approver": "staff-17", "route": "original"}


def messages(count: int, among: int) -> Iterator[str]:
    """Yield Stripe's events about refunds of some of the orders, which name no order."""
    for n in range(count):
        order = n * among // count
        refund = {
            "id": f"re_{order}",
            "object": "refund",
            "amount": 12_800,
            "currency": "eur",
            "charge": f"ch_{order}",
            "payment_intent": f"pi_{order}",
            "created": _AT + 4 * _DAY,
            "status": "succeeded",
            "metadata": {"refund_id": f"r{order}"},
            "destination_details": {
                "type": "card",
                "card": {
                    "type": "refund",
                    "reference": f"24011343361{order:012}",
                    "reference_status": "available",
                    "reference_type": "acquirer_reference_number",
                },
            },
        }
        event = {
            "id": f"evt_{n}",
            "object": "event",
            "type": "refund.updated",
            "created": _AT + 5 * _DAY,
            "data": {"object": refund},
        }
        yield json.dumps(event, separators=(",", ":")) + "\n"
