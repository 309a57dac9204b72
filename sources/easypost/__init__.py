"""EasyPost: webhook events, and the objects that its API answers with.

An EasyPost `Refund` is money for a label that was not used, which the carrier gives the seller.
It is no refund of the customer's, so no `refund.*` event comes of it.

Source: docs.easypost.com/docs (trackers, shipments, refunds, events, insurance/claims).
"""

from collections.abc import Mapping
from typing import Any

from sources.easypost.objects import PREFIXES, read
from sources.easypost.signature import check
from sources.format import Format
from sources.message import Message, object_id
from sources.payload_values import first_time, text, time


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return the name of an event (`tracker.updated`) or of an object (`tracker`)."""
    name, own_id = payload.get("object"), payload.get("id")
    prefix = PREFIXES.get(name) if isinstance(name, str) else None
    if prefix is None or not isinstance(own_id, str) or not own_id.startswith(prefix):
        return None
    if name == "Event":
        return text(payload.get("description")) or "event"
    return str(name).lower()


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an event or an object says. An event is its object, at a time and by its name."""
    own_id = text(payload.get("id")) or ""
    if payload.get("object") != "Event":
        found = read(payload)
        return Message(
            id=object_id(f"{kind}/{own_id}", raw),
            type=kind,
            occurred_at=first_time(
                time(payload.get("updated_at")), time(payload.get("created_at"))
            ),
            told=found.told,
            links=found.links or (own_id,),
        )
    result = payload.get("result")
    found = read(result if isinstance(result, dict) else {})
    return Message(
        id=own_id,
        type=kind,
        occurred_at=first_time(time(payload.get("created_at")), time(payload.get("updated_at"))),
        told=found.told,
        links=found.links or (own_id,),
    )


FORMAT = Format(
    name="easypost", title="EasyPost", kind_of=kind_of, translate=translate, check=check
)
