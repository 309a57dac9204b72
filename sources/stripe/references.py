"""Where a refund goes, and what the customer's bank finds it by.

Source: https://docs.stripe.com/api/refunds/object (destination_details),
https://docs.stripe.com/refunds ("Tracing refunds").
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, text

REVERSAL = "reversal"

# Methods whose refunds carry a reference, except cards, and what it is.
_REFERENCES = {
    "blik": "blik_reference",
    "br_bank_transfer": "bank_reference",
    "eu_bank_transfer": "bank_reference",
    "gb_bank_transfer": "bank_reference",
    "id_bank_transfer": "bank_reference",
    "jp_bank_transfer": "bank_reference",
    "mx_bank_transfer": "bank_reference",
    "th_bank_transfer": "bank_reference",
    "us_bank_transfer": "bank_reference",
    "mb_way": "mb_way_reference",
    "multibanco": "multibanco_reference",
    "p24": "p24_reference",
    "paypal": "paypal_reference",
    "swish": "swish_reference",
    "crypto": "transaction_hash",
}
_WITHOUT = frozenset((
    "affirm", "afterpay_clearpay", "alipay", "alma", "amazon_pay", "au_bank_transfer", "cashapp",
    "customer_cash_balance", "eps", "giropay", "grabpay", "klarna", "nz_bank_transfer", "paynow",
    "paypal", "pix", "revolut", "scalapay", "sofort", "wechat_pay", "zip",
))  # fmt: skip


def method_of(refund: Mapping[str, Any]) -> str | None:
    """Return the method that a refund goes back by: `card`, `klarna` …"""
    return text(member(refund, "destination_details", "type"))


def kind_of_refund(refund: Mapping[str, Any]) -> str | None:
    """Return `refund` or `reversal`; None while Stripe does not know which it will be.

    Of a reversal the charge itself disappears from the statement, and no credit ever appears.
    """
    method = method_of(refund)
    if method is None:
        return None
    if method != "card":
        return "refund"
    kind = text(member(refund, "destination_details", "card", "type"))
    return kind if kind in ("refund", REVERSAL) else None


def destination_of(refund: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where a refund goes, as far as it can be held against what was paid with.

    A bank transfer says nothing of that kind: it pays back what came by many a method.
    """
    method = method_of(refund)
    return None if method is None or method.endswith("_bank_transfer") else {"kind": method}


def decline_code(refund: Mapping[str, Any]) -> str | None:
    """Return the network's own code for why it declined a refund."""
    method = method_of(refund)
    if method is None:
        return None
    return text(member(refund, "destination_details", method, "network_decline_code"))


def tell_reference(
    refund: Mapping[str, Any], base: Mapping[str, Any], at: str | None, about: str
) -> list[Told]:
    """Tell what is known of a reference: the number, that it is awaited, or that there is none.

    Args:
        refund: the refund.
        base: what all facts about it bring.
        at: when that is known to hold.
        about: its id.
    """
    method = method_of(refund)
    if method is None:
        return []
    details = member(refund, "destination_details", method)
    if method == "card" and text(member(details, "type")) == REVERSAL:
        return [_unavailable(base, REVERSAL, at, about)]
    number = text(member(details, "reference"))
    status = text(member(details, "reference_status")) or ("available" if number else None)
    if status == "unavailable":
        return [_unavailable(base, "network without reference", at, about)]
    if status is None:
        if method in _WITHOUT and refund.get("status") == "succeeded":
            return [_unavailable(base, "method without reference", at, about)]
        return []
    kind = text(member(details, "reference_type")) or _REFERENCES.get(method)
    data = {**base, "reference_type": kind, "reference": number, "reference_status": status}
    return [Told(type="refund.reference_recorded", data=data, occurred_at=at, about=about)]


def _unavailable(base: Mapping[str, Any], reason: str, at: str | None, about: str) -> Told:
    data = {**base, "reason": reason}
    return Told(type="refund.reference_unavailable", data=data, occurred_at=at, about=about)
