"""Refunds of both versions.

PayPal cancels only what was pending: a refund that the seller's own bank was to fund, and did not.
Nothing was credited then and the seller still owes, so CANCELLED is told as a bounce.

The acquirer reference number comes days after the success, in the same object read again.

Source: https://developer.paypal.com/docs/api/payments/v2/#captures_refund.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, objects, text
from sources.paypal.bookings import refund_booked
from sources.paypal.objects import PSP, changed, day_of, hrefs, money, related

ARN = "acquirer_reference_number"


def refund(
    resource: Mapping[str, Any],
    status: str,
    at: str | None = None,
    capture: str | None = None,
) -> list[Told]:
    """Tell of a refund.

    Args:
        resource: the object.
        status: its status, in capitals.
        at: when it happened, where the object does not say.
        capture: what it pays back, where the object does not say.
    """
    when = changed(resource, at)
    data = _refund(resource, capture)
    if status == "COMPLETED":
        done = data | {"kind": "refund", "psp_at": when}
        booked = refund_booked(resource, status, when, data["payment_id"])
        return [_told("refund.succeeded", done, when), *_settled(resource, data, when), *booked]
    if status == "PENDING":
        told = data | {"psp_status": status, "pending_reason": _why(resource)}
        return [_told("refund.accepted", told, when)]
    if status == "FAILED":
        return [_told("refund.failed", data | {"failure_reason": _why(resource) or status}, when)]
    if status in ("CANCELLED", "CANCELED"):
        return [_told("refund.bounced", data | {"reason": _why(resource) or status}, when)]
    return []


def capture_of(resource: Mapping[str, Any]) -> str | None:
    """Return the capture, or the sale of version 1, that a refund pays back."""
    linked = hrefs(resource)
    return (
        related(resource, "capture")
        or text(resource.get("capture_id"))
        or text(resource.get("sale_id"))
        or linked.get("capture")
        or linked.get("sale")
    )


def _refund(resource: Mapping[str, Any], capture: str | None) -> dict[str, Any]:
    own = text(resource.get("id"))
    amount = money(resource.get("amount"))
    if amount["amount"] is None:
        amount = money(member(resource, "seller_payable_breakdown", "gross_amount"))
    return {
        "refund_id": own,
        "psp_refund_id": own,
        "psp": PSP,
        "payment_id": capture_of(resource) or capture,
        **amount,
    }


def _settled(resource: Mapping[str, Any], data: dict[str, Any], when: str) -> list[Told]:
    number = text(resource.get(ARN))
    if number is None:
        return []
    reference = data | {
        "reference_type": ARN,
        "reference": number,
        "reference_status": "available",
        "obtained_at": when,
    }
    settled = data | {"kind": "refund", "fx": _rate(resource)}
    return [
        _told("refund.reference_recorded", reference, when),
        _told("refund.settled", settled | {"settled_on": day_of(when)}, when),
    ]


def _rate(resource: Mapping[str, Any]) -> str | None:
    """Return the rate at which the seller's account was debited: `USD/EUR 0.92`."""
    for each in objects(member(resource, "seller_payable_breakdown", "net_amount_breakdown")):
        rate = each.get("exchange_rate")
        value = text(member(rate, "value"))
        if value is not None:
            pair = [text(member(rate, name)) for name in ("source_currency", "target_currency")]
            return f"{'/'.join(each for each in pair if each)} {value}".strip()
    return None


def _why(resource: Mapping[str, Any]) -> str | None:
    return text(member(resource, "status_details", "reason")) or text(resource.get("reason_code"))


def _told(type: str, data: dict[str, Any], at: str) -> Told:
    return Told(type=type, data=data, occurred_at=at, about=data["refund_id"] or "")
