"""Entries in the seller's balance: what was booked, and that a refund left it or came back.

Source: https://docs.stripe.com/api/balance_transactions/object,
https://docs.stripe.com/reports/balance-transaction-types.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, member, text, unix_time
from sources.stripe.amounts import amount
from sources.stripe.charges import tell_charge
from sources.stripe.objects import PSP, Occasion, created, id_of, kind_by_prefix, payment_of
from sources.stripe.refunds import settled, tell_refund


def tell_balance_transaction(entry: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    """Tell what was booked, and what that says of a refund.

    The entry of a card's refund is made with the refund's success. Of other methods it is made when
    the refund is still pending, and says nothing without the refund itself (`payment_refund`).
    """
    source = entry.get("source")
    own_id, kind = id_of(source), kind_by_prefix({"id": id_of(source)})
    if own_id is None or kind not in ("refund", "charge", "dispute"):
        return []
    found = [_booked(entry, kind, own_id)]
    if isinstance(source, Mapping):
        alone = {**entry, "source": None}
        if kind == "charge":
            return [*found, *tell_charge({**source, "balance_transaction": alone}, occasion)]
        if kind == "refund":
            name = "failure_balance_transaction" if _is_failure(entry) else "balance_transaction"
            return [*found, *tell_refund({**source, name: alone}, occasion)]
        return found
    if kind != "refund":
        return found
    base = {"refund_id": own_id, "psp_refund_id": own_id, "psp": PSP}
    if _is_failure(entry):
        data = {**base, "returned_to": "merchant balance", "funds_back_at": created(entry)}
        found.append(
            Told(type="refund.failed", data=data, occurred_at=created(entry), about=own_id)
        )
    elif text(entry.get("type")) == "refund" and entry.get("status") == "available":
        found.append(settled(entry, None, base, own_id))
    return found


def _booked(entry: Mapping[str, Any], kind: str, own_id: str) -> Told:
    source, code = entry.get("source"), currency(entry.get("currency"))
    whole = source if isinstance(source, Mapping) else {}
    # Alone, a charge may still be one of a payment intent's: only that intent is the payment's id.
    payment = payment_of(whole) or (id_of(whole) if kind == "charge" else None)
    named = text(member(whole, "metadata", "refund_id"))
    available = unix_time(entry.get("available_on"))
    data = {
        "payment_id": payment,
        "psp_payment_id": payment,
        "refund_id": (named or own_id) if kind == "refund" else None,
        "dispute_id": own_id if kind == "dispute" else None,
        "balance_transaction": id_of(entry),
        "psp": PSP,
        "kind": text(entry.get("type")),
        "status": text(entry.get("status")),
        "booked_on": None if available is None else available[:10],
        "gross": amount(entry.get("amount"), code),
        "fee": amount(entry.get("fee"), code),
        "net": amount(entry.get("net"), code),
        "currency": code,
    }
    about = id_of(entry) or own_id
    return Told(type="payment.booked", data=data, occurred_at=created(entry), about=about)


def _is_failure(entry: Mapping[str, Any]) -> bool:
    return text(entry.get("type")) == "refund_failure"
