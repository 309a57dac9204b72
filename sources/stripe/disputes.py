"""Disputes, inquiries and warnings of fraud.

Source: https://docs.stripe.com/api/disputes/object, https://docs.stripe.com/disputes/how-disputes-work,
https://docs.stripe.com/api/radar/early_fraud_warnings/object.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import integer, member, objects, text, unix_time
from sources.stripe.objects import PSP, Occasion, created, id_of, money_of, payment_of

_INQUIRY = ("warning_needs_response", "warning_under_review", "warning_closed")
_OPEN = ("needs_response", "under_review", "won", "lost")
_UNDER_REVIEW = ("under_review", "warning_under_review")
_MOVES = {
    "charge.dispute.funds_withdrawn": "dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated": "dispute.funds_reinstated",
}


def tell_dispute(dispute: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    """Tell where a dispute stands."""
    own_id, status = id_of(dispute), text(dispute.get("status"))
    if own_id is None:
        return []
    data = _data(dispute, own_id, status)
    made = created(dispute)
    found: list[Told] = []
    if status in _INQUIRY:
        found.append(Told(type="dispute.inquiry_opened", data=data, occurred_at=made, about=own_id))
    elif status in _OPEN:
        found.append(
            Told(
                type="dispute.opened", data=data, occurred_at=_opened(occasion, made), about=own_id
            )
        )
    if status in _UNDER_REVIEW and (
        occasion.changed("status") or occasion.changed("evidence_details")
    ):
        found.append(
            Told(
                type="dispute.evidence_submitted", data=data, occurred_at=occasion.at, about=own_id
            )
        )
    found.extend(_money(dispute, data, occasion, own_id))
    outcome = _outcome(dispute, status)
    if outcome is not None:
        at = occasion.at or _last(dispute, made)
        found.append(Told(type=outcome, data={**data, "at": at}, occurred_at=at, about=own_id))
    return found


def tell_fraud_warning(warning: Mapping[str, Any], _: Occasion) -> list[Told]:
    """Tell that the card's network fears fraud; a dispute may follow."""
    payment, own_id = payment_of(warning), id_of(warning)
    if payment is None or own_id is None:
        return []
    actionable = warning.get("actionable")
    data = {
        "payment_id": payment,
        "psp": PSP,
        "psp_payment_id": payment,
        "fraud_type": text(warning.get("fraud_type")),
        "actionable": actionable if isinstance(actionable, bool) else None,
    }
    return [
        Told(
            type="payment.fraud_warning_received",
            data=data,
            occurred_at=created(warning),
            about=own_id,
        )
    ]


def _data(dispute: Mapping[str, Any], own_id: str, status: str | None) -> dict[str, Any]:
    card = member(dispute, "payment_method_details", "card")
    code = text(member(card, "network_reason_code")) or text(dispute.get("network_reason_code"))
    kind = "inquiry" if status in _INQUIRY else text(member(card, "case_type")) or "chargeback"
    return {
        "dispute_id": own_id,
        "psp_dispute_id": own_id,
        "payment_id": payment_of(dispute),
        **money_of(dispute),
        "kind": kind,
        "reason": text(dispute.get("reason")),
        "network_code": code,
        "respond_by": unix_time(member(dispute, "evidence_details", "due_by")),
    }


def _opened(occasion: Occasion, made: str | None) -> str | None:
    # An inquiry that the bank took further is a dispute from then on.
    before = text(occasion.previous.get("status"))
    return occasion.at if before in _INQUIRY else made


def _outcome(dispute: Mapping[str, Any], status: str | None) -> str | None:
    if status == "prevented":
        # Resolved before it was one: by the money of the balance, or by a refund of its own.
        moved = [
            integer(each.get("amount")) for each in objects(dispute.get("balance_transactions"))
        ]
        return "dispute.accepted" if sum(each or 0 for each in moved) < 0 else "dispute.withdrawn"
    return {
        "won": "dispute.won",
        "lost": "dispute.lost",
        "warning_closed": "dispute.withdrawn",
        "charge_refunded": "dispute.withdrawn",  # until 2018: the seller paid back by a refund
    }.get(status or "")


def _money(
    dispute: Mapping[str, Any], data: Mapping[str, Any], occasion: Occasion, own_id: str
) -> list[Told]:
    if occasion.type is not None:
        move = _MOVES.get(occasion.type)
        if move is None:
            return []
        return [Told(type=move, data=dict(data), occurred_at=occasion.at, about=own_id)]
    found = []
    for entry in objects(dispute.get("balance_transactions")):
        taken = money_of(entry)
        if taken["amount"]:
            name = "withdrawn" if taken["amount"] < 0 else "reinstated"
            moved = {**data, **taken, "amount": abs(taken["amount"])}
            about = id_of(entry) or own_id
            found.append(
                Told(
                    type=f"dispute.funds_{name}",
                    data=moved,
                    occurred_at=created(entry),
                    about=about,
                )
            )
    return found


def _last(dispute: Mapping[str, Any], made: str | None) -> str | None:
    times = [created(each) for each in objects(dispute.get("balance_transactions"))]
    return max((each for each in (made, *times) if each is not None), default=None)
