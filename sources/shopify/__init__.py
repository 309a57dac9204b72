"""Shopify: objects of the Admin REST API, its webhooks, and answers of the GraphQL Admin API.

A webhook's body is the bare object; its topic stands in a header that a file has not. So an object
is known by its members, and one that comes by several ways is the same message.

Source: https://shopify.dev/docs/api/admin-rest, /docs/api/admin-graphql.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sources.format import Format
from sources.message import Message
from sources.reading import Reading, message
from sources.shopify import (
    disputes,
    drafts,
    fulfillments,
    orders,
    payouts,
    refunds,
    timeline,
    transactions,
)
from sources.shopify.graphql import as_rest, graphql_kind
from sources.shopify.ids import own_id
from sources.shopify.signature import check_signature

_READERS: dict[str, Callable[[Mapping[str, Any]], Reading]] = {
    "order": orders.read_order,
    "order_risk": orders.read_risk,
    "draft_order": drafts.read_draft,
    "refund": refunds.read_refund,
    "transaction": transactions.read_transaction,
    "fulfillment": fulfillments.read_fulfillment,
    "fulfillment_event": fulfillments.read_fulfillment_event,
    "dispute": disputes.read_dispute,
    "payout": payouts.read_payout,
    "balance_transaction": payouts.read_balance_transaction,
    "tender_transaction": payouts.read_tender_transaction,
    "event": timeline.read_event,
}

# What only this kind has, all of it. Looked at in this order.
_MEMBERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("order", ("financial_status", "line_items")),
    ("order", ("financial_status", "order_number")),
    ("draft_order", ("invoice_sent_at", "line_items")),
    ("refund", ("refund_line_items", "order_id", "id")),
    ("fulfillment_event", ("fulfillment_id", "happened_at")),
    ("fulfillment", ("tracking_numbers", "order_id")),
    ("dispute", ("network_reason_code", "evidence_due_by")),
    ("balance_transaction", ("payout_status", "source_type")),
    ("tender_transaction", ("remote_reference", "payment_method")),
    ("order_risk", ("cause_cancel", "recommendation")),
    ("event", ("subject_id", "subject_type", "verb")),
)


def kind_of(value: Mapping[str, Any]) -> str | None:
    """Return what an object is, None where it is not Shopify's."""
    for kind, members in _MEMBERS:
        if all(name in value for name in members):
            return kind
    if transactions.is_transaction(value):
        return "transaction"
    summary = value.get("summary")
    if isinstance(summary, dict) and "charges_gross_amount" in summary:
        return "payout"
    return graphql_kind(value)


def translate(kind: str, value: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an object says."""
    reader = _READERS.get(kind.removeprefix("graphql/"))
    if kind.startswith("graphql/"):
        value = as_rest(value)
    reading = Reading() if reader is None else reader(value)
    own = msgspec.structs.replace(reading, name=own_id(value))
    return message("shopify", kind, own, raw)


FORMAT = Format(
    name="shopify",
    title="Shopify",
    kind_of=kind_of,
    translate=translate,
    check=check_signature,
)
