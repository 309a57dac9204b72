"""Amazon's Selling Partner API: orders, finances and notifications.

Orders come as v0 (`AmazonOrderId`) and 2026-01-01 (`orderId`), finances as v0 (lists of events) and
2024-06-19 (transactions). Notifications come by the seller's own SQS queue or EventBridge bus,
where they are proved genuine: they bear no signature of their own, so there is none to check.

Source: https://developer-docs.amazon.com/sp-api and the models in
https://github.com/amzn/selling-partner-api-models.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sources.amazon import finances, notifications, orders, orders_v0, transactions
from sources.amazon.reading import pick
from sources.format import Format
from sources.message import Message
from sources.payload_values import text
from sources.reading import Reading, message

_READERS: dict[str, Callable[[Mapping[str, Any]], Reading]] = {
    "Order": orders_v0.read_order,
    "OrderItems": orders_v0.read_items,
    "OrderDetail": orders_v0.read_detail,
    "order": orders.read_order,
    "transaction": transactions.read_transaction,
    "FinancialEventGroup": finances.read_group,
}

# What only this kind has, all of it. Looked at in this order.
_MEMBERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Order", ("AmazonOrderId", "OrderStatus")),
    ("OrderItems", ("AmazonOrderId", "OrderItems")),
    ("OrderDetail", ("AmazonOrderId", "ShippingAddress")),
    ("OrderDetail", ("AmazonOrderId", "BuyerEmail")),
    ("OrderDetail", ("AmazonOrderId", "RegulatedInformation")),
    ("order", ("orderId", "salesChannel", "createdTime")),
    ("transaction", ("transactionType", "relatedIdentifiers", "postedDate")),
    ("FinancialEventGroup", ("FinancialEventGroupId", "ProcessingStatus")),
)


def kind_of(value: Mapping[str, Any]) -> str | None:
    """Return what an object is, None where it is not Amazon's."""
    for kind, members in _MEMBERS:
        if all(name in value for name in members):
            return kind
    return notifications.kind_of(value) or finances.kind_of(value)


def translate(kind: str, value: Mapping[str, Any], raw: bytes) -> Message:
    """Return what a payload says."""
    reader = _READERS.get(kind)
    if reader is not None:
        reading = reader(value)
    elif kind.startswith("finances/"):
        reading = finances.read_event(kind, value)
    else:
        reading = notifications.read_notification(kind, value)
    notified = text(pick(value, "NotificationMetadata", "NotificationId"))
    return message("amazon", kind, reading, raw, notified)


FORMAT = Format(
    name="amazon",
    title="Amazon",
    kind_of=kind_of,
    translate=translate,
    check=None,
    split=finances.split,
)
