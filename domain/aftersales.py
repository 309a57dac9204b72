"""What the customer asked for after the sale, and took instead of money."""

import msgspec

from domain import content
from domain.occurrence import Facts, Occurrence
from domain.reading import first_amount, first_text, read_amount, read_text

_STATES = {
    "compensation.offered": "offered",
    "compensation.accepted": "accepted",
    "compensation.declined": "declined",
    "compensation.issued": "issued",
    "compensation.used": "used",
    "compensation.expired": "expired",
    "compensation.cancelled": "cancelled",
}
_ANSWERS = ("compensation.accepted", "compensation.declined", "compensation.cancelled")


class Demand(msgspec.Struct, frozen=True):
    """An after-sales request: its case, what kind it is, the amount it names."""

    case_id: str | None
    kind: str | None
    amount: int | None
    at: int | None
    event_id: str


class Exchange(msgspec.Struct, frozen=True):
    """Goods agreed on instead of money."""

    new_order_id: str | None
    at: int | None
    event_id: str


class Compensation(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon, voucher or gift, offered and perhaps accepted in place of money.

    Args:
        compensation_id: its id; the event's where it names none.
        state: the last of offered, accepted, declined, issued, used, expired, cancelled.
        accepted: whether the customer accepted, and neither declined later nor had it taken back.
        kind: coupon, cash_voucher, gift …
        amount: minor units of `currency`.
        currency: ISO 4217 code.
        instead_of: the refund it was accepted instead of.
        accepted_at: instant of the acceptance.
        event_ids: its events, in order.
    """

    compensation_id: str
    state: str
    accepted: bool
    kind: str | None
    amount: int | None
    currency: str | None
    instead_of: str | None
    accepted_at: int | None
    event_ids: tuple[str, ...]


def fold_demands(facts: Facts) -> tuple[Demand, ...]:
    """Return the after-sales requests, in order."""
    return tuple(
        Demand(
            read_text(occurrence.data.case_id),
            read_text(occurrence.data.kind),
            read_amount(occurrence.data.amount),
            occurrence.at,
            occurrence.event_id,
        )
        for occurrence in facts.of(content.AfterSalesRequested)
    )


def fold_exchanges(facts: Facts) -> tuple[Exchange, ...]:
    """Return the exchanges agreed on, in order."""
    return tuple(
        Exchange(read_text(occurrence.data.new_order_id), occurrence.at, occurrence.event_id)
        for occurrence in facts.of(content.ExchangeAgreed)
    )


def fold_compensations(facts: Facts) -> tuple[Compensation, ...]:
    """Fold compensation events, given in order, each id once."""
    found: dict[str, list[Occurrence[content.Compensation]]] = {}
    for occurrence in facts.of(content.Compensation):
        own_id = read_text(occurrence.data.compensation_id) or occurrence.event_id
        found.setdefault(own_id, []).append(occurrence)
    return tuple(_fold(own_id, facts) for own_id, facts in found.items())


def _fold(compensation_id: str, facts: list[Occurrence[content.Compensation]]) -> Compensation:
    newest = [fact.data for fact in reversed(facts)]
    answers = [fact for fact in facts if fact.type in _ANSWERS]
    accepted = bool(answers) and answers[-1].type == "compensation.accepted"
    return Compensation(
        compensation_id=compensation_id,
        state=_STATES[facts[-1].type],
        accepted=accepted,
        kind=first_text(said.kind for said in newest),
        amount=first_amount(said.amount for said in newest),
        currency=first_text(said.currency for said in newest),
        instead_of=first_text(said.instead_of for said in newest),
        accepted_at=answers[-1].at if accepted else None,
        event_ids=tuple(fact.event_id for fact in facts),
    )
