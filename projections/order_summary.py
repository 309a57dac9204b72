"""One row an order: its state and its totals, by the same fold that claims are judged with."""

from collections.abc import Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.event import Event
from domain.refund import CANCELLED, OFFLINE, PAID, REJECTED, Refund
from domain.stream import split_order_stream, stream_id
from projections.folded import order_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.order_summary"


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the summary; amounts in minor units of `currency`."""

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


_COLUMNS = OrderSummary.__struct_fields__
# A sum of amounts can pass 2^63, so these columns are numeric and are read as integers' text.
_AS_READ = {
    "captured": "captured::text",
    "refunded": "refunded::text",
    "recorded_at": "utc_text(recorded_at)",
}


def summarise(stream: str, events: Sequence[Event]) -> OrderSummary:
    """Fold an order's events, given by version, into its summary."""
    shop, number = split_order_stream(stream) or ("", stream)
    order = order_of(events)
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


def _select(
    connection: Connection, where: str, parameters: tuple[object, ...]
) -> list[OrderSummary]:
    columns = ", ".join(_AS_READ.get(column, column) for column in _COLUMNS)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {TABLE} {where}", parameters)
        rows = cursor.fetchall()
    return [
        msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), OrderSummary, strict=False)
        for row in rows
    ]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    return [msgspec.structs.astuple(summarise(stream, events))] if events else []


ORDER_SUMMARY = Projection(
    name="order_summary",
    version=2,
    columns=_COLUMNS,
    key=("stream_id",),
    rows=_rows,
    ddl=read_ddl(__file__),
)
