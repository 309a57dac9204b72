"""The seller's account at Shopify Payments: payouts, their lines, and money by means of payment.

Sources: https://shopify.dev/docs/api/admin-rest/latest/resources/payout, /transactions (of a
payout) and /tendertransaction. A payout belongs to no order. Amounts here are in the currency of
the payout, which need not be the customer's, so a settlement names none that could be compared.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, first_time, minor_units, text, time
from sources.provider_ids import provider_id
from sources.reading import Reading
from sources.shopify.ids import OWN_GATEWAY, link, order_link, own_id


def read_payout(value: Mapping[str, Any]) -> Reading:
    """Read a payout: kept, since it speaks of no order."""
    return Reading(
        occurred_at=first_time(time(value.get("date"))), links=list(link("payout", value.get("id")))
    )


def read_balance_transaction(value: Mapping[str, Any]) -> Reading:
    """Read one line of a payout: money of an order was booked."""
    own = own_id(value)
    kind = text(value.get("type"))
    at = time(value.get("processed_at"))
    code = currency(value.get("currency"))
    transaction = text(value.get("source_order_transaction_id"))
    if transaction is None and kind in ("refund", "refund_failure"):
        transaction = text(value.get("source_id"))  # the refund at the provider
    booked = {
        "psp": OWN_GATEWAY,
        "kind": kind,
        "balance_transaction": own,
        "payout_id": text(value.get("payout_id")),
        "status": text(value.get("payout_status")),
        "booked_on": at,
        "gross": minor_units(value.get("amount"), code),
        "fee": minor_units(value.get("fee"), code),
        "net": minor_units(value.get("net"), code),
        "currency": code,
    }
    told = []
    if kind in ("refund", "refund_failure"):
        booked["refund_id"] = transaction
        told = _tell_refund(kind, transaction, own, at)
    elif kind in ("dispute", "dispute_withdrawal", "dispute_reversal"):
        booked["dispute_id"] = text(value.get("source_id"))
        told = _tell_dispute(kind, value, code, at)
    else:
        booked["payment_id"] = transaction
    if own is not None:
        told.insert(0, Told(type="payment.booked", data=booked, occurred_at=at))
    return Reading(
        occurred_at=first_time(at),
        told=told,
        links=[
            *order_link(value.get("source_order_id")),
            *link("transaction", transaction),
            *link("balance_transaction", own),
        ],
    )


def read_tender_transaction(value: Mapping[str, Any]) -> Reading:
    """Read money by means of payment; transactions tell of the same money under other ids."""
    own = own_id(value)
    at = time(value.get("processed_at"))
    code = currency(value.get("currency"))
    reference = text(value.get("remote_reference"))
    booked = {
        "psp_payment_id": reference,
        "balance_transaction": own,
        "method": text(value.get("payment_method")),
        "kind": "tender",
        "booked_on": at,
        "gross": minor_units(value.get("amount"), code),
        "currency": code,
    }
    provider = provider_id(reference)
    return Reading(
        occurred_at=first_time(at),
        told=[Told(type="payment.booked", data=booked, occurred_at=at)] if own else [],
        links=[
            *order_link(value.get("order_id")),
            *([provider] if provider else []),
            *link("tender_transaction", own),
        ],
    )


def _tell_refund(kind: str, transaction: str | None, own: str | None, at: str | None) -> list[Told]:
    if transaction is None:
        return []
    refund = {"refund_id": transaction, "psp_refund_id": transaction, "psp": OWN_GATEWAY}
    if kind == "refund":
        more = {"settled_on": at, "kind": "refund", "source": f"balance transaction {own}"}
        return [Told(type="refund.settled", data=refund | more, occurred_at=at)]
    return [Told(type="refund.bounced", data=refund | {"reason": kind}, occurred_at=at)]


def _tell_dispute(
    kind: str, value: Mapping[str, Any], code: str | None, at: str | None
) -> list[Told]:
    dispute_id = text(value.get("source_id"))
    if dispute_id is None:
        return []
    amount = minor_units(value.get("amount"), code)
    data = {
        "dispute_id": dispute_id,
        "amount": None if amount is None else abs(amount),
        "currency": code,
    }
    back = kind == "dispute_reversal"
    moved = "dispute.funds_reinstated" if back else "dispute.funds_withdrawn"
    return [Told(type=moved, data=data, occurred_at=at)]
