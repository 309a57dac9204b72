"""Refund clocks: how long a refund may stay in a state before somebody has to act."""

from datetime import date

import msgspec

from domain.chain import chains
from domain.dispute import OPEN
from domain.obligation import alarm_day, judge_refund
from domain.order import Order
from domain.policy import Policy
from domain.refund import APPROVED, PAID, PENDING, SUBMITTED, Refund
from domain.time import DAY, day_end
from domain.verdict import Code, Obligation

_HOUR = DAY // 24
_AWAITED = {Code.SUCCEEDED_REFERENCE_PENDING, Code.SOURCE_GAP}

SUBMIT = "submit"
RECONCILE = "reconcile"
COMPLETE = "complete"
REFERENCE = "reference"


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs for a refund. Instants are microseconds since 1970 UTC.

    Args:
        refund_id: the refund.
        kind: what has to happen: `submit` it to the provider, `reconcile` what became of it,
            `complete` it, or get its `reference`.
        since: instant at which it began to run.
        deadline: last instant that is in time.
    """

    refund_id: str
    kind: str
    since: int
    deadline: int

    def has_run_out(self, at: int) -> bool:
        """Tell whether it has run out at an instant."""
        return at > self.deadline


def clocks(order: Order, policy: Policy) -> tuple[Clock, ...]:
    """Return the clocks that run for an order's refunds, by refund.

    A refund that another one replaces, that was settled by compensation, or whose time nobody can
    read has none. While a dispute is open nothing is to be submitted: the money may go out twice.
    """
    found = []
    for chain in chains(order.refunds):
        for refund in chain.last:
            # Whether its time is up plays no part in which clock it is, so any day will do.
            judged = judge_refund(order, refund, chain, as_of=date.max, policy=policy)
            if judged.verdict is not Code.COMPENSATION_INSTEAD:
                clock = _clock(order, refund, judged, policy)
                found += [] if clock is None else [clock]
    return tuple(found)


def _clock(order: Order, refund: Refund, judged: Obligation, policy: Policy) -> Clock | None:
    if refund.state == APPROVED:
        disputed = any(dispute.state == OPEN for dispute in order.disputes)
        since = None if refund.approved is None or disputed else refund.approved.at
        return _running(refund, SUBMIT, since, policy.submit_days * DAY)
    if refund.state == SUBMITTED:
        return _running(refund, RECONCILE, refund.unanswered_since, policy.unknown_hours * _HOUR)
    if refund.state == PENDING and judged.expected_by is not None:
        return _until(refund, COMPLETE, refund.pending_since, judged.expected_by)
    # Paid, and neither a reference nor a reason why there is none.
    last = alarm_day(refund, policy)
    if refund.state == PAID and last is not None and _AWAITED & {judged.verdict, *judged.also}:
        return _until(refund, REFERENCE, refund.paid_at, last)
    return None


def _running(refund: Refund, kind: str, since: int | None, length: int) -> Clock | None:
    if since is None:
        return None
    return Clock(refund_id=refund.refund_id, kind=kind, since=since, deadline=since + length)


def _until(refund: Refund, kind: str, since: int | None, last: date) -> Clock | None:
    if since is None:
        return None
    return Clock(refund_id=refund.refund_id, kind=kind, since=since, deadline=day_end(last))
