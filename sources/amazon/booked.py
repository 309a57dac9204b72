"""What finances of either version tell of an order: money that came in, went back, or was taken.

Neither version names the payment or the refund of the buyer: an order and the time at which Amazon
posted the money are all that both have, so these are its id. There is no reference that the buyer's
bank could search by: Amazon pays the buyer itself.
"""

from typing import Any

from sources.amazon.reading import PSP
from sources.message import Told


def tell_capture(
    order_id: str, at: str, amount: int | None, code: str | None, own: str | None = None
) -> list[Told]:
    """Tell that Amazon charged the buyer."""
    payment_id = _id(order_id, at)
    data = {
        "payment_id": payment_id,
        "psp_payment_id": own or payment_id,
        "psp": PSP,
        "amount": amount,
        "currency": code,
    }
    return [Told(type="payment.captured", data=data, occurred_at=at)]


def tell_refund(
    order_id: str, at: str, amount: int | None, code: str | None, own: str | None = None
) -> list[Told]:
    """Tell that Amazon paid the buyer back."""
    refund_id = _id(order_id, at)
    refund: dict[str, Any] = {
        "refund_id": refund_id,
        "psp_refund_id": own or refund_id,
        "psp": PSP,
        "amount": amount,
        "currency": code,
    }
    steps: list[tuple[str, dict[str, Any]]] = [
        ("refund.succeeded", {"kind": "refund", "psp_at": at}),
        ("refund.settled", {"kind": "refund", "settled_on": at, "source": "amazon finances"}),
        ("refund.reference_unavailable", {"reason": "marketplace"}),
    ]
    return [Told(type=name, data=refund | more, occurred_at=at) for name, more in steps]


def tell_dispute(
    kind: str, order_id: str, at: str, amount: int | None, code: str | None
) -> list[Told]:
    """Tell that a chargeback or Amazon's guarantee took the seller's money, or gave it back.

    All of one kind is one dispute of the order, so that money given back ends what began with its
    loss. Where the amount is not known, neither is who won: the dispute counts as open.
    """
    dispute_id = f"{order_id}/{kind}"
    data = {
        "dispute_id": dispute_id,
        "psp_dispute_id": dispute_id,
        "kind": kind,
        "amount": None if amount is None else abs(amount),
        "currency": code,
    }
    if not amount:
        names = ["dispute.opened"]
    elif amount < 0:
        names = ["dispute.funds_withdrawn", "dispute.lost"]
    else:
        names = ["dispute.funds_reinstated", "dispute.won"]
    return [Told(type=name, data=data, occurred_at=at) for name in names]


def _id(order_id: str, at: str) -> str:
    return f"{order_id}/{at}"
