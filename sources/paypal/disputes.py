"""Disputes v1. Until money is at stake it is an inquiry, and from then on open.

Source: https://developer.paypal.com/docs/api/customer-disputes/v1/.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, objects, text
from sources.paypal.objects import changed, money
from sources.paypal.objects import order_of as number_of

STAGES = {
    "INQUIRY": "inquiry",
    "CHARGEBACK": "chargeback",
    "PRE_ARBITRATION": "pre_arbitration",
    "ARBITRATION": "arbitration",
}
"""`dispute_life_cycle_stage`, as our `kind`."""

_OUTCOMES = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "CANCELED_BY_BUYER": "withdrawn",
    "ACCEPTED": "accepted",
    "DENIED": "won",
    "NONE": "withdrawn",  # closed without a decision, since another one is about the same
}


def dispute(resource: Mapping[str, Any], at: str | None = None) -> list[Told]:
    """Tell of a dispute.

    Args:
        resource: the object.
        at: when it happened, where the object does not say.
    """
    status = (text(resource.get("status")) or "").upper()
    stage = (text(resource.get("dispute_life_cycle_stage")) or "").upper()
    data = _dispute(resource, STAGES.get(stage, stage.lower() or None))
    if status == "RESOLVED" or "dispute_outcome" in resource:
        outcome = _outcome(resource)
        if outcome is None:
            return []
        refunded = money(member(resource, "dispute_outcome", "amount_refunded"))
        if outcome in ("lost", "accepted") and refunded["amount"] is not None:
            data |= refunded
    else:
        outcome = "inquiry_opened" if stage == "INQUIRY" else "opened"
    return [
        Told(
            type=f"dispute.{outcome}",
            data=data,
            occurred_at=changed(resource, at),
            about=data["dispute_id"] or "",
        )
    ]


def payments_of(resource: Mapping[str, Any]) -> list[str]:
    """Return the captures that are disputed, by the ids that the seller knows them by."""
    disputed = objects(resource.get("disputed_transactions"))
    ids = (text(each.get("seller_transaction_id")) for each in disputed)
    return [each for each in ids if each]


def order_of(resource: Mapping[str, Any]) -> str | None:
    """Return the number that the shop gave the disputed payment."""
    for each in objects(resource.get("disputed_transactions")):
        number = number_of(each)
        if number is not None:
            return number
    return None


def _dispute(resource: Mapping[str, Any], kind: str | None) -> dict[str, Any]:
    own = text(resource.get("dispute_id"))
    return {
        "dispute_id": own,
        "psp_dispute_id": own,
        "payment_id": next(iter(payments_of(resource)), None),
        "kind": kind,
        "reason": (text(resource.get("reason")) or "").lower() or None,
        "network_code": text(resource.get("external_reason_code")),
        "respond_by": text(resource.get("seller_response_due_date")),
        **money(resource.get("dispute_amount")),
    }


def _outcome(resource: Mapping[str, Any]) -> str | None:
    code = (text(member(resource, "dispute_outcome", "outcome_code")) or "").upper()
    if code != "RESOLVED_WITH_PAYOUT":
        return _OUTCOMES.get(code)
    # PayPal itself paid, and the code does not say whom.
    paid = money(member(resource, "dispute_outcome", "amount_refunded"))["amount"]
    to_buyer = any(
        each.get("affected_party") == "BUYER" and each.get("type") == "CREDIT"
        for each in objects(resource.get("money_movements"))
    )
    return "lost" if paid or to_buyer else "won"
