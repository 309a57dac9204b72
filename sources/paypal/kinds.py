"""Telling PayPal's objects from each other, from requests, and from other sources' objects.

Objects of PayPal do not say what they are. Their links do, and so do the members that only one
kind has. A request has no id and no status, so nothing happened yet: it is no payload.
"""

import re
from collections.abc import Mapping
from typing import Any

from sources.payload_values import member, text
from sources.paypal.objects import hrefs

_EVENT = re.compile(r"[A-Z][A-Z0-9_-]*(\.[A-Z0-9_-]+)+")
_ORDER_STATES = frozenset(
    {"CREATED", "SAVED", "APPROVED", "VOIDED", "COMPLETED", "PAYER_ACTION_REQUIRED"}
)
_LINKED = {
    "capture": "capture",
    "refund": "refund",
    "authorization": "authorization",
    "orders": "order",
    "sale": "sale",
}
_REFUND_ONLY = ("seller_payable_breakdown", "sale_id", "capture_id", "refund_to_payer")
_CAPTURE_ONLY = ("seller_receivable_breakdown", "final_capture", "is_final_capture")


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return what an object of PayPal is: an event's name, or `refund`, `capture`, `dispute` …"""
    event = payload.get("event_type")
    if isinstance(event, str):
        return event if _is_event(payload, event) else None
    if "dispute_id" in payload:
        known = "status" in payload and ("dispute_amount" in payload or "reason" in payload)
        return "dispute" if known and text(payload["dispute_id"]) else None
    info = payload.get("transaction_info")
    if isinstance(info, dict):
        return "transaction" if "transaction_event_code" in info else None
    if "transaction_id" in payload:
        return "tracker" if _is_tracker(payload) else None
    return object_kind(payload) if text(payload.get("id")) else None


def object_kind(payload: Mapping[str, Any]) -> str | None:
    """Return what an object with an id is, as far as its members and links tell.

    The resource of an event is told apart in the same way.
    """
    status = payload.get("status", payload.get("state"))
    if not isinstance(status, str):
        return None
    if isinstance(payload.get("purchase_units"), list):
        return "order" if status in _ORDER_STATES else None
    linked = hrefs(payload, "self")
    for name, kind in _LINKED.items():
        if name in linked:
            return kind
    amount = payload.get("amount")
    if not isinstance(amount, dict) or not ({"currency_code", "total"} & amount.keys()):
        return None
    if any(name in payload for name in _CAPTURE_ONLY):
        return "capture"
    if any(name in payload for name in _REFUND_ONLY):
        return "refund"
    if "expiration_time" in payload or "valid_until" in payload:
        return "authorization"
    above = hrefs(payload, "up")
    if "capture" in above:
        return "refund"
    if "parent_payment" in payload:
        return "sale"
    return None


def _is_event(payload: Mapping[str, Any], name: str) -> bool:
    # WeChat Pay has the same members, but what happened is encrypted in its resource.
    resource = payload.get("resource")
    readable = isinstance(resource, dict) and "ciphertext" not in resource
    encrypted = payload.get("resource_type") == "encrypt-resource"
    named = _EVENT.fullmatch(name) is not None and text(payload.get("id")) is not None
    return readable and not encrypted and named


def _is_tracker(payload: Mapping[str, Any]) -> bool:
    # A request to add a tracker has the same members, but no link and no time of a change.
    answered = "last_updated_time" in payload or "trackers" in hrefs(payload)
    return answered and isinstance(member(payload, "status"), str)
