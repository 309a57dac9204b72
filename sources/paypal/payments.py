"""Authorisations, captures and the sales of version 1.

A capture keeps the time at which it was created, whatever is refunded of it later: that is told by
the refunds.

Source: https://developer.paypal.com/docs/api/payments/v2/, .../v1/.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, text, time
from sources.paypal.bookings import capture_booked
from sources.paypal.objects import PSP, changed, created, money, status_of

_TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "REVERSED"})
_REFUSED = frozenset({"DECLINED", "DENIED", "FAILED"})


def capture(
    resource: Mapping[str, Any],
    status: str,
    at: str | None = None,
    instrument: Mapping[str, Any] | None = None,
) -> list[Told]:
    """Tell of a capture or a sale.

    Args:
        resource: the object.
        status: its status, in capitals.
        at: when it happened, where the object does not say.
        instrument: what was paid with, where something around the object says.
    """
    own = text(resource.get("id"))
    data = _payment(resource) | {"payment_id": own, "psp_payment_id": own}
    if status in _TAKEN:
        network = member(resource, "network_transaction_reference")
        breakdown = resource.get("seller_receivable_breakdown")
        data |= {
            "capture_id": own,
            "instrument": instrument,
            "fx_rate": text(member(breakdown, "exchange_rate", "value")),
            "network_reference": text(member(network, "acquirer_reference_number"))
            or text(member(network, "id")),
        }
        when = created(resource, at)
        booked = capture_booked(resource, "COMPLETED", when)
        return [_told("payment.captured", data, when), *booked]
    if status in _REFUSED:
        return [
            _told("payment.failed", data | {"failure_code": _why(resource)}, changed(resource, at))
        ]
    if status == "PENDING":
        return [_told("payment.initiated", data, created(resource, at))]
    return []


def authorization(
    resource: Mapping[str, Any],
    status: str,
    at: str | None = None,
    instrument: Mapping[str, Any] | None = None,
) -> list[Told]:
    """Tell of an authorisation; for the arguments see `capture`."""
    own = text(resource.get("id"))
    data = _payment(resource) | {"payment_id": own, "psp_payment_id": own, "psp_auth_id": own}
    expires = time(resource.get("expiration_time")) or time(resource.get("valid_until"))
    if status in ("CREATED", "AUTHORIZED", "CAPTURED", "PARTIALLY_CAPTURED"):
        data |= {"expires_at": expires, "instrument": instrument}
        return [_told("payment.authorised", data, created(resource, at))]
    if status == "VOIDED":
        return [_told("payment.voided", data, changed(resource, at))]
    if status == "EXPIRED":
        return [_told("payment.authorisation_expired", data, changed(resource, at))]
    if status in _REFUSED:
        return [
            _told("payment.failed", data | {"failure_code": _why(resource)}, changed(resource, at))
        ]
    if status == "PENDING":
        return [_told("payment.initiated", data, created(resource, at))]
    return []


def reversal(resource: Mapping[str, Any], payment_id: str | None, at: str | None) -> list[Told]:
    """Tell that PayPal itself took a payment back: for a chargeback, a claim or a failed e-check.

    It is a movement of money and no verdict: whether the customer keeps it is told by the dispute.
    """
    data = {
        "payment_id": payment_id,
        "reason": "reversed_by_paypal",
        **money(resource.get("amount")),
    }
    return [_told("dispute.funds_withdrawn", data, changed(resource, at))]


def _payment(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {"psp": PSP, **money(resource.get("amount"))}


def _why(resource: Mapping[str, Any]) -> str | None:
    return (
        text(member(resource, "status_details", "reason"))
        or text(member(resource, "processor_response", "response_code"))
        or text(resource.get("reason_code"))
        or status_of(resource)
        or None
    )


def _told(type: str, data: dict[str, Any], at: str) -> Told:
    return Told(type=type, data=data, occurred_at=at, about=data.get("payment_id") or "")
