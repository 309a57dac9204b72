"""Authorisations, captures and what undoes them.

An authorisation does not tell whether the money was taken: where captures are automatic, Adyen
sends no CAPTURE by default. Only the processing mode `sale` says so.

Source: https://docs.adyen.com/online-payments/capture, https://docs.adyen.com/online-payments/cancel,
https://docs.adyen.com/online-payments/partial-payments.
"""

import re
from collections.abc import Callable
from typing import Any

from sources.adyen.item import PSP, Item
from sources.message import Told

BRANDS = {
    "mc": "mastercard",
    "visadankort": "visa",
    "electron": "visa",
    "cup": "unionpay",
    "amex": "amex",
    "visa": "visa",
    "maestro": "maestro",
    "bcmc": "bancontact",
    "diners": "diners",
    "discover": "discover",
    "jcb": "jcb",
    "cartebancaire": "cartebancaire",
    "dankort": "dankort",
}
"""Adyen's names of card brands, as ours."""

_BANK = ("sepadirectdebit", "ach", "directdebit", "banktransfer", "ideal", "eps", "trustly")
_WALLETS = ("applepay", "googlepay", "paywithgoogle", "samsungpay", "amazonpay")


def authorised(item: Item) -> list[Told]:
    """AUTHORISATION: the bank promised the money, or refused."""
    if item.success is False:
        return [Told(type="payment.failed", data=payment(item) | {"failure_code": item.reason})]
    data = payment(item) | {"psp_auth_id": item.reference, "instrument": instrument(item)}
    found = [Told(type="payment.authorised", data=data)]
    if item.said("networkProcessingMode") == "sale":
        taken = payment(item) | {"instrument": instrument(item)}
        found.append(Told(type="payment.captured", data=taken))
    return found


def adjusted(item: Item) -> list[Told]:
    """AUTHORISATION_ADJUSTMENT: the promise is for another amount now, or stays as it was."""
    if item.success is False:
        return []
    data = payment(item) | {"psp_auth_id": item.reference}
    return [Told(type="payment.authorised", data=data)]


def captured(item: Item) -> list[Told]:
    """CAPTURE: money was taken. Each of several partial captures is a payment of its own."""
    if item.success is False:
        return _failed("capture_refused")(item)
    data = payment(item) | {
        "payment_id": item.reference,
        "capture_id": item.reference,
        "instrument": instrument(item),
        "network_reference": item.said("arn") or item.said("acquirerReference"),
    }
    return [Told(type="payment.captured", data=data)]


def capture_failed(item: Item) -> list[Told]:
    """CAPTURE_FAILED: a capture that had been accepted did not go through after all."""
    if item.success is False:
        return []
    data = payment(item) | {
        "payment_id": item.reference,
        "failure_code": item.reason,
        "cause": "capture_failed",
    }
    return [Told(type="payment.failed", data=data)]


def voided(item: Item) -> list[Told]:
    """CANCELLATION, TECHNICAL_CANCEL: the authorisation was let go, or stays."""
    if item.success is False:
        return []
    reason = item.reason or item.code.lower()
    return [Told(type="payment.voided", data=payment(item) | {"reason": reason})]


def expired(item: Item) -> list[Told]:
    """EXPIRE: what was not captured cannot be captured any more."""
    if item.success is False:
        return []
    return [Told(type="payment.authorisation_expired", data=payment(item))]


def offer_closed(item: Item) -> list[Told]:
    """OFFER_CLOSED: the shopper left, or took too long."""
    return [] if item.success is False else _failed("offer_expired")(item)


def order_opened(item: Item) -> list[Told]:
    """ORDER_OPENED: the first of several partial payments was made."""
    if item.success is False:
        return []
    return [Told(type="payment.initiated", data=payment(item))]


def order_closed(item: Item) -> list[Told]:
    """ORDER_CLOSED: all partial payments came, each told by an AUTHORISATION, or not all."""
    return _failed("partial_payments_incomplete")(item) if item.success is False else []


def fraud_feared(item: Item) -> list[Told]:
    """NOTIFICATION_OF_FRAUD: the bank reported the payment as fraud; no dispute yet."""
    if item.success is False:
        return []
    data = payment(item) | {"fraud_type": item.said("nofReasonCode") or item.reason}
    del data["amount"], data["currency"]
    return [Told(type="payment.fraud_warning_received", data=data)]


def reviewed(outcome: str) -> Callable[[Item], list[Told]]:
    """Return what MANUAL_REVIEW_ACCEPT or MANUAL_REVIEW_REJECT tells."""

    def read(item: Item) -> list[Told]:
        if item.success is False:
            return []
        data = {"check_ids": [item.payment], "outcome": outcome}
        return [Told(type="order.manually_reviewed", data=data)]

    return read


def payment(item: Item) -> dict[str, Any]:
    """Return what all events of a payment have."""
    return {
        "payment_id": item.payment,
        "psp_payment_id": item.payment,
        "psp": PSP,
        "method": item.method,
        **item.money(),
    }


def instrument(item: Item) -> dict[str, Any] | None:
    """Return what was paid with: kind, brand and last four digits, as far as they are told."""
    variant = (item.said("paymentMethodVariant") or "").lower()
    method = (item.method or item.said("cardPaymentMethod") or variant).lower()
    name = method.partition("_")[0]
    last4 = item.said("cardSummary")
    wallet = next((each for each in _WALLETS if each in f"{method} {variant}"), None)
    if name in BRANDS or (last4 and wallet):
        kind: str | None = "card"
    else:
        kind = "bank_account" if name.startswith(_BANK) else None
    if not method and last4 is None:
        return None
    return {
        "kind": kind,
        "brand": BRANDS.get(name, method or None),
        "last4": last4 if last4 and re.fullmatch(r"\d{4}", last4) else None,
        "country": item.said("cardIssuingCountry") or item.said("issuerCountry"),
        "wallet": wallet,
    }


def _failed(cause: str) -> Callable[[Item], list[Told]]:
    def read(item: Item) -> list[Told]:
        data = payment(item) | {"failure_code": item.reason, "cause": cause}
        return [Told(type="payment.failed", data=data)]

    return read
