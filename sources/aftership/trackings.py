"""Trackings: the checkpoints of a parcel, with AfterShip's tags.

Sources: aftership.com/docs/aftership/model/tracking; …/docs/tracking/enum/delivery-sub-statuses.
`order_number` is documented as the number of the shop's order, `order_id` as its id.
"""

from collections.abc import Mapping
from typing import Any

from sources import carrier_status as states
from sources import parcel, signer
from sources.message import Told
from sources.parcel import Parcel, Scan
from sources.payload_values import objects, text, time

Object = Mapping[str, Any]

_BY_THE_CUSTOMER = ("Delivered_002", "Delivered_003")
"""Fetched, or signed for, by the customer."""


def order_of(tracking: Object) -> str | None:
    """Return the number of the shop's order."""
    return text(tracking.get("order_number")) or text(tracking.get("order_id"))


def links(tracking: Object) -> list[str]:
    """Return the carrier's number, then AfterShip's own ids."""
    order_id = text(tracking.get("order_id"))
    found = [text(tracking.get(name)) for name in ("tracking_number", "id", "legacy_id")]
    return [each for each in (*found, order_id and f"aftership:{order_id}") if each]


def told(tracking: Object) -> list[Told]:
    """Return what a tracking tells, checkpoint by checkpoint."""
    number = text(tracking.get("tracking_number"))
    if number is None:
        return []
    found = Parcel(
        shipment_id=number,
        tracking_no=number,
        carrier=text(tracking.get("slug")),
        service=text(tracking.get("shipment_type")),
    )
    return parcel.told(found, _scans(tracking))


def _scans(tracking: Object) -> list[Scan]:
    signed_by = text(tracking.get("signed_by"))
    scans = [_scan(each, signed_by) for each in objects(tracking.get("checkpoints"))]
    tag = text(tracking.get("tag"))
    if tag is not None and all(scan.status != tag for scan in scans):
        # That a parcel expired is AfterShip's own finding, and no checkpoint of the carrier's.
        own = {"tag": tag, "subtag": tracking.get("subtag")}
        scans.append(_scan(own | {"checkpoint_time": tracking.get("updated_at")}, signed_by))
    return scans


def _scan(checkpoint: Object, signed_by: str | None) -> Scan:
    tag, subtag = text(checkpoint.get("tag")), text(checkpoint.get("subtag"))
    words = text(checkpoint.get("message"))
    state = states.aftership(tag, subtag)
    kind = None
    if state == states.PROXY_SIGNED:
        kind = "neighbour"
    elif state == states.DELIVERED:
        kind = signer.proxy_kind(words) or signer.signer_kind(signed_by, None)
        if subtag in _BY_THE_CUSTOMER:
            kind = signer.SELF
        elif kind is not None:
            state = states.PROXY_SIGNED
    return Scan(
        at=time(checkpoint.get("checkpoint_time")),
        status=tag,
        substatus=subtag,
        normalised=state,
        location=_place(checkpoint),
        message=words,
        signed_by=signed_by,
        signed_by_kind=kind,
        also=states.customs_event(subtag, state),
        reason=text(checkpoint.get("subtag_message")),
    )


def _place(checkpoint: Object) -> str | None:
    """Return the place by its parts; `location` is the carrier's own text, where there are none."""
    postcode = checkpoint.get("postal_code") or checkpoint.get("zip")
    country = checkpoint.get("country_region_name") or checkpoint.get("country_name")
    parts = (checkpoint.get("city"), checkpoint.get("state"), postcode, country)
    return parcel.place(*map(text, parts)) or text(checkpoint.get("location"))
