"""Payment intents and checkout sessions: a payment from its beginning.

Source: https://docs.stripe.com/payments/paymentintents/lifecycle,
https://docs.stripe.com/api/checkout/sessions/object.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, objects, text, unix_time
from sources.stripe.charges import instrument_of, tell_charge
from sources.stripe.objects import PSP, Occasion, created, id_of, money_of, presentment_of

_BEGUN = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_source",
    "requires_source_action",
    "processing",
)


def tell_payment_intent(intent: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    """Tell where a payment stands, and its last charge where that is there as a whole."""
    own_id = id_of(intent)
    if own_id is None:
        return []
    charge = _charge(intent)
    base = {"payment_id": own_id, "psp": PSP, "psp_payment_id": own_id}
    status, made = text(intent.get("status")), created(intent)
    at = occasion.at or made
    own: list[Told] = []
    if occasion.type == "payment_intent.payment_failed":
        own = [_failed(intent, base, at, own_id)]
    elif status in _BEGUN:
        data = {**base, **money_of(intent), **presentment_of(intent)}
        own = [Told(type="payment.initiated", data=data, occurred_at=made, about=own_id)]
    elif status == "requires_capture":
        data = {**base, **money_of(intent), "instrument": _instrument(charge)}
        own = [Told(type="payment.authorised", data=data, occurred_at=at, about=own_id)]
    elif status == "succeeded":
        own = [_captured(intent, base, occasion, own_id, charge)]
    elif status == "canceled":
        own = [_ended(intent, base, occasion, own_id)]
    if charge is None:
        return own
    return [*own, *tell_charge({**charge, "payment_intent": own_id}, Occasion(at=occasion.at))]


def tell_session(session: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    """Tell what became of a checkout; the payment intent of a paid one is its payment."""
    intent, own_id = session.get("payment_intent"), id_of(session)
    payment = id_of(intent)
    if payment is None or own_id is None:
        return []  # a subscription's or a set-up's: its payments have messages of their own
    base = {"payment_id": payment, "psp": PSP, "psp_payment_id": payment}
    data = {**base, **money_of(session, "amount_total")}
    made = created(session)
    at = occasion.at or made
    if session.get("payment_status") == "paid":
        exact = occasion.type in (
            "checkout.session.completed",
            "checkout.session.async_payment_succeeded",
        )
        captured = {**data, **presentment_of(session), "instrument": None}
        found = Told(
            type="payment.captured",
            data=captured,
            occurred_at=at if exact else made,
            about=payment,
        )
    elif occasion.type == "checkout.session.async_payment_failed":
        found = Told(type="payment.failed", data=data, occurred_at=at, about=payment)
    elif session.get("status") == "expired":
        expired = {**data, "failure_code": "session_expired", "cause": "customer left"}
        ended = unix_time(session.get("expires_at"))
        found = Told(type="payment.failed", data=expired, occurred_at=ended or at, about=payment)
    else:
        found = Told(type="payment.initiated", data=data, occurred_at=made, about=payment)
    whole = tell_payment_intent(intent, Occasion()) if isinstance(intent, Mapping) else []
    return [found, *whole]


def _charge(intent: Mapping[str, Any]) -> Mapping[str, Any] | None:
    latest = intent.get("latest_charge")
    if isinstance(latest, Mapping):
        return latest
    listed = objects(member(intent, "charges", "data"))  # until API version 2022-11-15
    return listed[0] if listed else None


def _instrument(charge: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return instrument_of(member(charge, "payment_method_details"))


def _captured(
    intent: Mapping[str, Any],
    base: Mapping[str, Any],
    occasion: Occasion,
    own_id: str,
    charge: Mapping[str, Any] | None,
) -> Told:
    taken = money_of(intent, "amount_received")
    data = {
        **base,
        **(money_of(intent) if taken["amount"] in (None, 0) else taken),
        "capture_id": id_of(intent.get("latest_charge")) or id_of(charge),
        "instrument": _instrument(charge),
        **presentment_of(intent),
    }
    exact = occasion.type == "payment_intent.succeeded" or occasion.changed("status")
    at = occasion.at if exact else None
    return Told(type="payment.captured", data=data, occurred_at=at or created(intent), about=own_id)


def _failed(
    intent: Mapping[str, Any], base: Mapping[str, Any], at: str | None, own_id: str
) -> Told:
    error = intent.get("last_payment_error")
    code = text(member(error, "decline_code")) or text(member(error, "code"))
    data = {**base, **money_of(intent), "failure_code": code}
    return Told(type="payment.failed", data=data, occurred_at=at, about=own_id)


def _ended(
    intent: Mapping[str, Any], base: Mapping[str, Any], occasion: Occasion, own_id: str
) -> Told:
    reason = text(intent.get("cancellation_reason"))
    at = unix_time(intent.get("canceled_at")) or occasion.at or created(intent)
    data = {**base, **money_of(intent)}
    if intent.get("latest_charge") is None and _charge(intent) is None:
        # Nobody had promised any money.
        left = "customer left" if reason == "abandoned" else None
        failed = {**data, "failure_code": reason or "canceled", "cause": left}
        return Told(type="payment.failed", data=failed, occurred_at=at, about=own_id)
    if reason == "automatic":
        return Told(type="payment.authorisation_expired", data=data, occurred_at=at, about=own_id)
    return Told(
        type="payment.voided", data={**data, "reason": reason}, occurred_at=at, about=own_id
    )
