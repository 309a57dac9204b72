"""PayPal: webhooks of both versions, and the objects that its APIs answer with."""

from collections.abc import Mapping
from typing import Any

import msgspec

from sources.format import Format
from sources.message import Message, Told, object_id
from sources.payload_values import first_time, text, time
from sources.paypal import disputes, orders, payments, refunds, reports, shipments
from sources.paypal.kinds import kind_of, object_kind
from sources.paypal.objects import changed, links_of, order_of, status_of
from sources.paypal.signature import check

# The status that the last word of an event's name stands for, where its object has none.
_STATES = {
    "COMPLETED": "COMPLETED",
    "REFUNDED": "COMPLETED",
    "PENDING": "PENDING",
    "DENIED": "DENIED",
    "DECLINED": "DECLINED",
    "FAILED": "FAILED",
    "CANCELLED": "CANCELLED",
    "CREATED": "CREATED",
    "VOIDED": "VOIDED",
    "APPROVED": "APPROVED",
    "SAVED": "SAVED",
}

# What the object of an event is, by all but the last word of the event's name.
_AREAS = {
    "PAYMENT.CAPTURE": "capture",
    "PAYMENT.SALE": "sale",
    "PAYMENT.AUTHORIZATION": "authorization",
    "CHECKOUT.ORDER": "order",
    "CUSTOMER.DISPUTE": "dispute",
    "RISK.DISPUTE": "dispute",
}


class _Read(msgspec.Struct, frozen=True):
    """What an object says: facts, number of the order, ids, time."""

    told: list[Told]
    order: str | None
    links: list[str]
    at: str


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an event or an object says."""
    if "event_type" in payload:
        return _event(kind, payload, raw)
    read = _read(kind, payload, status_of(payload), None)
    name = next(iter(read.links[-1:]), "")
    own = object_id(f"{kind}/{_own_id(payload) or name}", raw)
    return Message(
        id=own,
        type=kind,
        occurred_at=read.at,
        told=read.told,
        order=read.order,
        links=read.links or [own],
    )


def _event(name: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    found = payload.get("resource")
    resource = found if isinstance(found, dict) else {}
    sent = time(payload.get("create_time"))
    own = text(payload.get("id")) or object_id(name, raw)
    read = _read_event(name, resource, sent)
    return Message(
        id=own,
        type=name,
        occurred_at=first_time(sent, read.at),
        told=read.told,
        order=read.order,
        links=read.links or [own],
    )


def _read_event(name: str, resource: Mapping[str, Any], sent: str | None) -> _Read:
    area, _, last = name.rpartition(".")
    status = status_of(resource) or _STATES.get(last, "")
    if area in ("PAYMENT.CAPTURE", "PAYMENT.SALE") and last == "REVERSED":
        read = _read("refund", resource, "", sent)
        capture = refunds.capture_of(resource) or text(resource.get("id"))
        return msgspec.structs.replace(read, told=payments.reversal(resource, capture, sent))
    if name == "CHECKOUT.PAYMENT-APPROVAL.REVERSED":
        read = _read("order", resource, "", sent)
        return msgspec.structs.replace(read, told=orders.approval_reversed(resource, sent))
    if last == "REFUNDED" or area == "PAYMENT.REFUND":
        # The resource is the refund; an older version sent the capture, which tells of itself.
        kind = object_kind(resource)
        return _read("refund" if kind in (None, "sale") else kind, resource, status, sent)
    return _read(_AREAS.get(area, ""), resource, status, sent)


def _read(kind: str, payload: Mapping[str, Any], status: str, at: str | None) -> _Read:
    """Read an object of a kind; nothing is told of a kind that is not known."""
    told: list[Told] = []
    order, links, when = order_of(payload), links_of(payload), changed(payload, at)
    if kind == "refund":
        told = refunds.refund(payload, status, at)
    elif kind in ("capture", "sale"):
        told = payments.capture(payload, status, at)
    elif kind == "authorization":
        told = payments.authorization(payload, status, at)
    elif kind == "order":
        told = orders.order(payload, status, at)
        order, links = orders.order_of(payload), orders.links(payload)
    elif kind == "dispute":
        told = disputes.dispute(payload, at)
        order = disputes.order_of(payload)
        links = _known(*disputes.payments_of(payload), text(payload.get("dispute_id")))
    elif kind == "tracker":
        told = shipments.tracker(payload, at)
        names = ("transaction_id", "tracking_number")
        order, links = None, _known(*(text(payload.get(name)) for name in names))
        when = first_time(time(payload.get("last_updated_time")), at)
    elif kind == "transaction":
        found = payload.get("transaction_info")
        info = found if isinstance(found, dict) else {}
        told = reports.transaction(info)
        order = order_of(info)
        links = _known(reports.payment_of(info), text(info.get("transaction_id")))
        when = reports.changed_at(info)
    return _Read(told, order, links, when)


def _known(*ids: str | None) -> list[str]:
    return list(dict.fromkeys(each for each in ids if each))


def _own_id(payload: Mapping[str, Any]) -> str | None:
    return text(payload.get("id")) or text(payload.get("dispute_id"))


FORMAT = Format(name="paypal", title="PayPal", kind_of=kind_of, translate=translate, check=check)
