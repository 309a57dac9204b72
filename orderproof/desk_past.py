"""The tracking table as a past day ended: made of the events that were on record by then.

The read model knows the present alone, and who was unfinished on a past day only the events tell.
So a page looks at some orders, the newest first, and says at which; the pages together are all.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from api.access import Token
from api.tracking import ROWS, Past, Place, Quadrant, Table, TableAsked
from domain.linking import is_waiting_place
from domain.order import fold_order
from domain.stream import order_stream
from domain.time import instant_text
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.listed import list_order
from domain.tracking.tracking import fold_tracking
from domain.words.desk import DESK_WORDS
from eventstore import log, reading
from eventstore.connection import Cursor
from eventstore.pool import Pool
from orderproof.desk_row import HOUR, row_of
from orderproof.order_desk.lists import Listing, listing
from orderproof.sessions import Sessions, catch_up_a_little
from projections import order_summary
from projections.order_summary import OrderSummary

_BYTES = 16 << 20  # of events that a page reads at most, its first order apart


def past_table(
    readers: Pool, sessions: Sessions, token: Token, asked: TableAsked, language: str
) -> tuple[Table, Place | None]:
    """Return a page of the table as a past day ended, by UTC, and where it ends.

    Args:
        readers: connections in `eventstore.reading.ROLE`.
        sessions: lends open stores.
        token: of whose shops it is.
        asked: which orders, and which day; `after` is where the page before ended.
        language: `en` or `zh`.
    """
    if asked.day is None:
        raise ValueError("no day is named")
    end = datetime.combine(asked.day + timedelta(days=1), time(), UTC)
    at = int(end.timestamp()) * 1_000_000 - 1
    with sessions.one() as store:
        catch_up_a_little(store, (order_summary.ORDER_SUMMARY.name,))
        position = log.reached_by(store.connection, end)
    words = DESK_WORDS[language]
    wanted = order_summary.Asked(
        as_of=position,
        shop=asked.shop,
        # A day more: a shop's clock may be ahead of ours.
        last_day=(asked.day + timedelta(days=1)).isoformat(),
        before=_place(asked.after),
        limit=ROWS + 1,
    )
    with reading.session(readers, token.sees) as cursor:
        known = order_summary.page(cursor, wanted) if position else []
        looked = _as_many_as_fit(cursor, known[:ROWS], position)
        found = [one for one in _unfinished(cursor, looked, position, at) if _is(one, asked)]
    found.sort(key=_by_plan if asked.overdue else _by_work)
    last = looked[-1] if len(looked) < len(known) else None
    table = Table(
        as_of=position,
        at=instant_text(at - at % 1_000_000),
        columns=dict(words.columns),
        quadrants=[
            Quadrant(quadrant=quadrant, meaning=meaning, orders=None)
            for quadrant, meaning in words.quadrants.items()
        ],
        overdue=None,
        undecided=None,
        past=Past(
            day=asked.day.isoformat(),
            looked_at=len(looked),
            newest=looked[0].first_day if looked else None,
            oldest=looked[-1].first_day if looked else None,
        ),
        silence=DESK_POLICY.silence // HOUR,
        rows=[row_of(one, words, at) for one in found],
    )
    return table, None if last is None else (last.first_day, last.first_position)


def _place(after: tuple[int | str, ...] | None) -> tuple[str, int] | None:
    return None if after is None else (str(after[0]), int(after[1]))


def _as_many_as_fit(
    cursor: Cursor, orders: Sequence[OrderSummary], upto: int
) -> list[OrderSummary]:
    """Return the first orders, as many as a page may read the events of."""
    sizes = reading.sizes(cursor, [order_stream(one.shop, one.number) for one in orders], upto)
    found: list[OrderSummary] = []
    total = 0
    for one in orders:
        total += sizes.get(order_stream(one.shop, one.number), 0)
        if found and total > _BYTES:
            break
        found.append(one)
    return found


def _unfinished(
    cursor: Cursor, orders: Sequence[OrderSummary], upto: int, at: int
) -> Iterator[Listing]:
    streams = [order_stream(one.shop, one.number) for one in orders]
    lines = reading.lines_of(cursor, [each for each in streams if not is_waiting_place(each)], upto)
    for recorded in lines.values():
        events = log.decoded(recorded)
        listed = list_order(fold_tracking(events, fold_order(events)), DESK_POLICY)
        if listed is not None:
            yield listing(listed, at)


def _by_plan(one: Listing) -> int:
    return -one.overdue_days


def _by_work(one: Listing) -> tuple[int, int, int]:
    return one.order.quadrant, one.order.priority, one.order.due_at


def _is(one: Listing, asked: TableAsked) -> bool:
    order = one.order
    return (
        asked.quadrant in (None, order.quadrant)
        and (asked.owner is None or asked.owner in (order.owner, order.department))
        and (not asked.overdue or one.overdue_days > 0)
        and (not asked.undecided or not order.action)
    )
