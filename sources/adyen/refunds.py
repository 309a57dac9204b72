"""Refunds. A code that names a failure says with success=true that it failed.

All messages of one refund have the `pspReference` of its request, so that is its id; the shop's
own name for it is not told in a way that could be told from the order's number.

Source: https://docs.adyen.com/online-payments/refund,
https://docs.adyen.com/point-of-sale/basic-tapi-integration/refund-payment/refund-webhooks.
"""

import re
from typing import Any

from sources.adyen.item import PSP, Item
from sources.message import Told

ARN = "acquirer_reference_number"
_ARN_FORM = re.compile(r"\d{23}")


def refunded(item: Item) -> list[Told]:
    """REFUND, REFUND_WITH_DATA: the refund went to the bank, or was refused."""
    if item.success is False:
        return [_failed(item)]
    data = refund(item) | {"kind": "refund", "psp_at": item.at}
    return [Told(type="refund.succeeded", data=data), *_reference(item)]


def bounced(item: Item) -> list[Told]:
    """REFUND_FAILED, REFUNDED_REVERSED: the money came back after REFUND had succeeded."""
    if item.success is False:
        return []
    reason = item.reason or item.code.lower()
    return [Told(type="refund.bounced", data=refund(item) | {"reason": reason})]


def postponed(item: Item) -> list[Told]:
    """POSTPONED_REFUND: it waits until the payment is captured."""
    if item.success is False:
        return [_failed(item)]
    return [_accepted(item, "awaiting_capture")]


def cancelled_or_refunded(item: Item) -> list[Told]:
    """CANCEL_OR_REFUND: Adyen chose which; success only means that its validations passed."""
    action = (item.said("modification.action") or "").lower()
    if action == "refund":
        return [_failed(item)] if item.success is False else [_accepted(item, None)]
    if action == "cancel" and item.success is not False:
        data = {
            "payment_id": item.payment,
            "psp_payment_id": item.payment,
            "psp": PSP,
            "reason": item.reason or "cancel_or_refund",
            **item.money(),
        }
        return [Told(type="payment.voided", data=data)]
    return []


def pending_voided(item: Item) -> list[Told]:
    """VOID_PENDING_REFUND: an unreferenced refund, named by `originalReference`, was called off."""
    if item.success is False or item.original is None:
        return []
    data = refund(item) | {
        "refund_id": item.original,
        "psp_refund_id": item.original,
        "payment_id": None,
        "reason": item.reason or "void_pending_refund",
    }
    return [Told(type="refund.cancelled", data=data)]


def refund(item: Item) -> dict[str, Any]:
    """Return what all events of a refund have."""
    return {
        "refund_id": item.reference,
        "psp_refund_id": item.reference,
        "psp": PSP,
        "payment_id": item.original,
        **item.money(),
    }


def _accepted(item: Item, pending_reason: str | None) -> Told:
    data = refund(item) | {"psp_status": item.code, "pending_reason": pending_reason}
    return Told(type="refund.accepted", data=data)


def _failed(item: Item) -> Told:
    return Told(type="refund.failed", data=refund(item) | {"failure_reason": item.reason})


def _reference(item: Item) -> list[Told]:
    arn, other = item.said("arn"), item.said("acquirerReference")
    if arn is None and other is not None and _ARN_FORM.fullmatch(other):
        arn = other
    number = arn or other
    if number is None:
        return []
    data = refund(item) | {
        "reference_type": ARN if arn else "acquirer_reference",
        "reference": number,
        "reference_status": "available",
        "obtained_at": item.at,
    }
    return [Told(type="refund.reference_recorded", data=data)]
