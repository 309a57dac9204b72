"""Answers of the GraphQL Admin API, brought into the form of the REST objects.

Source: https://shopify.dev/docs/api/admin-graphql/latest/objects/Order, /Refund, /OrderTransaction,
/Fulfillment. Only here stands `ShopifyPaymentsRefundSet.acquirerReferenceNumber`.
"""

import re
from collections.abc import Mapping
from typing import Any

from sources.payload_values import member, objects

_MAX_DEPTH = 40
_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]+)(?:\?.*)?")
_KINDS = {
    "Order": "order",
    "Refund": "refund",
    "OrderTransaction": "transaction",
    "Fulfillment": "fulfillment",
}
_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
# Enumerations, which GraphQL writes in capitals.
_WORDS = frozenset({"kind", "status", "cancel_reason", "display_status", "shipment_status"})
_RENAMED = {
    "display_financial_status": "financial_status",
    "display_fulfillment_status": "fulfillment_status",
    "display_status": "shipment_status",
    "currency_code": "currency",
    "presentment_currency_code": "presentment_currency",
    "authorization_code": "authorization",
    "country_code_v2": "country_code",
    "original_unit_price_set": "price_set",
    "note2": "note",
}
# Members of REST that GraphQL has as money in two currencies.
_SHOP_MONEY = (
    "total_price",
    "subtotal_price",
    "total_tax",
    "total_discounts",
    "total_outstanding",
    "price",
)


def graphql_kind(value: Mapping[str, Any]) -> str | None:
    """Return what an object is whose id is a global one, None for any other object."""
    name = value.get("id")
    match = _GID.fullmatch(name) if isinstance(name, str) else None
    kind = _KINDS.get(match.group(1)) if match else None
    return f"graphql/{kind}" if kind is not None and len(value) > 1 else None


def as_rest(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object as REST would have given it, as far as REST has it."""
    found = _object(value, 0)
    for each in objects(found.get("refunds")):
        each["order_id"] = found.get("id")  # type: ignore[index]  # made here
    return found


def _value(name: str, value: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        listed = value.get("nodes")
        if listed is None and isinstance(value.get("edges"), list):
            listed = [each.get("node") for each in objects(value.get("edges"))]
        if isinstance(listed, list):
            value = listed
        else:
            return _object(value, depth + 1)
    if isinstance(value, list):
        return [_value("", each, depth + 1) for each in value]
    if isinstance(value, str):
        match = _GID.fullmatch(value)
        if match is not None:
            return match.group(2)
        if name in _WORDS or name.endswith(("financial_status", "fulfillment_status")):
            return value.lower()
    return value


def _object(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in value.items():
        snake = _HUMP.sub("_", name).lower() if isinstance(name, str) else ""
        renamed = _RENAMED.get(snake, snake)
        found[renamed] = _value(renamed, each, depth)
    for name in _SHOP_MONEY:
        amount = member(found, f"{name}_set", "shop_money", "amount")
        if amount is not None:
            found.setdefault(name, amount)
    for name in ("order", "parent_transaction", "user"):
        inner = member(found, name, "id")
        if inner is not None:
            found.setdefault(f"{name.removesuffix('_transaction')}_id", inner)
    tracking = objects(found.get("tracking_info"))
    if tracking:
        found["tracking_numbers"] = [each.get("number") for each in tracking]
        found["tracking_company"] = tracking[0].get("company")
    return found
