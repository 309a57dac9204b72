"""Ids at Shopify. They are numbers, unique only in their shop and among their kind."""

from collections.abc import Iterable, Mapping
from typing import Any

from sources.payload_values import member, text
from sources.provider_ids import provider_id

OWN_GATEWAY = "shopify_payments"
"""The gateway whose provider's account is not the seller's, so that nobody else reports of it."""


def own_id(value: Mapping[str, Any]) -> str | None:
    """Return an object's id."""
    return text(value.get("id"))


def order_link(order_id: Any) -> Iterable[str]:
    """Return the link of an order, nothing where the id is not known."""
    found = text(order_id)
    return () if found is None else (f"shopify:{found}",)


def link(kind: str, value: Any) -> Iterable[str]:
    """Return the link of anything but an order: numbers of two kinds may be the same."""
    found = text(value)
    return () if found is None else (f"shopify:{kind}/{found}",)


def payment_ids(transaction: Mapping[str, Any]) -> list[str]:
    """Return what the payment provider calls the payment of a transaction, the widest id first.

    A receipt is the provider's own answer. Stripe's payment intents are wider than its charges.
    """
    receipt = transaction.get("receipt")
    intent = member(receipt, "payment_intent")
    charge = member(receipt, "charge")
    named = [
        intent if isinstance(intent, str) else member(intent, "id"),
        member(receipt, "id"),
        transaction.get("authorization"),
        charge if isinstance(charge, str) else member(charge, "id"),
    ]
    found = [each for each in map(provider_id, named) if each and not _is_refund(each)]
    found.sort(key=lambda each: not each.startswith("pi_"))
    return list(dict.fromkeys(found))


def refund_ids(transaction: Mapping[str, Any]) -> list[str]:
    """Return what the payment provider calls the refund of a transaction."""
    named = (transaction.get("authorization"), member(transaction, "receipt", "id"))
    found = [each for each in map(provider_id, named) if each and not _is_stripe_payment(each)]
    return list(dict.fromkeys(found))


def is_foreign(transaction: Mapping[str, Any]) -> bool:
    """Tell whether another gateway than Shopify's own made a transaction."""
    return transaction.get("gateway") != OWN_GATEWAY


def _is_refund(name: str) -> bool:
    return name.startswith(("re_", "pyr_"))


def _is_stripe_payment(name: str) -> bool:
    return name.startswith(("pi_", "ch_", "py_", "cs_", "src_"))
