"""Shipments: from the carrier's hands to the customer's, or back."""

from domain.catalogue.declaration import (
    Declared,
    Each,
    event,
    identifiers,
    ids,
    lists,
    plain,
    texts,
)
from domain.catalogue.shapes import BARE_AMOUNT

_SHIPMENT = {**ids("shipment_id", "tracking_no"), **plain("carrier")}
_CHOICE = {**ids("shipment_id"), **plain("carrier", "service", "rule", "reason")}
_CUSTOMS = {
    **_SHIPMENT,
    **lists("documents_needed"),
    **plain("charges", "currency", "reason"),
}
_DELIVERY = {**_SHIPMENT, **plain("reason", "next_attempt_at", "at")}
_RETURN = {**_SHIPMENT, **plain("condition", "at"), **lists("missing")}
_MISHAP = {**_SHIPMENT, **plain("confirmed_by", "at")}
_CARRIER_CLAIM = {**_SHIPMENT, **ids("carrier_ref"), **BARE_AMOUNT}

SHIPMENTS: dict[str, Declared] = {
    "carrier.selected": event("A carrier was chosen by rule.", _CHOICE),
    "carrier.overridden": event("A person chose another carrier.", _CHOICE),
    "shipment.handed_to_carrier": event(
        "The carrier took the parcel, against a note.",
        _SHIPMENT,
        identifiers("courier"),
        {"item_check": plain("name", "count")},
    ),
    "shipment.dispatched": event(
        "The parcel left.",
        ids("shipment_id", "tracking_no"),
        plain("carrier", "service", "marked_shipped_at", "pushed_to_storefront_at"),
    ),
    "tracking.scan_received": event(
        "The carrier reported where the parcel is.",
        ids("shipment_id", "tracking_no"),
        plain("carrier", "carrier_status", "carrier_substatus", "normalised"),
        plain("location", "scan_at", "scan_hash"),
        # A carrier's words are where the name of the neighbour stands who took the parcel.
        texts("message"),
    ),
    "customs.entered": event("The parcel lies at customs.", _CUSTOMS),
    "customs.info_requested": event("Customs asks for papers.", _CUSTOMS),
    "customs.released": event("Customs let the parcel go.", _CUSTOMS),
    "customs.refused": event("Customs keeps the parcel or sends it back.", _CUSTOMS),
    "shipment.delayed": event("The parcel is late.", _SHIPMENT, plain("days_late", "cause")),
    "tracking.went_stale": event(
        "Nothing was heard of the parcel for too long.",
        _SHIPMENT,
        plain("hours_since_last_scan", "threshold"),
    ),
    "shipment.out_for_delivery": event("The parcel is on the last mile.", _DELIVERY),
    "shipment.delivery_attempted": event("The carrier tried to deliver.", _DELIVERY),
    "shipment.delivery_failed": event("The carrier could not deliver.", _DELIVERY),
    "shipment.delivery_instruction_given": event(
        "The carrier was told to try again, to keep the parcel or to return it.",
        _SHIPMENT,
        plain("instruction", "by"),
        ids("consent_message_id"),
    ),
    "shipment.available_for_pickup": event(
        "The parcel waits to be fetched.", _SHIPMENT, plain("place", "until")
    ),
    "shipment.delivered": event(
        "The recipient took the parcel.",
        ids("shipment_id", "tracking_no", "consent_message_id"),
        identifiers("signed_by"),
        plain("signed_by_kind", "consent"),
    ),
    "shipment.proxy_signed": event(
        "Somebody else took the parcel.",
        _SHIPMENT,
        ids("consent_message_id"),
        identifiers("signer", "signed_by"),
        plain("signed_by_kind", "consent"),
    ),
    "shipment.delivery_contested": event(
        "The customer says that the delivery was not as reported.",
        _SHIPMENT,
        plain("claim"),
    ),
    "shipment.returned_to_sender": event("The carrier sends the parcel back.", _RETURN),
    "shipment.return_in_transit": event("The parcel is on its way back.", _RETURN),
    "shipment.return_received": event(
        "The parcel is back.", _RETURN, {"lines": Each(plain("sku", "quantity", "condition"))}
    ),
    "shipment.damaged": event("The parcel was damaged.", _MISHAP),
    "shipment.lost": event("The parcel was lost.", _MISHAP),
    "shipment.misdelivered": event("The parcel went to somebody else.", _MISHAP),
    "carrier_claim.filed": event("The seller asks the carrier to pay.", _CARRIER_CLAIM),
    "carrier_claim.settled": event("The carrier paid, or refused to.", _CARRIER_CLAIM),
}
