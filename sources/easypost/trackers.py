"""Trackers: where a parcel is, scan by scan.

Source: docs.easypost.com/docs/trackers.
"""

from collections.abc import Mapping
from typing import Any

from sources import carrier_status as states
from sources import parcel, signer
from sources.message import Told
from sources.parcel import Parcel, Scan
from sources.payload_values import member, objects, text, time

Object = Mapping[str, Any]


def told(
    tracker: Object,
    *,
    shipment_id: str | None = None,
    recipient: str | None = None,
    returned: bool = False,
) -> list[Told]:
    """Return what a tracker tells.

    Args:
        tracker: the object.
        shipment_id: of the shipment around it.
        recipient: to whom the parcel goes, where the object around it says so.
        returned: whether the object around it is a return.
    """
    number = text(tracker.get("tracking_code"))
    own_id = shipment_id or text(tracker.get("shipment_id")) or number or text(tracker.get("id"))
    if own_id is None:
        return []
    found = Parcel(
        shipment_id=own_id,
        tracking_no=number,
        carrier=text(tracker.get("carrier")),
        service=text(member(tracker, "carrier_detail", "service")),
        to_seller=returned or tracker.get("is_return") is True,
    )
    return parcel.told(found, _scans(tracker, recipient))


def _scans(tracker: Object, recipient: str | None) -> list[Scan]:
    signed_by = text(tracker.get("signed_by"))
    details = sorted(objects(tracker.get("tracking_details")), key=_when)
    scans = []
    returning = False
    for detail in details:
        scan = _scan(detail, signed_by, recipient, returning=returning)
        returning = returning or scan.normalised == states.RETURNING
        scans.append(scan)
    status = text(tracker.get("status"))
    if status is not None and all(scan.status != status for scan in scans):
        # The tracker knows more than its scans say: that is a report of its own.
        scans.append(_scan(_summary(tracker), signed_by, recipient, returning=returning))
    return scans


def _when(detail: Object) -> str:
    return time(detail.get("datetime")) or ""


def _summary(tracker: Object) -> Object:
    status, detail = tracker.get("status"), tracker.get("status_detail")
    return {"status": status, "status_detail": detail, "datetime": tracker.get("updated_at")}


def _scan(detail: Object, signed_by: str | None, recipient: str | None, *, returning: bool) -> Scan:
    status, finer = text(detail.get("status")), text(detail.get("status_detail"))
    words = text(detail.get("message"))
    state = states.easypost(status, finer, words)
    kind = None
    if state == states.DELIVERED and returning:
        state = states.RETURNED  # EasyPost has no other word for a return that arrived
    elif state == states.DELIVERED:
        kind = signer.signer_kind(signed_by, recipient) or signer.proxy_kind(words)
        if kind not in (None, signer.SELF):
            state = states.PROXY_SIGNED
    where = detail.get("tracking_location")
    return Scan(
        at=time(detail.get("datetime")),
        status=status,
        substatus=finer,
        normalised=state,
        location=parcel.place(
            *(text(member(where, name)) for name in ("city", "state", "zip", "country"))
        ),
        message=words,
        signed_by=signed_by,
        signed_by_kind=kind,
        also=states.customs_event(None, state),
        reason=finer,
    )
