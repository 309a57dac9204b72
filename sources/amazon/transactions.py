"""Finances, version 2024-06-19: transactions, alone or in the notification TRANSACTION_UPDATE.

Source: https://developer-docs.amazon.com/sp-api, Finances API 2024-06-19. `totalAmount` is what the
seller's balance changes by, after fees; what the buyer paid or got back are the breakdowns "Sales"
or "Product Charges".
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.reading import name_key
from sources.amazon.booked import tell_capture, tell_dispute, tell_refund
from sources.amazon.reading import PSP, money, order_links, pick
from sources.message import Told
from sources.payload_values import first_time, objects, text, time
from sources.reading import Reading

_OF_BUYER = frozenset({"sales", "productcharges"})
_DISPUTES = {
    "chargeback": "chargeback",
    "guaranteeclaim": "a_to_z_guarantee",
    "atozguaranteeclaim": "a_to_z_guarantee",
    "a2zguarantee": "a_to_z_guarantee",
}


def read_transaction(value: Mapping[str, Any]) -> Reading:
    """Read a transaction, in the words of either."""
    named = dict(_identifiers(value))
    order_id = named.get("orderid")
    own = text(pick(value, "TransactionId"))
    kind = text(pick(value, "TransactionType"))
    at = time(pick(value, "PostedDate"))
    net, net_code = money(pick(value, "TotalAmount"))
    told: list[Told] = []
    if order_id is not None and at is not None:
        booked = {
            "psp": PSP,
            "kind": kind,
            "status": text(pick(value, "TransactionStatus")),
            "balance_transaction": own,
            "payout_id": named.get("financialeventgroupid") or named.get("settlementid"),
            "booked_on": at,
            "net": net,
            "currency": net_code,
        }
        told = [Told(type="payment.booked", data=booked, occurred_at=at)]
        amount, code = _of_buyer(value)
        key = name_key(kind)
        if key == "shipment":
            told += tell_capture(order_id, at, amount, code, own)
        elif key == "refund":
            back = None if amount is None else abs(amount)
            refund = named.get("refundid") or own
            told += tell_refund(order_id, at, back, code if back is not None else None, refund)
        elif key in _DISPUTES:
            told += tell_dispute(_DISPUTES[key], order_id, at, amount, code)
    return Reading(
        occurred_at=first_time(at),
        told=told,
        order=order_id,
        links=[*order_links(order_id), *([f"amazon:transaction/{own}"] if own else [])],
        name=own or order_id,
    )


def _identifiers(value: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield the business identifiers: `ORDER_ID` here, `OrderId` in a notification."""
    for each in objects(pick(value, "RelatedIdentifiers")):
        name = text(pick(each, "RelatedIdentifierName"))
        found = text(pick(each, "RelatedIdentifierValue"))
        if name is not None and found is not None:
            yield name_key(name), found


def _of_buyer(value: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """Return what the buyer paid or got back, where the breakdowns say it."""
    listed = pick(value, "Breakdowns")
    if isinstance(listed, dict):
        listed = pick(listed, "Breakdowns")
    for each in objects(listed):
        if name_key(text(pick(each, "BreakdownType"))) in _OF_BUYER:
            return money(pick(each, "BreakdownAmount"))
    return None, None
