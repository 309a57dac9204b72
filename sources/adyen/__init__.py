"""Adyen: standard webhooks (Webhooks v1). Each item of a notification is one message.

`live` stands in the envelope around the items and is not read: keys and accounts of test and live
differ, and so do their webhooks' addresses.
"""

from collections.abc import Mapping
from typing import Any

from sources.adyen.codes import CODES
from sources.adyen.item import Item, read_item
from sources.adyen.signature import NOTICES, check
from sources.format import Format
from sources.message import Message, object_id
from sources.payload_values import first_time, member, text, time

_MODIFICATIONS = frozenset(
    {
        "AUTHORISATION_ADJUSTMENT",
        "CANCELLATION",
        "CANCEL_OR_REFUND",
        "CAPTURE",
        "CAPTURE_FAILED",
        "POSTPONED_REFUND",
        "REFUND",
        "REFUNDED_REVERSED",
        "REFUND_FAILED",
        "REFUND_WITH_DATA",
        "TECHNICAL_CANCEL",
        "VOID_PENDING_REFUND",
    }
)
"""Answers to requests of the shop's, which may have a reference of their own."""

_WITHOUT_ORDER = frozenset({"REPORT_AVAILABLE"})


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return the event code of an item, or the type of a notice about a bank account."""
    code = payload.get("eventCode")
    if isinstance(code, str) and code and "pspReference" in payload:
        return code if "merchantAccountCode" in payload else None
    kind = payload.get("type")
    return kind if kind in NOTICES and "data" in payload else None


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an item says.

    Items have no id of their own. Adyen sends an item again as it was, but it may also send the
    same code and reference twice with other content, so the content is part of the id.
    """
    if kind in NOTICES:
        return _notice(kind, payload, raw)
    item = read_item(payload)
    code = CODES.get(kind)
    told = [] if code is None or code.read is None or item.success is None else code.read(item)
    return Message(
        id=object_id(f"{kind}/{item.reference or ''}", raw),
        type=kind,
        occurred_at=item.at,
        told=told,
        order=None if kind in _WITHOUT_ORDER else item.order,
        order_sure=item.original_order is not None or kind not in _MODIFICATIONS,
        links=_links(item) or [object_id(kind, raw)],
    )


def _notice(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    reference = text(member(payload, "data", "pspReference"))
    own = object_id(f"{kind}/{reference or ''}", raw)
    return Message(
        id=own,
        type=kind,
        occurred_at=first_time(time(payload.get("createdAt"))),
        links=[reference or own],
    )


def _links(item: Item) -> list[str]:
    parts = [
        item.said(name)
        for name in item.more
        if name.startswith("order-") and name.endswith("-pspReference")
    ]
    found = [item.original, item.said("capturePspReference"), item.reference, *parts]
    return list(dict.fromkeys(each for each in found if each))


FORMAT = Format(name="adyen", title="Adyen", kind_of=kind_of, translate=translate, check=check)
