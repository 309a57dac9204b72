"""The statuses of orders, which both versions and the notifications share in other spellings."""

from typing import Any

from domain.reading import name_key
from sources.amazon.reading import PSP
from sources.message import Told
from sources.payload_values import text

# The buyer's payment is authorised once an order may be shipped.
_AUTHORISED = frozenset({"unshipped", "partiallyshipped", "shipped", "invoiceunconfirmed"})


def tell_status(
    order_id: str | None,
    status: Any,
    at: str | None,
    *,
    total: tuple[int | None, str | None] = (None, None),
    packed: bool = False,
) -> list[Told]:
    """Return what the status of an order tells.

    Args:
        order_id: the order.
        status: in Amazon's words.
        at: when the order changed last.
        total: amount and currency of the order.
        packed: whether its parcels are told apart from it; else the order is its own parcel.
    """
    if order_id is None:
        return []
    key = name_key(text(status))
    told = []
    if key in _AUTHORISED:
        data = {"payment_id": order_id, "psp": PSP, "amount": total[0], "currency": total[1]}
        told.append(Told(type="payment.authorised", data=data, occurred_at=at))
    if key == "shipped" and not packed:
        told.append(
            Told(type="shipment.dispatched", data={"shipment_id": order_id}, occurred_at=at)
        )
    elif key in ("canceled", "cancelled"):
        told.append(Told(type="order.cancelled", data={}, occurred_at=at))
    elif key == "unfulfillable":
        failed = {"shipment_id": order_id, "cause": "unfulfillable"}
        told.append(Told(type="outbound.failed", data=failed, occurred_at=at))
    return told
