"""Claims: what the seller asks the insurer of a parcel to pay, and what came of it.

Sources: docs.easypost.com/docs/insurance/claims (statuses), docs.easypost.com/guides/
shipping-insurance-guide (insured values are in dollars).
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, minor_units, objects, text, time

Object = Mapping[str, Any]

_CURRENCY = "USD"
_APPROVED = ("approved", "approved_partial")
_REJECTED = "rejected"


def told(claim: Object) -> list[Told]:
    """Return what a claim tells: that it was filed, and how it was settled. A refusal pays 0."""
    own_id = text(claim.get("id"))
    number = text(claim.get("tracking_code"))
    shipment_id = text(claim.get("shipment_id")) or number
    if own_id is None or shipment_id is None:
        return []
    parcel = {"shipment_id": shipment_id, "tracking_no": number, "carrier_ref": own_id}
    found = [
        _told(
            "carrier_claim.filed",
            parcel,
            minor_units(claim.get("requested_amount"), _CURRENCY),
            time(claim.get("created_at")),
        )
    ]
    status = claim.get("status")
    if status in _APPROVED or status == _REJECTED:
        paid = minor_units(claim.get("approved_amount"), _CURRENCY)
        amount = 0 if status == _REJECTED else paid
        found.append(_told("carrier_claim.settled", parcel, amount, _reached(claim, status)))
    return found


def _reached(claim: Object, status: str) -> str | None:
    times = (
        time(step.get("timestamp"))
        for step in objects(claim.get("history"))
        if step.get("status") == status
    )
    at = min((each for each in times if each is not None), default=None)
    return at or first_time(time(claim.get("status_timestamp")), time(claim.get("updated_at")))


def _told(type: str, parcel: Object, amount: int | None, at: str | None) -> Told:
    money = {} if amount is None else {"amount": amount, "currency": _CURRENCY}
    return Told(type=type, data={**parcel, **money}, occurred_at=at)
