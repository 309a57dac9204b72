"""Transactions of an order at Shopify: money that was promised, taken, let go or sent back.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/transaction. A transaction has a
kind and a status; its amount is in the currency that the customer paid in, unless it was asked for
in the shop's.
"""

import re
from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, first_time, member, minor_units, text, time
from sources.reading import Reading
from sources.shopify.ids import (
    is_foreign,
    link,
    order_link,
    own_id,
    payment_ids,
    refund_ids,
)
from sources.shopify.people import first

_FAILED = ("failure", "error")
_PAYMENTS: dict[str, dict[str, str]] = {
    "authorization": {"success": "payment.authorised"},
    "emv_authorization": {"success": "payment.authorised"},
    "capture": {"success": "payment.captured"},
    "sale": {"success": "payment.captured"},
    "void": {"success": "payment.voided"},
}
_REFUND_OUTCOMES = {
    "pending": "refund.accepted",
    "success": "refund.succeeded",
    "failure": "refund.failed",
    "error": "refund.failed",
}
_KINDS = frozenset({*_PAYMENTS, "refund"})
_LAST_DIGITS = re.compile(r"([0-9]{4})\s*$")


def is_transaction(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is a transaction: a kind, a status and a gateway."""
    kind = value.get("kind")
    return (
        isinstance(kind, str)
        and kind in _KINDS
        and "id" in value
        and "status" in value
        and "gateway" in value
    )


def read_transaction(value: Mapping[str, Any]) -> Reading:
    """Read a transaction that came on its own."""
    return Reading(
        occurred_at=first_time(moment(value)),
        told=tell_transaction(value),
        links=[
            *order_link(value.get("order_id")),
            *transaction_links(value),
        ],
    )


def moment(value: Mapping[str, Any]) -> str | None:
    """Return when a transaction happened."""
    return time(value.get("processed_at")) or time(value.get("created_at"))


def transaction_links(value: Mapping[str, Any]) -> list[str]:
    """Return the ids by which others know the payment, those of the provider first."""
    if not is_foreign(value):
        providers = []
    elif value.get("kind") == "refund":
        providers = [*payment_ids_of_refund(value), *refund_ids(value)]
    else:
        providers = payment_ids(value)
    return [
        *providers,
        *link("transaction", value.get("parent_id")),
        *link("transaction", value.get("id")),
    ]


def tell_transaction(value: Mapping[str, Any], order_currency: str | None = None) -> list[Told]:
    """Return what a transaction tells, whether it came on its own or within another object.

    Args:
        value: the transaction.
        order_currency: for a transaction that names none.
    """
    kind, status = text(value.get("kind")), text(value.get("status"))
    if kind == "refund":
        return _tell_refund(value, status or "", order_currency)
    outcome = _PAYMENTS.get(kind or "", {}).get(status or "")
    if outcome is None and kind in _PAYMENTS and kind != "void":
        if status == "pending":
            outcome = "payment.initiated"
        elif status in _FAILED:
            outcome = "payment.failed"
    if outcome is None:
        return []
    own = own_id(value)
    data = _payment(value, order_currency)
    if outcome == "payment.failed":
        data["failure_code"] = text(value.get("error_code"))
    elif outcome == "payment.authorised":
        data["psp_auth_id"] = text(value.get("authorization"))
        data["expires_at"] = time(value.get("authorization_expires_at"))
    elif outcome == "payment.captured":
        data["capture_id"] = own
    if outcome in ("payment.authorised", "payment.captured"):
        data["instrument"] = _instrument(value)
    return [Told(type=outcome, data=data, occurred_at=moment(value), about=own or "")]


def refund_of(value: Mapping[str, Any], order_currency: str | None = None) -> dict[str, Any]:
    """Return what every event about a refund transaction says.

    The provider's own id comes first, so that its webhooks and Shopify's tell of one refund;
    Shopify's own provider reports to nobody else, so there the transaction's number always counts.
    """
    providers = refund_ids(value)
    own = own_id(value)
    payments = payment_ids_of_refund(value) if is_foreign(value) else []
    amount, code = _money(value, order_currency)
    return {
        "refund_id": (providers[0] if providers and is_foreign(value) else None) or own,
        "psp_refund_id": (providers[0] if providers else None)
        or text(value.get("authorization"))
        or own,
        "psp": text(value.get("gateway")),
        "payment_id": (payments[0] if payments else None) or text(value.get("parent_id")),
        "amount": amount,
        "currency": code,
    }


def payment_ids_of_refund(value: Mapping[str, Any]) -> list[str]:
    """Return what the provider calls the payment that a refund transaction pays back."""
    receipt = value.get("receipt")
    return payment_ids({"receipt": {**receipt, "id": None}}) if isinstance(receipt, dict) else []


def _tell_refund(value: Mapping[str, Any], status: str, order_currency: str | None) -> list[Told]:
    outcome = _REFUND_OUTCOMES.get(status)
    refund = refund_of(value, order_currency)
    refund_id = refund["refund_id"]
    if outcome is None or refund_id is None:
        return []
    at = moment(value)
    created = time(value.get("created_at")) or at
    more: dict[str, Any] = {}
    if outcome == "refund.accepted":
        more = {"psp_status": status}
    elif outcome == "refund.succeeded":
        more = {"kind": "refund", "psp_at": at}
    elif outcome == "refund.failed":
        more = {"failure_reason": text(value.get("error_code")) or status}
    told = [
        Told(type="refund.submitted", data=refund, occurred_at=created, about=refund_id),
        Told(type=outcome, data=refund | more, occurred_at=at, about=refund_id),
    ]
    reference = _reference(value)
    if reference is not None:
        told.append(
            Told(
                type="refund.reference_recorded",
                data=refund
                | {
                    "reference_type": "acquirer_reference_number",
                    "reference": reference,
                    "reference_status": "available",
                },
                occurred_at=at,
                about=refund_id,
            )
        )
    return told


def _reference(value: Mapping[str, Any]) -> str | None:
    """Return the acquirer reference number, of GraphQL, or of Stripe in a receipt."""
    return first(
        member(value, "shopify_payments_set", "refund_set", "acquirer_reference_number"),
        member(value, "receipt", "destination_details", "card", "reference"),
    )


def _payment(value: Mapping[str, Any], order_currency: str | None) -> dict[str, Any]:
    providers = payment_ids(value) if is_foreign(value) else []
    own = own_id(value)
    if value.get("kind") == "void":
        own = text(value.get("parent_id")) or own  # what is let go is the authorisation
    amount, code = _money(value, order_currency)
    return {
        "payment_id": (providers[0] if providers else None) or own,
        "psp_payment_id": (providers[0] if providers else None)
        or text(value.get("authorization"))
        or own,
        "psp": text(value.get("gateway")),
        "method": first(
            member(value, "payment_details", "payment_method_name"), value.get("gateway")
        ),
        "amount": amount,
        "currency": code,
    }


def _money(value: Mapping[str, Any], order_currency: str | None) -> tuple[int | None, str | None]:
    """Return the amount as the customer paid it, and its currency."""
    shown = member(value, "amount_set", "presentment_money")
    if isinstance(shown, dict):
        code = currency(shown.get("currency_code") or shown.get("currency"))
        amount = minor_units(shown.get("amount"), code)
        if amount is not None:
            return amount, code
    code = currency(value.get("currency")) or order_currency
    return minor_units(value.get("amount"), code), code


def _instrument(value: Mapping[str, Any]) -> dict[str, Any] | None:
    details = value.get("payment_details")
    number = text(member(details, "credit_card_number"))
    gateway = text(value.get("gateway"))
    if number is None:
        return {"kind": gateway} if gateway in ("gift_card", "store_credit", "cash") else None
    digits = _LAST_DIGITS.search(number)
    brand = text(member(details, "credit_card_company"))
    return {
        "kind": "card",
        "brand": brand.lower() if brand else None,
        "last4": digits.group(1) if digits else None,
        "wallet": text(member(details, "credit_card_wallet")),
    }
