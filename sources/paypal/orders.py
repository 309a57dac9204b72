"""Orders v2: PayPal's own, which stand for one payment of an order of the shop.

Source: https://developer.paypal.com/docs/api/orders/v2/.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, objects, text
from sources.paypal import payments, refunds, shipments
from sources.paypal.objects import (
    PSP,
    changed,
    created,
    instrument_of,
    links_of,
    money,
    status_of,
)
from sources.paypal.objects import order_of as number_of

_BEFORE_PAYMENT = frozenset({"CREATED", "SAVED", "APPROVED", "PAYER_ACTION_REQUIRED"})


def order(resource: Mapping[str, Any], status: str, at: str | None = None) -> list[Told]:
    """Tell of an order: its own state until it is paid, then what was paid and paid back.

    Args:
        resource: the object.
        status: its status, in capitals.
        at: when it happened, where the object does not say.
    """
    own = _own(resource)
    found = []
    for unit in objects(resource.get("purchase_units")) or [{}]:
        data = {"payment_id": own, "psp_payment_id": own, "psp": PSP, **money(unit.get("amount"))}
        about = f"{own or ''}/{text(unit.get('reference_id')) or ''}"
        if status in _BEFORE_PAYMENT:
            when = created(resource, at)
            found.append(_told("payment.initiated", data, when, about))
        elif status == "VOIDED":
            found.append(_told("payment.voided", data, changed(resource, at), about))
        found += _paid(unit, instrument_of(resource.get("payment_source")), changed(resource, at))
    return found


def approval_reversed(resource: Mapping[str, Any], at: str | None) -> list[Told]:
    """Tell that a payment which the customer had approved was not captured in time."""
    own = _own(resource)
    data = {"payment_id": own, "psp_payment_id": own, "psp": PSP, "reason": "approval_reversed"}
    return [_told("payment.voided", data, changed(resource, at), own or "")]


def order_of(resource: Mapping[str, Any]) -> str | None:
    """Return the number that the shop gave the order, in the first unit or payment that has it."""
    for unit in objects(resource.get("purchase_units")):
        for each in (unit, *_payments(unit)):
            number = number_of(each)
            if number is not None:
                return number
    return None


def links(resource: Mapping[str, Any]) -> list[str]:
    """Return the ids of the order and of all payments in it."""
    units = objects(resource.get("purchase_units"))
    ids = [text(each.get("id")) for unit in units for each in _payments(unit)]
    found = [_own(resource), *links_of(resource), *ids]
    return list(dict.fromkeys(each for each in found if each))


def _own(resource: Mapping[str, Any]) -> str | None:
    return text(resource.get("id")) or text(resource.get("order_id"))


def _payments(unit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parts = (member(unit, "payments", name) for name in ("authorizations", "captures", "refunds"))
    return [each for part in parts for each in objects(part)]


def _paid(unit: Mapping[str, Any], instrument: Mapping[str, Any] | None, at: str) -> list[Told]:
    found: list[Told] = []
    captures = objects(member(unit, "payments", "captures"))
    for each in objects(member(unit, "payments", "authorizations")):
        found += payments.authorization(each, status_of(each), at, instrument)
    for each in captures:
        found += payments.capture(each, status_of(each), at, instrument)
    only = text(captures[0].get("id")) if len(captures) == 1 else None
    for each in objects(member(unit, "payments", "refunds")):
        found += refunds.refund(each, status_of(each), at, only)
    for each in objects(member(unit, "shipping", "trackers")):
        found += shipments.order_tracker(each, at)
    return found


def _told(type: str, data: dict[str, Any], at: str, about: str) -> Told:
    return Told(type=type, data=data, occurred_at=at, about=about)
