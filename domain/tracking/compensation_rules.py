"""The rules for commands about compensation."""

from typing import Any

from domain.errors import refuse
from domain.money import is_currency
from domain.refund import CANCELLED as REFUND_CANCELLED
from domain.refund import FAILED, REJECTED, REQUESTED
from domain.tracking.commands import (
    CancelCompensation,
    CompensationCommand,
    IssueCompensation,
    OfferCompensation,
    wire_content,
)
from domain.tracking.compensation import CONDITIONS, KINDS, OFFERS
from domain.tracking.lifecycle import CLOSED, UNKNOWN
from domain.tracking.tracking import Tracking

_NOT_FIRST = frozenset({REQUESTED, REJECTED, REFUND_CANCELLED, FAILED})
_DIGEST = 64
"""Hexadecimal digits of a SHA-256."""


def decide(tracking: Tracking, command: CompensationCommand) -> list[tuple[str, dict[str, Any]]]:
    """Return what a command becomes; see `deciding.decide`.

    Raises:
        CommandRefusedError: a rule stands against it.
    """
    own = command.compensation_id
    known = next((one for one in tracking.compensation if one.compensation_id == own), None)
    said = wire_content(command)
    match command:
        case OfferCompensation():
            if known is not None:
                refuse("compensation-known", f"it was offered before, and is {known.state}")
            _check_offer(tracking, command)
        case IssueCompensation() | CancelCompensation():
            if known is None:
                refuse("compensation-unknown", "the order has no compensation of this id")
            if not known.open:
                refuse("compensation-ended", f"the compensation is {known.state}")
            told = {
                "kind": known.kind,
                "level": known.level,
                "amount": known.amount,
                "currency": known.currency,
            }
            said = {**{name: value for name, value in told.items() if value is not None}, **said}
    if isinstance(command, IssueCompensation) and command.code_digest is not None:
        _check_digest(command.code_digest)
    return [(command.TYPE, said)]


def _check_offer(tracking: Tracking, command: OfferCompensation) -> None:
    if tracking.state in (UNKNOWN, CLOSED):
        refuse("not-offered", f"the order is {tracking.state}")
    if command.kind not in KINDS:
        refuse("kind-unknown", f"compensation is one of {', '.join(KINDS)}")
    if command.level not in OFFERS:
        refuse("level-missing", "a level is 1, 2 or 3")
    if command.condition is not None and command.condition not in CONDITIONS:
        refuse("condition-unknown", f"a condition is one of {', '.join(CONDITIONS)}")
    priced = command.amount is not None or command.currency is not None
    if priced and not (
        command.amount is not None
        and command.amount > 0
        and command.currency is not None
        and is_currency(command.currency)
    ):
        refuse("amount-form", "an amount is above zero, in minor units of an ISO 4217 currency")
    if command.level == 1 and not _refunded_first(tracking):
        refuse("refund-first", "at level 1 the refund is approved first, then comes the coupon")


def _refunded_first(tracking: Tracking) -> bool:
    """Tell whether the money is on its way back, or was never taken (R109)."""
    order = tracking.order
    return not order.payments or any(
        refund.state not in _NOT_FIRST for refund in order.refunds.values()
    )


def _check_digest(digest: str) -> None:
    if len(digest) != _DIGEST or not set(digest) <= set("0123456789abcdef"):
        refuse("code-digest-form", "the code's digest is a SHA-256, in hexadecimal")
