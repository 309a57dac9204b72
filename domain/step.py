"""One dated step of a refund or an order, as an event reports it."""

import msgspec

from domain.occurrence import Occurrence
from domain.reading import read_amount, read_text


class Step(msgspec.Struct, frozen=True):
    """One dated step of a refund or an order.

    Args:
        at: instant, None where the time cannot be read.
        event_id: the event that reports it.
        amount: minor units, where the event names an amount.
        currency: ISO 4217 code.
        note: the reason or method that the event names.
    """

    at: int | None
    event_id: str
    amount: int | None = None
    currency: str | None = None
    note: str | None = None


def read_step(fact: Occurrence | None, note: str = "reason") -> Step | None:
    """Return a fact as a step; `note` names the field that holds its reason or method."""
    if fact is None:
        return None
    return Step(
        fact.at,
        fact.event_id,
        read_amount(fact.data),
        read_text(fact.data, "currency"),
        read_text(fact.data, note),
    )
