"""What an export holds: the rows of each kind, pinned to a position, as far as the reader may see.

Personal data is masked: no kind opens any. Rows are read a page at a time, each in a transaction
of its own. Up to the same position, pages are the same however often and from where they are read.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from domain.line import Line
from domain.obligation import psp_of
from domain.order import Order, fold_order
from domain.refund import Refund
from domain.stream import split_order_stream
from domain.time import utc_date
from eventstore import log, reading
from eventstore.pool import Pool
from eventstore.reading import Scope
from projections import order_summary
from projections.order_summary import ORDER_SUMMARY, OrderSummary

INT, TEXT, BOOL, JSON = "int", "text", "bool", "json"

MODELS = (ORDER_SUMMARY.name,)
"""Read models that rows are made of."""

_PAGE = 2_000
_BYTES = 4 << 20
_ORDERS = 500
_MESSAGES = ("message.received", "message.sent")

Row = tuple[Any, ...]
Place = int | tuple[str, int]
"""Where a page ends: a position of the log, or an order's first day and first position."""


class Page(msgspec.Struct, frozen=True):
    """Some rows.

    Args:
        rows: in sequence; a page may have none.
        after: where the next page begins; None: this is the last one.
    """

    rows: list[Row]
    after: Place | None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows.

    Args:
        as_of: position that the export is pinned to.
        shop: only this shop's.
        first_day: only of orders that began on this UTC day or later.
        last_day: only of orders that began on this day or before.
    """

    as_of: int
    shop: str | None = None
    first_day: str | None = None
    last_day: str | None = None

    def narrows(self, scope: Scope) -> Scope:
        """Return a scope with this filter on it."""
        there = self.shop is None or not scope.shops or self.shop in scope.shops
        shops = scope.shops if self.shop is None else (self.shop if there else "",)
        starts = [day for day in (scope.first_day, self.first_day) if day]
        ends = [day for day in (scope.last_day, self.last_day) if day]
        return Scope(
            shops=shops,
            first_day=max(starts, default=None),
            last_day=min(ends, default=None),
        )


class Kind(msgspec.Struct, frozen=True):
    """A kind of export.

    Args:
        columns: the type of each, by name.
        pages: yields them in sequence, from the readers' connections, a scope, a position, and the
            place to begin at, None for the beginning.
    """

    columns: Mapping[str, str]
    pages: Callable[[Pool, Scope, int, Any], Iterator[Page]]


class Counts(msgspec.Struct, frozen=True):
    """What an export would hold: orders, and their events."""

    orders: int
    events: int


def count(pool: Pool, scope: Scope, chosen: Filter) -> Counts:
    """Return how many orders and events an export is about."""
    with reading.session(pool, chosen.narrows(scope)) as cursor:
        return Counts(*order_summary.totals(cursor, chosen.as_of))


class _Body(msgspec.Struct):
    """An event's body, as far as it is looked into."""

    id: str
    source: str
    occurred_at: str
    data: msgspec.Raw
    schema: int = 1
    pii: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    actor: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode = msgspec.json.Decoder(_Body).decode
_split = lru_cache(maxsize=4_096)(split_order_stream)  # the events of an order mostly lie together


def _read(position: int, body: str) -> _Body:
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise log.altered(position) from error


def _events(pool: Pool, scope: Scope, as_of: int, after: int | None) -> Iterator[Page]:
    for found, place in _stored(pool, scope, as_of, after, None):
        yield Page([_event(*row) for row in found], place)


def _event(
    position: int, version: int, moment: str, stream: str, type_: str, body: str, hash_: str
) -> Row:
    shop, number = _split(stream) or (None, None)
    said = _read(position, body)
    return (
        position, shop, number, version, type_, said.source, said.id, said.occurred_at,
        log.utc_text(moment), said.schema, said.data, said.pii is not msgspec.UNSET,
        None if said.actor is msgspec.UNSET else said.actor, hash_,
    )  # fmt: skip


def _contacts(pool: Pool, scope: Scope, as_of: int, after: int | None) -> Iterator[Page]:
    for found, place in _stored(pool, scope, as_of, after, _MESSAGES):
        yield Page([_contact(*row) for row in found], place)


def _contact(
    position: int, _: int, moment: str, stream: str, type_: str, body: str, hash_: str
) -> Row:
    shop, number = _split(stream) or (None, None)
    said = _read(position, body)
    data = msgspec.json.decode(said.data)
    return (
        position, shop, number, said.occurred_at, log.utc_text(moment),
        type_.removeprefix("message."),
        *(_text(data.get(name)) for name in ("channel", "template", "language", "message_id")),
        said.pii is not msgspec.UNSET, hash_,
    )  # fmt: skip


def _stored(
    pool: Pool, scope: Scope, as_of: int, after: int | None, types: tuple[str, ...] | None
) -> Iterator[tuple[list[tuple[Any, ...]], int | None]]:
    place = after or 0
    while place < as_of:
        with reading.session(pool, scope) as cursor:
            upto = min(place + _PAGE, as_of)
            rows, place = reading.bodies(cursor, place, upto, _BYTES, types)
        yield rows, place if place < as_of else None


