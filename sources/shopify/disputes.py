"""Disputes of Shopify Payments: inquiries and chargebacks.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/dispute and the statuses of
/docs/api/admin-graphql/latest/enums/DisputeStatus. A dispute names its order and no payment.
"""

from collections.abc import Mapping
from typing import Any

from domain.time import read_instant
from sources.message import Told
from sources.payload_values import currency, first_time, minor_units, text, time
from sources.reading import Reading
from sources.shopify.ids import link, order_link, own_id

_ENDS = {
    "won": "dispute.won",
    "lost": "dispute.lost",
    "accepted": "dispute.accepted",
    # The seller paid back while the bank only asked, or the network was kept from asking.
    "charge_refunded": "dispute.withdrawn",
    "prevented": "dispute.withdrawn",
}


def read_dispute(value: Mapping[str, Any]) -> Reading:
    """Read a dispute as it stands: its beginning, the papers that were sent, and its end."""
    own = own_id(value)
    code = currency(value.get("currency"))
    opened = time(value.get("initiated_at"))
    answered = time(value.get("evidence_sent_on"))
    ended = time(value.get("finalized_on"))
    status = text(value.get("status"))
    amount = minor_units(value.get("amount"), code)
    dispute = {
        "dispute_id": own,
        "psp_dispute_id": own,
        "kind": text(value.get("type")),
        "reason": text(value.get("reason")),
        "network_code": text(value.get("network_reason_code")),
        "respond_by": time(value.get("evidence_due_by")),
    }
    money = {"amount": amount, "currency": code}
    # An end has no time of its own until it is final; it is not before what is known to have been.
    known = [each for each in (opened, answered) if each is not None]
    end = ended or max(known, key=lambda each: read_instant(each) or 0, default=None)
    is_inquiry = value.get("type") == "inquiry"
    beginning = "dispute.inquiry_opened" if is_inquiry else "dispute.opened"
    told = [Told(type=beginning, data=dispute | money, occurred_at=opened)]
    if answered is not None:
        told.append(
            Told(type="dispute.evidence_submitted", data=dict(dispute), occurred_at=answered)
        )
    outcome = _ENDS.get(status or "")
    if outcome is not None:
        told.append(Told(type=outcome, data=dispute | money, occurred_at=end))
    return Reading(
        occurred_at=first_time(end, opened),
        told=told if own is not None else [],
        links=[*order_link(value.get("order_id")), *link("dispute", own)],
    )
