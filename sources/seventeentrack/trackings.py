"""What 17TRACK knows of a parcel: events of one or two carriers, and milestones.

Source: asset.17track.net/api/document/v2.2_zh, `track_info`. `order_no` is what the shop gave as
the number of its order when it registered the parcel.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sources import carrier_status as states
from sources import parcel, signer
from sources.message import Told
from sources.parcel import Parcel, Scan
from sources.payload_values import member, objects, text, time

Object = Mapping[str, Any]


def links(data: Object) -> list[str]:
    """Return the carrier's number, then what the shop calls the parcel."""
    tag = text(data.get("tag"))
    return [each for each in (text(data.get("number")), tag and f"seventeentrack:{tag}") if each]


def synced_at(data: Object) -> str | None:
    """Return when 17TRACK last heard of a carrier."""
    times = [time(each.get("latest_sync_time")) for each in _providers(data)]
    return max((each for each in times if each is not None), default=None)


def told(data: Object) -> list[Told]:
    """Return what is told of a parcel, event by event."""
    number = text(data.get("number"))
    if number is None:
        return []
    carriers = [text(member(each, "provider", "name")) for each in _providers(data)]
    found = Parcel(
        shipment_id=number,
        tracking_no=number,
        carrier=next((each for each in carriers if each), None) or text(data.get("carrier")),
        service=text(member(data, "track_info", "misc_info", "service_type")),
    )
    return parcel.told(found, _scans(data))


def _providers(data: Object) -> list[Object]:
    return objects(member(data, "track_info", "tracking", "providers"))


def _scans(data: Object) -> list[Scan]:
    scans = [_scan(event) for each in _providers(data) for event in objects(each.get("events"))]
    if not scans and isinstance(member(data, "track_info", "latest_event"), dict):
        scans.append(_scan(member(data, "track_info", "latest_event")))
    known = _known(scans)
    for step in objects(member(data, "track_info", "milestone")):
        state = states.seventeentrack(text(step.get("key_stage")), None)
        if state is not None and state not in known and time(step.get("time_utc")) is not None:
            scans.append(_scan({**step, "stage": step.get("key_stage")}))
    return scans + _latest(data, _known(scans))


def _known(scans: Iterable[Scan]) -> set[str | None]:
    """Return the states that scans show; a parcel that a proxy took was delivered."""
    known = {scan.normalised for scan in scans}
    return known | {states.DELIVERED} if states.PROXY_SIGNED in known else known


def _latest(data: Object, known: set[str | None]) -> list[Scan]:
    """Return the status of the parcel itself where no event shows it: that it expired, mostly."""
    latest = member(data, "track_info", "latest_status")
    scan = _scan(
        {
            "stage": member(latest, "status"),
            "sub_status": member(latest, "sub_status"),
            "time_utc": synced_at(data),
        }
    )
    return [scan] if scan.normalised is not None and scan.normalised not in known else []


def _scan(event: Object) -> Scan:
    stage, finer = text(event.get("stage")), text(event.get("sub_status"))
    words = text(event.get("description"))
    state = states.seventeentrack(stage, finer)
    kind = signer.proxy_kind(words) if state == states.DELIVERED else None
    if kind is not None:
        state = states.PROXY_SIGNED  # 17TRACK says so in words only
    return Scan(
        at=time(event.get("time_utc")) or time(event.get("time_iso")),
        status=stage or (finer or "").partition("_")[0] or None,
        substatus=finer,
        normalised=state,
        location=_place(event),
        message=words,
        signed_by_kind=kind,
        also=states.customs_event(finer, state),
        reason=finer,
    )


def _place(event: Object) -> str | None:
    """Return the place by its parts without the street; `location` where there are none."""
    where = event.get("address")
    parts = (text(member(where, each)) for each in ("city", "state", "postal_code", "country"))
    return parcel.place(*parts) or text(event.get("location"))
