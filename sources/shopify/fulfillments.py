"""Fulfilments at Shopify: parcels, and what their carriers report.

Sources: https://shopify.dev/docs/api/admin-rest/latest/resources/fulfillment and
/fulfillmentevent. A fulfilment's `status` is that of the request to the warehouse, its
`shipment_status` the carrier's last word; an event has the same words in `status`.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, integer, objects, text, time
from sources.provider_ids import parcel_id
from sources.reading import Reading
from sources.shopify.ids import link, order_link, own_id
from sources.shopify.people import first

_NORMALISED = {
    "label_purchased": "label",
    "label_printed": "label",
    "confirmed": "label",
    "carrier_picked_up": "in_transit",
    "in_transit": "in_transit",
    "delayed": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "attempted_delivery": "attempt_failed",
    "not_delivered": "attempt_failed",
    "ready_for_pickup": "available_for_pickup",
    "picked_up": "delivered",
    "delivered": "delivered",
}
_STATES = {
    "label_purchased": "label.printed",
    "label_printed": "label.printed",
    "carrier_picked_up": "shipment.handed_to_carrier",
    "delayed": "shipment.delayed",
    "out_for_delivery": "shipment.out_for_delivery",
    "attempted_delivery": "shipment.delivery_attempted",
    "not_delivered": "shipment.delivery_failed",
    "ready_for_pickup": "shipment.available_for_pickup",
    "picked_up": "shipment.delivered",
    "delivered": "shipment.delivered",
}


def read_fulfillment(value: Mapping[str, Any]) -> Reading:
    """Read a fulfilment that came on its own."""
    return Reading(
        occurred_at=first_time(time(value.get("updated_at")), time(value.get("created_at"))),
        told=tell_fulfillment(value),
        links=[*order_link(value.get("order_id")), *fulfillment_links(value)],
    )


def fulfillment_links(value: Mapping[str, Any]) -> list[str]:
    """Return the ids by which others know the parcels, the carrier's numbers first."""
    parcels = [found for found in map(parcel_id, _numbers(value)) if found]
    return [*parcels, *link("fulfillment", value.get("id"))]


def tell_fulfillment(value: Mapping[str, Any]) -> list[Told]:
    """Return what a fulfilment tells, whether it came on its own or within its order."""
    own = own_id(value)
    status = first(value.get("status"))
    created = time(value.get("created_at"))
    updated = time(value.get("updated_at")) or created
    numbers = _numbers(value)
    carrier = text(value.get("tracking_company"))
    parcel: dict[str, Any] = {
        "shipment_id": own,
        "tracking_no": numbers[0] if numbers else None,
        "carrier": carrier,
    }
    told: list[Told] = []

    def add(type: str, at: str | None, about: str = own or "", **more: Any) -> None:
        told.append(Told(type=type, data=parcel | more, occurred_at=at, about=about))

    if status in ("pending", "open"):
        listed = {"pick_id": own, "lines": _lines(value) or None}
        told.append(
            Told(type="picking.list_created", data=listed, occurred_at=created, about=own or "")
        )
    if status in ("pending", "open", "success"):
        for number in numbers if status != "success" else numbers[1:]:
            add("label.printed", created, f"{own}/{number}", tracking_no=number)
    if status == "success":
        add("shipment.dispatched", created, service=text(value.get("service")))
    elif status in ("error", "failure"):
        told.append(
            Told(
                type="outbound.failed",
                data={"shipment_id": own, "cause": status},
                occurred_at=updated,
                about=own or "",
            )
        )
    elif status == "cancelled":
        add("label.voided", updated, reason="cancelled")
    carried = text(value.get("shipment_status"))
    if carried is not None:
        told += _tell_scan(parcel, carried, updated, own or "", {})
    return told


def read_fulfillment_event(value: Mapping[str, Any]) -> Reading:
    """Read what a carrier reported of a fulfilment."""
    at = time(value.get("happened_at")) or time(value.get("created_at"))
    parcel = {"shipment_id": text(value.get("fulfillment_id"))}
    status = text(value.get("status"))
    seen = {"location": _place(value), "message": text(value.get("message"))}
    told = _tell_scan(parcel, status, at, own_id(value) or "", seen) if status else []
    return Reading(
        occurred_at=first_time(at),
        told=told,
        links=[
            *order_link(value.get("order_id")),
            *link("fulfillment", value.get("fulfillment_id")),
            *link("fulfillment_event", value.get("id")),
        ],
    )


def _tell_scan(
    parcel: Mapping[str, Any], status: str, at: str | None, about: str, seen: Mapping[str, Any]
) -> list[Told]:
    scan = {
        **parcel,
        **seen,
        "carrier_status": status,
        "normalised": _NORMALISED.get(status),
        "scan_at": at,
    }
    told = [Told(type="tracking.scan_received", data=scan, occurred_at=at, about=about)]
    state = _STATES.get(status)
    if state is not None:
        known = dict(parcel)
        if state == "shipment.delivered":
            known.pop("carrier", None)  # which the dispatch names
        told.append(Told(type=state, data=known, occurred_at=at, about=about))
    return told


def _numbers(value: Mapping[str, Any]) -> list[str]:
    listed = value.get("tracking_numbers")
    given = [*listed] if isinstance(listed, list) else []
    found = [number for number in map(text, [*given, value.get("tracking_number")]) if number]
    return list(dict.fromkeys(found))


def _lines(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for each in objects(value.get("line_items")):
        line = {
            "line_no": own_id(each),
            "sku": text(each.get("sku")),
            "quantity": integer(each.get("quantity")),
        }
        found.append({name: held for name, held in line.items() if held is not None})
    return found


def _place(value: Mapping[str, Any]) -> str | None:
    """Return where a parcel was seen: never the street, which may be the customer's."""
    parts = [text(value.get(name)) for name in ("city", "province", "country")]
    return ", ".join(part for part in parts if part) or None
