"""Refunds whose time has run out, and what has to be done about each."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from domain.claim import judge
from domain.order import fold_order
from domain.particulars import sums_of
from domain.policy import POLICY
from domain.refund_clock import clocks
from domain.sentences import action, language_for
from domain.stream import order_name
from domain.time import instant_text, utc_date
from eventstore import log
from orderproof.bootstrap import Store, catch_up
from projections import refund_clock


class DueRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that somebody has to act on.

    Args:
        order: as `shop/number`.
        refund_id: the refund.
        clock: which one has run out: submit, reconcile, complete or reference.
        state: how far the refund is.
        verdict: what a claim about it would say.
        since: when the clock began to run, UTC.
        deadline: the last moment that was in time, UTC.
        psp: who pays it.
        amount: minor units of `currency`.
        currency: ISO 4217 code.
        next_action: what the seller must do, in a sentence.
    """

    order: str
    refund_id: str
    clock: str
    state: str
    verdict: str
    since: str
    deadline: str
    psp: str | None
    amount: int | None
    currency: str | None
    next_action: str

    def as_dict(self) -> dict[str, Any]:
        """Return the row of `refunds due --json`."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]  # a dict, as for all structs


def due(store: Store, at: int, language: str | None = None) -> list[DueRefund]:
    """Return the refunds whose clock has run out, the one that is late longest first.

    Only the orders that the read model names are read.

    Args:
        store: the open installation.
        at: instant, microseconds since 1970 UTC.
        language: `en` or `zh`, for the sentences; else English.
    """
    catch_up(store)
    named = refund_clock.due(store.views, at)
    found: list[DueRefund] = []
    for stream, _ in groupby(sorted(named, key=lambda one: one.stream), lambda one: one.stream):
        found += _of_order(store, stream, at, language)
    return sorted(found, key=lambda one: (one.deadline, one.order, one.refund_id))


def _of_order(store: Store, stream: str, at: int, language: str | None) -> Iterator[DueRefund]:
    order = fold_order(log.read_order(store.connection, None, stream))
    verdict = judge(order, as_of=utc_date(at))
    judged = {one.refund.refund_id: one for one in verdict.obligations if one.refund is not None}
    words = language_for(None, language)
    sums = sums_of(order, words)
    for clock in clocks(order, POLICY):
        if not clock.has_run_out(at):
            continue
        obligation = judged[clock.refund_id]
        # The order's own verdict may be about another refund of it, or about none.
        own = msgspec.structs.replace(verdict, code=obligation.verdict, deciding=obligation)
        yield DueRefund(
            order=order_name(stream),
            refund_id=clock.refund_id,
            clock=clock.kind,
            state=obligation.state,
            verdict=str(obligation.verdict),
            since=instant_text(clock.since),
            deadline=instant_text(clock.deadline),
            psp=obligation.psp,
            amount=obligation.amount,
            currency=obligation.currency,
            next_action=action(order, own, words, sums),
        )
