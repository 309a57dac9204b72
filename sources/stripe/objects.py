"""What Stripe's objects have in common: their kind, their ids, and what they belong to.

An object names others by id, or holds them whole where they were expanded.
Source: https://docs.stripe.com/api/expanding_objects, https://docs.stripe.com/api/metadata.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from sources.payload_values import currency, member, text, unix_time
from sources.stripe.amounts import amount

PSP = "stripe"

_PREFIXES = {
    "ch": "charge",
    "py": "charge",
    "re": "refund",
    "pyr": "refund",
    "pi": "payment_intent",
    "dp": "dispute",
    "du": "dispute",
    "txn": "balance_transaction",
    "po": "payout",
    "cs": "checkout.session",
    "issfr": "radar.early_fraud_warning",
}
_KINDS = frozenset(_PREFIXES.values())
# Each of the names that shops write the number of their order under.
_ORDER = ("order_id", "order_number", "order")


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Why an object was told: an event about it, or that it was asked for.

    Args:
        type: of the event, such as `charge.refunded`; None for an object that was asked for.
        at: time of the event.
        previous: what the event changed, as it was before.
        idempotency_key: of the request that led to the event.
    """

    type: str | None = None
    at: str | None = None
    previous: Mapping[str, Any] = {}
    idempotency_key: str | None = None

    def changed(self, name: str) -> bool:
        """Tell whether the event is the change of a member."""
        return name in self.previous


def kind_of_object(item: Mapping[str, Any]) -> str | None:
    """Return the kind of an object by its own members, None where it is not one of Stripe's.

    Others call their objects so too: `created` in seconds and `livemode` tell Stripe's.
    """
    kind, own_id = item.get("object"), item.get("id")
    if not isinstance(kind, str):
        return None
    if kind == "terminal.refund" or (kind == "balance" and "livemode" in item):
        return kind
    if not isinstance(own_id, str) or not own_id:
        return None
    has_time = type(item.get("created")) is int
    if kind in _KINDS:
        return kind if has_time or kind_by_prefix(item) == kind else None
    is_known = "livemode" in item or isinstance(item.get("metadata"), Mapping)
    return kind if has_time and is_known and "_" in own_id else None


def kind_by_prefix(item: Mapping[str, Any]) -> str | None:
    """Return the kind of an object by how its id begins, where it lies in Stripe's wrapper."""
    own_id = item.get("id")
    if not isinstance(own_id, str):
        return None
    prefix, dash, rest = own_id.partition("_")
    return _PREFIXES.get(prefix) if dash and rest else None


def id_of(value: Any) -> str | None:
    """Return the id of an object that is named, or expanded."""
    return text(member(value, "id")) if isinstance(value, Mapping) else text(value)


def payment_of(item: Mapping[str, Any], around: Mapping[str, Any] | None = None) -> str | None:
    """Return the id of the payment that an object belongs to.

    It is the payment intent, or the charge where there is none: charges made without one.

    Args:
        item: the object.
        around: the charge that it lies in.
    """
    charge = item.get("charge") or around
    return (
        id_of(item.get("payment_intent"))
        or id_of(member(charge, "payment_intent"))
        or id_of(charge)
    )


def links_of(item: Mapping[str, Any]) -> list[str]:
    """Return the ids that an object may be found by, the one nearest to the order first."""
    source = item.get("source")  # of a balance transaction: a refund, a charge …
    found = [
        id_of(item.get("payment_intent")),
        id_of(member(item, "charge", "payment_intent")),
        id_of(member(source, "payment_intent")),
        id_of(item.get("latest_charge")),
        id_of(item.get("charge")),
        id_of(member(source, "charge")),
        id_of(source) if kind_by_prefix(item) == "balance_transaction" else None,
        id_of(item.get("invoice")),
        id_of(item),
    ]
    if kind_by_prefix(item) == "payment_intent":
        found.insert(0, id_of(item))
    return list(dict.fromkeys(each for each in found if each is not None))


def order_of(item: Mapping[str, Any]) -> str | None:
    """Return the number of the shop's order, which shops keep in the metadata."""
    for holder in (
        item,
        item.get("payment_intent"),
        item.get("charge"),
        item.get("latest_charge"),
        item.get("source"),
    ):
        for name in _ORDER:
            found = text(member(holder, "metadata", name))
            if found is not None:
                return found
    return None


def money_of(item: Any, name: str = "amount") -> dict[str, Any]:
    """Return an amount of an object and its currency, as far as both are known."""
    code = currency(member(item, "currency"))
    return {"amount": amount(member(item, name), code), "currency": code}


def presentment_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the customer saw, where it was in another currency than Stripe took."""
    details = item.get("presentment_details")
    code = currency(member(details, "presentment_currency"))
    shown = amount(member(details, "presentment_amount"), code)
    return {} if shown is None else {"presentment_amount": shown, "presentment_currency": code}


def created(item: Any) -> str | None:
    """Return when an object was made."""
    return unix_time(member(item, "created"))
