"""17TRACK, API v2.x: what it pushes, and the answers of `gettrackinfo`.

Source: asset.17track.net/api/document/v2.2_zh.
"""

from collections.abc import Mapping
from typing import Any

from sources.format import Format
from sources.message import Message, object_id
from sources.payload_values import first_time, member, text, time
from sources.seventeentrack.signature import check
from sources.seventeentrack.trackings import links, synced_at, told

_EVENTS = ("TRACKING_UPDATED", "TRACKING_STOPPED")


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return the event that is pushed, or `track_info` for one parcel of an answer."""
    event, data = payload.get("event"), payload.get("data")
    if event in _EVENTS and isinstance(event, str) and isinstance(data, dict):
        return event if isinstance(data.get("number"), str) else None
    info = payload.get("track_info")
    known = isinstance(info, dict) and ("latest_status" in info or "tracking" in info)
    return "track_info" if known and isinstance(payload.get("number"), str) else None


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    """Return what is said of one parcel. Nothing is told by a push that tracking has stopped."""
    inner = payload.get("data")
    data = inner if isinstance(inner, dict) else payload
    number = text(data.get("number")) or ""
    latest = time(member(data, "track_info", "latest_event", "time_utc"))
    return Message(
        id=object_id(f"{kind}/{number}", raw),
        type=kind,
        occurred_at=first_time(latest, synced_at(data)),
        told=told(data),
        order=text(data.get("order_no")),
        links=links(data) or (kind,),
    )


FORMAT = Format(
    name="seventeentrack", title="17TRACK", kind_of=kind_of, translate=translate, check=check
)
