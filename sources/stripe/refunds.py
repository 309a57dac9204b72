"""Refunds: what Stripe did with the money that goes back.

Source: https://docs.stripe.com/api/refunds/object, https://docs.stripe.com/refunds ("Failed
refunds", "Pending refunds").

A refund names the time of its creation only, and many messages repeat a state that came about
earlier. Where a message is not itself the change of state, a success is told at the creation, which
is the earliest it can be, and a failure at the message, which is the latest: Stripe's failures are
final and its successes are not, so the failure overrules whichever of them comes to be known first.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import member, text, unix_time
from sources.stripe.objects import (
    PSP,
    Occasion,
    created,
    id_of,
    money_of,
    payment_of,
    presentment_of,
)
from sources.stripe.references import (
    decline_code,
    destination_of,
    kind_of_refund,
    tell_reference,
)

EXPIRED = "expired_uncaptured_charge"
"""Reason of a refund that Stripe itself makes of an authorisation that ran out: no money moved."""


def tell_refund(
    refund: Mapping[str, Any], occasion: Occasion, charge: Mapping[str, Any] | None = None
) -> list[Told]:
    """Tell where a refund stands.

    Args:
        refund: the refund.
        occasion: why it was told.
        charge: the charge that it lies in.
    """
    own_id = id_of(refund)
    if own_id is None or _of_no_capture(refund):
        return []
    base = {
        "refund_id": text(member(refund, "metadata", "refund_id")) or own_id,
        "psp_refund_id": own_id,
        "psp": PSP,
        "payment_id": payment_of(refund, charge),
        **money_of(refund),
    }
    made = created(refund)
    is_new = occasion.type == "refund.created"
    submitted = {**base, "idempotency_key": occasion.idempotency_key if is_new else None}
    return [
        Told(type="refund.submitted", data=submitted, occurred_at=made, about=own_id),
        *_state(refund, base, occasion, own_id),
        *tell_reference(refund, base, made if is_new else occasion.at or made, own_id),
        *_settlement(refund, base, own_id),
    ]


def _of_no_capture(refund: Mapping[str, Any]) -> bool:
    charge = refund.get("charge")
    return refund.get("reason") == EXPIRED or member(charge, "captured") is False


def _state(
    refund: Mapping[str, Any], base: Mapping[str, Any], occasion: Occasion, own_id: str
) -> list[Told]:
    status, made = text(refund.get("status")), created(refund)
    is_new = occasion.type == "refund.created"
    changed = occasion.at if occasion.changed("status") else made if is_new else None
    as_told = changed or occasion.at or made
    if status == "succeeded":
        data = {
            **base,
            "kind": kind_of_refund(refund),
            "psp_at": changed,
            "balance_transaction": id_of(refund.get("balance_transaction")),
        }
        return [Told(type="refund.succeeded", data=data, occurred_at=changed or made, about=own_id)]
    if status == "requires_action":
        shown = member(refund, "next_action", "display_details")
        by_mail = isinstance(member(shown, "email_sent"), Mapping)
        data = {
            **base,
            "how": "email" if by_mail else text(member(refund, "next_action", "type")),
            "expires_at": unix_time(member(shown, "expires_at")),
        }
        return [
            Told(
                type="refund.customer_action_required", data=data, occurred_at=as_told, about=own_id
            )
        ]
    if status == "failed":
        return [_failure(refund, base, occasion, as_told, own_id)]
    if status == "canceled":
        data = {**base, "reason": text(refund.get("failure_reason")) or status}
        return [Told(type="refund.cancelled", data=data, occurred_at=as_told, about=own_id)]
    # Pending, or a state that is new to us: Stripe has it, and it is not done.
    reason = text(refund.get("pending_reason"))
    data = {**base, "psp_status": status, "pending_reason": reason}
    return [Told(type="refund.accepted", data=data, occurred_at=as_told, about=own_id)]


def _failure(
    refund: Mapping[str, Any],
    base: Mapping[str, Any],
    occasion: Occasion,
    as_told: str | None,
    own_id: str,
) -> Told:
    back = refund.get("failure_balance_transaction")
    reason = text(refund.get("failure_reason")) or decline_code(refund)
    before = text(occasion.previous.get("status"))
    at = (occasion.at if occasion.changed("status") else created(back)) or as_told
    # The money came back to the seller's balance, so it had left it.
    if before == "succeeded" or (before is None and back is not None):
        data = {**base, "reason": reason}
        return Told(type="refund.bounced", data=data, occurred_at=at, about=own_id)
    data = {
        **base,
        "failure_reason": reason,
        "returned_to": None if back is None else "merchant balance",
        "funds_back_at": created(back),
    }
    return Told(type="refund.failed", data=data, occurred_at=at, about=own_id)


def _settlement(refund: Mapping[str, Any], base: Mapping[str, Any], own_id: str) -> list[Told]:
    entry = refund.get("balance_transaction")
    if member(entry, "status") != "available" or refund.get("status") != "succeeded":
        return []
    return [settled(entry, refund, base, own_id)]


def settled(
    entry: Any, refund: Mapping[str, Any] | None, base: Mapping[str, Any], own_id: str
) -> Told:
    """Tell that a refund left the seller's balance.

    It is told at the making of the entry, since a failure can come before the entry's own day.

    Args:
        entry: the balance transaction, available.
        refund: the refund, where it is there as a whole.
        base: what all facts about it bring.
        own_id: its id.
    """
    taken = money_of(entry)
    if taken["amount"] is not None:
        taken["amount"] = abs(taken["amount"])
    rate = member(entry, "exchange_rate")
    if refund is None:
        shown: dict[str, Any] = {}
        if rate is not None:  # in the seller's currency, and nothing says what the customer got
            taken = {"amount": None, "currency": None}
    elif base.get("currency") not in (None, taken["currency"]):
        shown = {
            "presentment_amount": base.get("amount"),
            "presentment_currency": base.get("currency"),
        }
    else:
        shown = presentment_of(refund)
    at = created(entry) or created(refund)
    available = unix_time(member(entry, "available_on"))
    data = {
        **base,
        **taken,
        **shown,
        "settled_on": None if available is None else available[:10],
        "fx": str(rate) if isinstance(rate, float | int) else text(rate),
        "source": "balance_transaction",
        "kind": None if refund is None else kind_of_refund(refund),
        "destination": None if refund is None else destination_of(refund),
    }
    return Told(type="refund.settled", data=data, occurred_at=at, about=own_id)