def _orders(pool: Pool, scope: Scope, as_of: int, before: tuple[str, int] | None) -> Iterator[Page]:
    while True:
        asked = order_summary.Asked(as_of=as_of, before=before, limit=_PAGE)
        with reading.session(pool, scope) as cursor:
            page = order_summary.page(cursor, asked)
            rows = [_order(_at(cursor, one, as_of)) for one in page]
        before = _end(page, _PAGE)
        yield Page(rows, before)
        if before is None:
            return


def _end(page: list[OrderSummary], limit: int) -> tuple[str, int] | None:
    return None if len(page) < limit else (page[-1].first_day, page[-1].first_position)


def _at(cursor: Any, row: OrderSummary, as_of: int) -> OrderSummary:
    if row.position <= as_of:
        return row
    lines = reading.lines(cursor, row.stream, as_of)
    return order_summary.summarise(row.stream, log.decoded(lines, to_show=True))


def _order(row: OrderSummary) -> Row:
    return (
        row.shop, row.number, row.status, row.placed_at, row.closed_at, row.currency, row.total,
        row.captured, row.refunded, row.open_refunds, row.events, row.recorded_at, row.position,
    )  # fmt: skip


def _refunds(
    pool: Pool, scope: Scope, as_of: int, before: tuple[str, int] | None
) -> Iterator[Page]:
    while True:
        asked = order_summary.Asked(as_of=as_of, before=before, limit=_ORDERS)
        with reading.session(pool, scope) as cursor:
            page = order_summary.page(cursor, asked)
            rows = [
                row
                for some in _portions(cursor, page, as_of)
                for row in _refunds_of(some, reading.lines_of(cursor, [*some], as_of))
            ]
        before = _end(page, _ORDERS)
        yield Page(rows, before)
        if before is None:
            return


def _portions(
    cursor: Any, page: list[OrderSummary], as_of: int
) -> Iterator[dict[str, OrderSummary]]:
    """Yield the orders of a page by stream, so many at a time as memory is for."""
    sizes = reading.sizes(cursor, [one.stream for one in page], as_of)
    some: dict[str, OrderSummary] = {}
    size = 0
    for one in page:
        if size > _BYTES:
            yield some
            some, size = {}, 0
        some[one.stream] = one
        size += sizes.get(one.stream, 0)
    yield some


def _refunds_of(orders: dict[str, OrderSummary], lines: dict[str, list[Line]]) -> Iterator[Row]:
    for stream, one in orders.items():
        found = lines.get(stream, [])
        # Most orders are never refunded.
        if any(line.type.startswith("refund.") for line in found):
            order = fold_order(log.decoded(found, to_show=True))
            for refund in order.refunds.values():
                yield (one.shop, one.number, *_refund(order, refund))


def _refund(order: Order, refund: Refund) -> Row:
    amount, currency = refund.returned or refund.promised or (None, None)
    at = refund.paid_at if refund.paid_at is not None else refund.last_fact_at
    return (
        refund.refund_id,
        psp_of(order, refund),
        refund.psp_refund_id,
        refund.reference.number,
        amount,
        currency and currency.upper(),
        refund.state,
        None if at is None else utc_date(at).isoformat(),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


KINDS: Mapping[str, Kind] = {
    "orders": Kind(
        {
            "shop": TEXT, "order": TEXT, "status": TEXT, "placed_at": TEXT, "closed_at": TEXT,
            "currency": TEXT, "total": INT, "captured": INT, "refunded": INT, "open_refunds": INT,
            "events": INT, "recorded_at": TEXT, "position": INT,
        },
        _orders,
    ),
    "events": Kind(
        {
            "position": INT, "shop": TEXT, "order": TEXT, "version": INT, "type": TEXT,
            "source": TEXT, "id": TEXT, "occurred_at": TEXT, "recorded_at": TEXT, "schema": INT,
            "data": JSON, "sealed": BOOL, "actor": JSON, "hash": TEXT,
        },
        _events,
    ),
    "refunds": Kind(
        {
            "shop": TEXT, "order": TEXT, "refund_id": TEXT, "psp": TEXT, "psp_refund_id": TEXT,
            "reference": TEXT, "amount": INT, "currency": TEXT, "state": TEXT, "day": TEXT,
        },
        _refunds,
    ),
    "contacts": Kind(
        {
            "position": INT, "shop": TEXT, "order": TEXT, "occurred_at": TEXT, "recorded_at": TEXT,
            "direction": TEXT, "channel": TEXT, "template": TEXT, "language": TEXT,
            "message_id": TEXT, "sealed": BOOL, "hash": TEXT,
        },
        _contacts,
    ),
}  # fmt: skip
"""By name. Amounts are in minor units of the currency beside them."""
