"""Disputes: one for each payment, by the payment's reference.

Adyen has a reference for each dispute, but in CHARGEBACK_REVERSED, SECOND_CHARGEBACK,
PREARBITRATION_WON and PREARBITRATION_LOST it stands only where a setting is on; else their
`pspReference` is the payment's and `originalReference` is missing. Were a dispute known by its own
reference, one that was won would stay open for ever. So the payment's reference is its id here, and
Adyen's is `psp_dispute_id` beside it.

Source: https://docs.adyen.com/risk-management/disputes-api/dispute-notifications.
"""

from collections.abc import Callable
from typing import Any

from sources.adyen.item import Item
from sources.message import Told

_REASON_CODES = ("chargebackReasonCode", "rfiReasonCode", "nofReasonCode")


def inquiry(item: Item) -> list[Told]:
    """REQUEST_FOR_INFORMATION: the bank asks; no money moves."""
    return _tell(item, "inquiry", "inquiry_opened")


def announced(item: Item) -> list[Told]:
    """NOTIFICATION_OF_CHARGEBACK: it is coming, and the time to answer runs."""
    return _tell(item, "chargeback", "opened")


def charged_back(item: Item) -> list[Told]:
    """CHARGEBACK: the money was taken out; the status says whether that was the last word."""
    decided = {"lost": ("lost",), "accepted": ("accepted",)}.get(_status(item), ())
    return _tell(item, "chargeback", "opened", "funds_withdrawn", *decided)


def reversed_back(item: Item) -> list[Told]:
    """CHARGEBACK_REVERSED: the money was given back. A second chargeback may still follow."""
    decided = () if _status(item) == "pending" else ("won",)
    return _tell(item, "chargeback", "funds_reinstated", *decided)


def charged_back_again(item: Item) -> list[Told]:
    """SECOND_CHARGEBACK: the defence was declined and the money taken out again."""
    return _tell(item, "chargeback", "funds_withdrawn", "lost")


def defended(item: Item) -> list[Told]:
    """INFORMATION_SUPPLIED: the papers went to the bank."""
    if item.success is False:
        return []
    return [Told(type="dispute.evidence_submitted", data=_case(item, None))]


def defence_ended(item: Item) -> list[Told]:
    """DISPUTE_DEFENSE_PERIOD_ENDED: nobody answered in time, or the seller gave in."""
    status = _status(item)
    if status in ("", "lost", "undefended"):
        return _tell(item, "chargeback", "lost")
    return _tell(item, "chargeback", "accepted") if status == "accepted" else []


def stage(kind: str, *types: str) -> Callable[[Item], list[Told]]:
    """Return the reader of a code that tells one thing, whatever else it holds.

    Args:
        kind: of the dispute at this stage, such as `pre_arbitration`.
        types: of the events, behind `dispute.`.
    """
    return lambda item: _tell(item, kind, *types)


def _tell(item: Item, kind: str | None, *types: str) -> list[Told]:
    if item.success is False:
        return []
    data = _case(item, kind) | item.money()
    return [Told(type=f"dispute.{each}", data=data) for each in types]


def _case(item: Item, kind: str | None) -> dict[str, Any]:
    codes = (item.said(name) for name in _REASON_CODES)
    return {
        "dispute_id": item.payment,
        "psp_dispute_id": item.reference if item.original else None,
        "payment_id": item.payment,
        "kind": kind,
        "reason": item.reason,
        "network_code": next((code for code in codes if code), None),
        "respond_by": item.said("defensePeriodEndsAt"),
        "at": item.at,
    }


def _status(item: Item) -> str:
    return (item.said("disputeStatus") or "").lower()
