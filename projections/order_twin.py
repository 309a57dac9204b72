"""What each account ordered when: the same goods again soon may be a slip (R049)."""

from collections.abc import Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.checks.duplicates import WINDOW, Ordered, read_ordered
from domain.event import Event
from domain.linking import is_waiting_place
from domain.stream import split_order_stream
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.order_twin"


class Twin(msgspec.Struct, frozen=True):
    """An order that may be the same one placed twice: its stream, the goods in common, the gap."""

    stream: str
    skus: tuple[str, ...]
    gap: int


def find(connection: Connection, shop: str, stream: str, ordered: Ordered) -> list[Twin]:
    """Return orders of the same account with goods in common, at most `WINDOW` before.

    The later order is the one that is suspected; of two at the same instant, the one whose stream's
    name comes later.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.stream, array_agg(DISTINCT t.sku ORDER BY t.sku), %(at)s - t.placed_at"
            f" FROM {TABLE} t JOIN streams s USING (stream_id)"
            " WHERE t.shop = %(shop)s AND left(t.account, 200) = left(%(account)s, 200)"
            " AND t.account = %(account)s AND t.sku = ANY (%(skus)s)"
            " AND t.placed_at BETWEEN %(at)s - %(window)s AND %(at)s"
            " AND (t.placed_at, s.stream) < (%(at)s, %(stream)s)"
            " GROUP BY s.stream, t.placed_at ORDER BY t.placed_at DESC, s.stream",
            {
                "at": ordered.at,
                "shop": shop,
                "account": ordered.account,
                "skus": list(ordered.skus),
                "window": WINDOW,
                "stream": stream,
            },
        )
        return [Twin(other, tuple(skus), gap) for other, skus, gap in cursor.fetchall()]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    named = split_order_stream(stream)
    if named is None or is_waiting_place(stream):
        return []
    ordered = read_ordered(events)
    if ordered is None:
        return []
    return [(named[0], ordered.account, sku, ordered.at) for sku in ordered.skus]


ORDER_TWIN = Projection(
    name="order_twin",
    version=1,
    columns=("shop", "account", "sku", "placed_at"),
    key=("stream_id", "sku"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
