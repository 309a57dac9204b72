"""Charges: what was paid, with what, and the refunds that lie in them.

Source: https://docs.stripe.com/api/charges/object, https://docs.stripe.com/declines/codes.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import integer, member, objects, text, unix_time
from sources.stripe.objects import PSP, Occasion, created, id_of, money_of, presentment_of
from sources.stripe.refunds import EXPIRED, tell_refund

_CARDS = ("card", "card_present", "interac_present")
_CAUSES = {
    "insufficient_funds": "insufficient balance",
    "processing_error": "channel fault",
    "issuer_not_available": "channel fault",
    "try_again_later": "channel fault",
    "fraudulent": "risk",
}


def tell_charge(charge: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    """Tell where a charge stands, and its refunds."""
    own_id = id_of(charge)
    if own_id is None:
        return []
    payment = id_of(charge.get("payment_intent")) or own_id
    details = charge.get("payment_method_details")
    base = {
        "payment_id": payment,
        "psp": PSP,
        "psp_payment_id": payment,
        "method": text(member(details, "type")),
    }
    status, made = text(charge.get("status")), created(charge)
    if status == "failed":
        return [
            _failed(charge, base, occasion.at if occasion.type == "charge.failed" else made, own_id)
        ]
    if status == "pending":
        return [_told("payment.initiated", {**base, **money_of(charge)}, made, own_id)]
    if not _went_through(charge):
        return []
    if not is_captured(charge):
        return _uncaptured(charge, base, occasion, own_id)
    exact = occasion.type in ("charge.succeeded", "charge.captured") or occasion.changed("captured")
    found = [_captured(charge, base, (occasion.at if exact else None) or made, own_id)]
    listed = [
        told
        for refund in objects(member(charge, "refunds", "data")) or objects(charge.get("refunds"))
        for told in tell_refund(refund, Occasion(at=occasion.at), charge)
    ]
    return [*found, *_refund_total(charge, base, occasion, own_id), *listed]


def is_captured(charge: Mapping[str, Any]) -> bool:
    """Tell whether the money was taken; an old charge that does not say so was, once paid."""
    if isinstance(charge.get("captured"), bool):
        return bool(charge["captured"])
    taken = integer(charge.get("amount_captured"))
    return taken is None or taken > 0


def instrument_of(details: Any) -> dict[str, Any] | None:
    """Return what was paid with, from the details of a payment method."""
    method = text(member(details, "type"))
    if method is None:
        return None
    own = member(details, method)
    return {
        "kind": "card" if method in _CARDS else method,
        "brand": text(member(own, "brand")),
        "last4": text(member(own, "last4")),
        "country": text(member(own, "country")),
        "wallet": text(member(own, "wallet", "type")),
    }


def _went_through(charge: Mapping[str, Any]) -> bool:
    status = text(charge.get("status"))
    return status == "succeeded" or (status in (None, "paid") and charge.get("paid") is True)


def _captured(
    charge: Mapping[str, Any], base: Mapping[str, Any], at: str | None, own_id: str
) -> Told:
    details, entry = charge.get("payment_method_details"), charge.get("balance_transaction")
    taken = money_of(charge, "amount_captured")
    rate = member(entry, "exchange_rate")
    available = unix_time(member(entry, "available_on"))
    data = {
        **base,
        **(money_of(charge) if taken["amount"] in (None, 0) else taken),
        "capture_id": own_id,
        "instrument": instrument_of(details),
        "fx_rate": str(rate) if isinstance(rate, float | int) else None,
        "settled_on": None if available is None else available[:10],
        "network_reference": text(member(details, "card", "network_transaction_id")),
        **presentment_of(charge),
    }
    return _told("payment.captured", data, at, own_id)


def _uncaptured(
    charge: Mapping[str, Any], base: Mapping[str, Any], occasion: Occasion, own_id: str
) -> list[Told]:
    # Stripe calls the end of an authorisation a refund, though nothing was taken.
    data, made = {**base, **money_of(charge)}, created(charge)
    promised = {
        **data,
        "expires_at": unix_time(member(charge, "payment_method_details", "card", "capture_before")),
        "instrument": instrument_of(charge.get("payment_method_details")),
    }
    found = [_told("payment.authorised", promised, made, own_id)]
    ended = objects(member(charge, "refunds", "data"))
    at = next((created(each) for each in ended), None) or occasion.at or made
    reasons = [text(each.get("reason")) for each in ended]
    if occasion.type == "charge.expired" or EXPIRED in reasons:
        found.append(_told("payment.authorisation_expired", data, at, own_id))
    elif charge.get("refunded") is True:
        reason = next((each for each in reasons if each), None)
        found.append(_told("payment.voided", {**data, "reason": reason}, at, own_id))
    return found


def _failed(
    charge: Mapping[str, Any], base: Mapping[str, Any], at: str | None, own_id: str
) -> Told:
    code = text(charge.get("failure_code"))
    reason = text(member(charge, "outcome", "reason"))
    blocked = member(charge, "outcome", "type") == "blocked"
    cause = "risk" if blocked else _CAUSES.get(reason or "") or _CAUSES.get(code or "")
    data = {**base, **money_of(charge), "failure_code": code or reason, "cause": cause}
    return _told("payment.failed", data, at or created(charge), own_id)


def _refund_total(
    charge: Mapping[str, Any], base: Mapping[str, Any], occasion: Occasion, own_id: str
) -> list[Told]:
    # Since API version 2022-11-15 a charge no longer lists its refunds, and names their sum only.
    total = money_of(charge, "amount_refunded")
    if not total["amount"]:
        return []
    data = {name: base[name] for name in ("payment_id", "psp", "psp_payment_id")}
    at = occasion.at or created(charge)
    return [_told("payment.refund_total_reported", {**data, **total}, at, own_id)]


def _told(type: str, data: dict[str, Any], at: str | None, own_id: str) -> Told:
    return Told(type=type, data=data, occurred_at=at, about=own_id)
