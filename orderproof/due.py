"""Which streams are due to be sealed."""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import msgspec

from domain.stream import split_order_stream
from domain.time import instant
from orderproof.bootstrap import Store
from projections import order_summary
from projections.order_summary import OrderSummary

_BATCH = 1_000


class Policy(msgspec.Struct, frozen=True):
    """Which orders a run seals, of those with events since their last seal.

    System streams are sealed by every run that seals or finds something new.

    Args:
        everything: all of them, open ones too, as when the seller closes down.
        orders: these alone, by the names of their streams.
        closed_before: those that were closed before this day.
        quiet_days: without any of the above: those that are closed, and of which nothing was
            recorded for so many days.
    """

    everything: bool = False
    orders: frozenset[str] = frozenset()
    closed_before: date | None = None
    quiet_days: int = 30

    @property
    def is_usual(self) -> bool:
        """Tell whether orders are sealed as they become due."""
        return not (self.everything or self.orders or self.closed_before)


def due(store: Store, policy: Policy, unsealed: Iterable[str]) -> Iterator[str]:
    """Yield those of the streams that are due, in their order; a batch at a time is in memory.

    Args:
        store: the open installation, whose read models are at the newest event.
        policy: which orders.
        unsealed: streams with events since their last seal.
    """
    streams = iter(unsealed)
    while batch := list(islice(streams, _BATCH)):
        wanted = _wanted(store, policy, batch)
        yield from (s for s in batch if s in wanted or split_order_stream(s) is None)


def _wanted(store: Store, policy: Policy, batch: Sequence[str]) -> Set[str]:
    if policy.everything:
        return set(batch)
    if policy.orders:
        return policy.orders & set(batch)
    closed = order_summary.closed(store.views, batch)
    return {order.stream for order in closed if _is_due(order, policy)}


def _is_due(order: OrderSummary, policy: Policy) -> bool:
    day = policy.closed_before
    if day is not None:
        limit = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return order.closed_at is not None and _is_before(order.closed_at, limit)
    return _is_before(order.recorded_at, datetime.now(UTC) - timedelta(days=policy.quiet_days))


def _is_before(text: str, limit: datetime) -> bool:
    return instant(text) <= int(limit.timestamp() * 1_000_000)
