"""One row an order: its state and its totals, by the same fold that claims are judged with."""

from collections.abc import Sequence
from datetime import date

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from domain.event import Event
from domain.linking import WAITING_PATTERN
from domain.refund import CANCELLED, OFFLINE, PAID, REJECTED, Refund
from domain.stream import split_order_stream, stream_id
from domain.time import read_date
from projections.folded import order_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.order_summary"


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the summary; amounts in minor units of `currency`.

    `first_day` is the UTC day of the order's first event and `first_position` where it stands: by
    them orders are listed, since they never change.
    """

    stream: str
    shop: str
    number: str
    customer: str | None
    events: int
    status: str
    placed_at: str | None
    closed_at: str | None
    currency: str | None
    total: int | None
    captured: int
    refunded: int
    open_refunds: int
    recorded_at: str
    position: int
    first_day: str
    first_position: int


_COLUMNS = OrderSummary.__struct_fields__
# A sum of amounts can pass 2^63, so these columns are numeric and are read as integers' text.
_AS_READ = {
    "captured": "captured::text",
    "refunded": "refunded::text",
    "recorded_at": "utc_text(recorded_at)",
}
_SELECTED = ", ".join(_AS_READ.get(column, column) for column in _COLUMNS)


def summarise(stream: str, events: Sequence[Event]) -> OrderSummary:
    """Fold an order's events, given by version, into its summary."""
    shop, number = split_order_stream(stream) or ("", stream)
    order = order_of(events)
    day = read_date(events[0].occurred_at)
    paid = [refund.returned for refund in order.refunds.values() if refund.money_went_out]
    return OrderSummary(
        stream=stream,
        shop=shop,
        number=number,
        customer=order.customer_id,
        events=order.events,
        status=order.status,
        placed_at=order.placed_at,
        closed_at=order.closed_at,
        currency=order.money_currency,
        total=order.total,
        captured=sum(payment.amount or 0 for payment in order.payments),
        refunded=sum(amount for amount, _ in filter(None, paid)),
        open_refunds=sum(1 for refund in order.refunds.values() if _is_open(refund)),
        recorded_at=max(event.recorded_at for event in events),
        position=max(event.position for event in events),
        first_day=(day or read_date(events[0].recorded_at) or date.min).isoformat(),
        first_position=events[0].position,
    )


def _is_open(refund: Refund) -> bool:
    return refund.decided and refund.state not in (PAID, OFFLINE, REJECTED, CANCELLED)


def read(connection: Connection, stream: str) -> OrderSummary | None:
    """Return the summary of an order, or None if there is none."""
    found = _select(connection, "WHERE stream_id = %s", (str(stream_id(stream)),))
    return found[0] if found else None


def closed(connection: Connection, streams: Sequence[str]) -> list[OrderSummary]:
    """Return the summaries of those of these orders that are closed."""
    ids = [str(stream_id(stream)) for stream in streams]
    return _select(
        connection, "WHERE stream_id = ANY(%s::uuid[]) AND closed_at IS NOT NULL", (ids,)
    )


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders a list shows; they come by their first day, the newest first.

    Args:
        as_of: position that the list is pinned to: orders that began later are left out.
        shop: only this shop's.
        first_day: only those that began on this day or later.
        last_day: only those that began on this day or before.
        before: day and position of the last order of the page before; None for the first page.
        limit: how many.
    """

    as_of: int
    shop: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    before: tuple[str, int] | None = None
    limit: int = 50


def page(cursor: Cursor, asked: Asked) -> list[OrderSummary]:
    """Return a page of the orders that the session may see, waiting places apart."""
    where, parameters = _where(asked)
    if asked.before is not None:
        where += " AND (first_day, first_position) < (%(day)s, %(place)s)"
        parameters |= {"day": asked.before[0], "place": asked.before[1]}
    # How many rows policies leave the planner cannot know, and would read and sort all of them.
    cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off")
    cursor.execute(
        f"SELECT {_SELECTED} FROM {TABLE} WHERE {where}"
        " ORDER BY first_day DESC, first_position DESC LIMIT %(limit)s",
        {**parameters, "limit": asked.limit},
    )
    found = _read(cursor)
    cursor.execute("SET LOCAL enable_sort = on; SET LOCAL enable_seqscan = on")
    return found


def of_streams(cursor: Cursor, streams: Sequence[str], asked: Asked) -> list[OrderSummary]:
    """Return those of some orders that the session may see and that are asked for."""
    where, parameters = _where(asked)
    ids = [str(stream_id(stream)) for stream in streams]
    cursor.execute(
        f"SELECT {_SELECTED} FROM {TABLE} WHERE stream_id = ANY (%(ids)s::uuid[]) AND {where}"
        " ORDER BY first_day DESC, first_position DESC LIMIT %(limit)s",
        {**parameters, "ids": ids, "limit": asked.limit},
    )
    return _read(cursor)


def totals(cursor: Cursor, as_of: int) -> tuple[int, int]:
    """Return how many orders the session may see, and how many events they have by now."""
    where, parameters = _where(Asked(as_of=as_of))
    cursor.execute(
        f"SELECT count(*), coalesce(sum(events), 0)::bigint FROM {TABLE} WHERE {where}", parameters
    )
    [(orders, events)] = cursor.fetchall()
    return int(orders), int(events)


def outside(cursor: Cursor, asked: Asked) -> int:
    """Return how many orders began outside the days that are asked for, of those it may see."""
    if asked.first_day is None and asked.last_day is None:
        return 0
    where, parameters = _where(msgspec.structs.replace(asked, first_day=None, last_day=None))
    cursor.execute(
        f"SELECT count(*) FROM {TABLE} WHERE {where}"
        " AND NOT (first_day >= %(first)s AND first_day <= %(last)s)",
        {**parameters, "first": asked.first_day or "", "last": asked.last_day or "~"},
    )
    [(count,)] = cursor.fetchall()
    return int(count)


def _where(asked: Asked) -> tuple[str, dict[str, object]]:
    where = "first_position <= %(as_of)s AND number !~ %(waiting)s"
    parameters: dict[str, object] = {"as_of": asked.as_of, "waiting": WAITING_PATTERN}
    if asked.shop is not None:
        where += " AND shop = %(shop)s AND left(shop, 200) = left(%(shop)s, 200)"
        parameters["shop"] = asked.shop
    if asked.first_day is not None:
        where += " AND first_day >= %(first)s"
        parameters["first"] = asked.first_day
    if asked.last_day is not None:
        where += " AND first_day <= %(last)s"
        parameters["last"] = asked.last_day
    return where, parameters


def _select(
    connection: Connection, where: str, parameters: tuple[object, ...]
) -> list[OrderSummary]:
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {_SELECTED} FROM {TABLE} {where}", parameters)
        return _read(cursor)


def _read(cursor: Cursor) -> list[OrderSummary]:
    return [
        msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), OrderSummary, strict=False)
        for row in cursor.fetchall()
    ]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    return [msgspec.structs.astuple(summarise(stream, events))] if events else []


ORDER_SUMMARY = Projection(
    name="order_summary",
    version=3,
    columns=_COLUMNS,
    key=("stream_id",),
    rows=_rows,
    ddl=read_ddl(__file__),
)
