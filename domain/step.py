"""One dated step of a refund or an order, as an event reports it."""

from collections.abc import Callable, Sequence

import msgspec

from domain.occurrence import Occurrence, T
from domain.reading import read_amount, read_text
from domain.refund_content import WITH_AMOUNT


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


def read_step(fact: Occurrence[T] | None, note: Callable[[T], object] | None = None) -> Step | None:
    """Return a fact as a step; `note` picks the member that holds its reason or method."""
    if fact is None:
        return None
    data = fact.data
    noted = None if note is None else read_text(note(data))
    if isinstance(data, WITH_AMOUNT):
        return Step(
            fact.at, fact.event_id, read_amount(data.amount), read_text(data.currency), noted
        )
    return Step(fact.at, fact.event_id, note=noted)


def last_step(
    facts: Sequence[Occurrence[T]], note: Callable[[T], object] | None = None
) -> Step | None:
    """Return the last of the facts of one kind as a step; see `read_step`.

    Where it names no amount, that of an earlier one stands: a provider's notification may leave out
    what its answer to a query said.
    """
    step = read_step(facts[-1] if facts else None, note)
    if step is None or step.amount is not None:
        return step
    for fact in reversed(facts):
        priced = read_step(fact)
        if priced is not None and priced.amount is not None:
            currency = priced.currency or step.currency
            return msgspec.structs.replace(step, amount=priced.amount, currency=currency)
    return step
