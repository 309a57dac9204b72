"""Disputes, and the questions before them (retrievals)."""

from collections.abc import Mapping
from typing import Any

from sources.braintree.members import at_path, money_of, status_times, when
from sources.message import Told
from sources.payload_values import text

_OUTCOMES = {
    "won": "dispute.won",
    "lost": "dispute.lost",
    "expired": "dispute.lost",  # the time to answer ran out
    "accepted": "dispute.accepted",
    "auto_accepted": "dispute.accepted",
}


def tell_dispute(dispute: Mapping[str, Any], sent: str | None) -> list[Told]:
    """Tell where a dispute stands.

    Args:
        dispute: the dispute.
        sent: time of the notification, None for a dispute that was asked for.
    """
    own_id = text(dispute.get("id"))
    if own_id is None:
        return []
    kind = text(dispute.get("kind"))
    disputed = money_of(dispute, "amount_disputed")
    data = {
        "dispute_id": own_id,
        "psp_dispute_id": own_id,
        "payment_id": text(at_path(dispute, "transaction", "id")),
        **(money_of(dispute) if disputed["amount"] is None else disputed),
        "kind": "inquiry" if kind == "retrieval" else kind,
        "reason": text(dispute.get("reason")),
        "network_code": text(at_path(dispute, "reason_code")),
        "respond_by": text(at_path(dispute, "reply_by_date")),
    }
    opened = when(dispute, "received_date") or when(dispute, "created_at")
    name = "dispute.inquiry_opened" if kind == "retrieval" else "dispute.opened"
    found = [Told(type=name, data=data, occurred_at=opened)]
    for status, at in status_times(dispute, sent or when(dispute, "updated_at")):
        if status == "disputed":
            found.append(Told(type="dispute.evidence_submitted", data=data, occurred_at=at))
        elif status in _OUTCOMES:
            found.append(Told(type=_OUTCOMES[status], data={**data, "at": at}, occurred_at=at))
    return found
