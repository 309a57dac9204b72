"""Refunds at Shopify: what the seller decided, with the transactions that carry the money.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/refund. One refund may send money
back by several transactions, each of which can fail on its own; so a refund of ours is one
transaction. A refund without any moved no money.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, member, objects, text, time
from sources.reading import Reading
from sources.shopify.ids import link, order_link
from sources.shopify.transactions import refund_of, tell_transaction, transaction_links


def read_refund(value: Mapping[str, Any]) -> Reading:
    """Read a refund that came on its own."""
    transactions = [link for each in _money_moves(value) for link in transaction_links(each)]
    return Reading(
        occurred_at=first_time(time(value.get("processed_at")), time(value.get("created_at"))),
        told=tell_refund(value),
        links=[
            *order_link(value.get("order_id")),
            *transactions,
            *link("refund", value.get("id")),
        ],
    )


def tell_refund(value: Mapping[str, Any], order_currency: str | None = None) -> list[Told]:
    """Return what a refund tells, whether it came on its own or within its order."""
    decided = time(value.get("created_at")) or time(value.get("processed_at"))
    told = []
    moves = _money_moves(value)
    for each in moves:
        refund = refund_of(each, order_currency)
        refund_id = refund["refund_id"]
        if refund_id is None:
            continue
        approved = refund | {"approver": text(value.get("user_id")), "route": "original"}
        if len(moves) == 1:
            approved["lines"] = _lines(value) or None
        told.append(
            Told(type="refund.approved", data=approved, occurred_at=decided, about=refund_id)
        )
        told += tell_transaction(each, order_currency)
    return told


def refund_links(value: Mapping[str, Any]) -> list[str]:
    """Return the ids by which others know the money of a refund within its order."""
    found = [link for each in _money_moves(value) for link in transaction_links(each)]
    return [*found, *link("refund", value.get("id"))]


def _money_moves(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in objects(value.get("transactions")) if each.get("kind") == "refund"]


def _lines(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the goods that are paid back; their prices are in the shop's currency, so none."""
    found = []
    for each in objects(value.get("refund_line_items")):
        line = {
            "line_no": text(each.get("line_item_id")),
            "sku": text(member(each, "line_item", "sku")),
            "title": text(member(each, "line_item", "title")),
            "quantity": each.get("quantity") if type(each.get("quantity")) is int else None,
        }
        found.append({name: held for name, held in line.items() if held is not None})
    return found
