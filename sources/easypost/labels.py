"""Labels: bought with a shipment, given back by a refund of EasyPost's.

Source: docs.easypost.com/docs/shipments, …/refunds: `submitted`, `refunded`, `rejected`.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, member, minor_units, text, time

Object = Mapping[str, Any]

_GIVEN_BACK = {"submitted": "refund_submitted", "refunded": "refunded"}


def of_shipment(shipment: Object) -> list[Told]:
    """Return what a shipment tells of its label, where one was bought."""
    rate = shipment.get("selected_rate")
    label = shipment.get("postage_label")
    number, own_id = text(shipment.get("tracking_code")), text(shipment.get("id"))
    if not isinstance(label, dict) or own_id is None:
        return []
    code = currency(member(rate, "currency"))
    data = {"shipment_id": own_id, "tracking_no": number, "carrier": text(member(rate, "carrier"))}
    amount = minor_units(member(rate, "rate"), code)
    found = [
        Told(
            type="label.printed",
            data={
                **data,
                "service": text(member(rate, "service")),
                "rate": amount,
                "currency": None if amount is None else code,
            },
            occurred_at=time(label.get("created_at")) or time(label.get("label_date")),
            about=own_id,
        )
    ]
    return found + _voided(shipment.get("refund_status"), data, shipment.get("updated_at"))


def of_refund(refund: Object) -> list[Told]:
    """Return what the refund of a label tells: that the label counts no more."""
    number = text(refund.get("tracking_code"))
    own_id = text(refund.get("shipment_id")) or number
    if own_id is None:
        return []
    data = {
        "shipment_id": own_id,
        "tracking_no": number,
        "carrier": text(refund.get("carrier")),
    }
    return _voided(refund.get("status"), data, refund.get("updated_at"))


def _voided(status: Any, data: Mapping[str, Any], at: Any) -> list[Told]:
    # It may not be used from the moment that it is handed in; a rejected one still counts.
    reason = _GIVEN_BACK.get(status) if isinstance(status, str) else None
    if reason is None:
        return []
    return [
        Told(
            type="label.voided",
            data={**data, "reason": reason},
            occurred_at=time(at),
            about=f"{data['shipment_id']}",
        )
    ]
