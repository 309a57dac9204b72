"""AfterShip Tracking: webhooks, and the trackings that its API answers with.

Sources: aftership.com/docs/tracking/webhook/webhook-specifications, aftership.com/docs/aftership/
model/tracking, aftership.com/docs/tracking/model/checkpoint.
"""

from collections.abc import Mapping
from typing import Any

from sources.aftership.signature import check
from sources.aftership.trackings import links, order_of, told
from sources.format import Format
from sources.message import Message, object_id
from sources.payload_values import first_time, text, time, unix_time


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return the code of a webhook's event (`tracking_update`), or `tracking` for the object."""
    inner = payload.get("msg")
    if isinstance(inner, dict) and isinstance(payload.get("event"), str):
        return text(payload.get("event")) if _is_tracking(inner) else None
    return "tracking" if _is_tracking(payload) and "checkpoints" in payload else None


def _is_tracking(value: Mapping[str, Any]) -> bool:
    return all(isinstance(value.get(name), str) for name in ("tracking_number", "slug"))


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    """Return what a webhook or a tracking says; both bring all checkpoints so far."""
    inner = payload.get("msg")
    tracking = inner if isinstance(inner, dict) else payload
    changed = (time(tracking.get("updated_at")), time(tracking.get("created_at")))
    number = text(tracking.get("tracking_number")) or ""
    return Message(
        id=text(payload.get("event_id")) or object_id(f"{kind}/{number}", raw),
        type=kind,
        occurred_at=first_time(unix_time(payload.get("ts")), *changed),
        told=told(tracking),
        order=order_of(tracking),
        links=links(tracking) or (kind,),
    )


FORMAT = Format(
    name="aftership", title="AfterShip", kind_of=kind_of, translate=translate, check=check
)
