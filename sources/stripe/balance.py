"""Entries in the seller's balance: that a refund left it, or came back.

Source: https://docs.stripe.com/api/balance_transactions/object,
https://docs.stripe.com/reports/balance-transaction-types.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, text
from sources.stripe.objects import PSP, Occasion, created, id_of, kind_by_prefix, payment_of
from sources.stripe.refunds import settled, tell_refund


def tell_balance_transaction(entry: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    """Tell what an entry says of a refund.

    The entry of a card's refund is made with the refund's success. Of other methods it is made when
    the refund is still pending, and says nothing without the refund itself (`payment_refund`).
    """
    source = entry.get("source")
    if isinstance(source, Mapping):
        if kind_by_prefix(source) != "refund":
            return []
        name = "failure_balance_transaction" if _is_failure(entry) else "balance_transaction"
        return tell_refund({**source, name: {**entry, "source": None}}, occasion)
    own_id = id_of(source)
    if own_id is None or kind_by_prefix({"id": own_id}) != "refund":
        return []
    base = {
        "refund_id": own_id,
        "psp_refund_id": own_id,
        "psp": PSP,
        "payment_id": payment_of(entry),
    }
    if _is_failure(entry):
        data = {**base, "returned_to": "merchant balance", "funds_back_at": created(entry)}
        return [Told(type="refund.failed", data=data, occurred_at=created(entry), about=own_id)]
    if text(entry.get("type")) == "refund" and member(entry, "status") == "available":
        return [settled(entry, None, base, own_id)]
    return []


def _is_failure(entry: Mapping[str, Any]) -> bool:
    return text(entry.get("type")) == "refund_failure"
