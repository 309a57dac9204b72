"""Disputes: the customer's bank asks for the money back, and somebody wins."""

import msgspec

from domain import content
from domain.occurrence import Facts, Occurrence
from domain.reading import first_amount, first_text, read_text
from domain.time import read_date

OPEN = "open"
LOST = "lost"
ACCEPTED = "accepted"
WON = "won"
WITHDRAWN = "withdrawn"

_STATES = {
    "dispute.opened": OPEN,
    "dispute.lost": LOST,
    "dispute.accepted": ACCEPTED,
    "dispute.won": WON,
    "dispute.withdrawn": WITHDRAWN,
}


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """One dispute, as its last fact leaves it.

    Args:
        dispute_id: the PSP's id; empty for the facts that name none, taken together.
        state: open, lost, accepted, won or withdrawn. `won` is the seller's victory.
        payment_id: the payment it is about.
        amount: minor units of `currency`; None where no fact names it.
        currency: ISO 4217 code.
        reason: why the customer's bank asks.
        respond_by: last day for the seller's answer, `YYYY-MM-DD`.
        opened_at: instant of the first opening.
        decided_at: instant of the last fact that is no opening.
        event_ids: its events, in order.
    """

    dispute_id: str
    state: str
    payment_id: str | None
    amount: int | None
    currency: str | None
    reason: str | None
    respond_by: str | None
    opened_at: int | None
    decided_at: int | None
    event_ids: tuple[str, ...]

    @property
    def money_went_out(self) -> bool:
        """Whether the seller lost the money to the customer's bank."""
        return self.state in (LOST, ACCEPTED)


def fold_disputes(facts: Facts) -> tuple[Dispute, ...]:
    """Fold dispute events, given in order, by dispute id; the last fact decides."""
    found: dict[str, list[Occurrence[content.Dispute]]] = {}
    for occurrence in facts.of(content.Dispute):
        data = occurrence.data
        dispute_id = read_text(data.dispute_id) or read_text(data.psp_dispute_id) or ""
        found.setdefault(dispute_id, []).append(occurrence)
    return tuple(_fold(dispute_id, facts) for dispute_id, facts in found.items())


def _fold(dispute_id: str, facts: list[Occurrence[content.Dispute]]) -> Dispute:
    opened = [fact.at for fact in facts if fact.type == "dispute.opened"]
    decided = [fact.at for fact in facts if fact.type != "dispute.opened"]
    newest = [fact.data for fact in reversed(facts)]
    days = (read_date(said.respond_by) for said in newest)
    respond_by = next((day for day in days if day is not None), None)
    return Dispute(
        dispute_id=dispute_id,
        state=_STATES[facts[-1].type],
        payment_id=first_text(said.payment_id for said in newest),
        amount=first_amount(said.amount for said in newest),
        currency=first_text(said.currency for said in newest),
        reason=first_text(said.reason for said in newest),
        respond_by=None if respond_by is None else respond_by.isoformat(),
        opened_at=opened[0] if opened else None,
        decided_at=decided[-1] if decided else None,
        event_ids=tuple(fact.event_id for fact in facts),
    )
