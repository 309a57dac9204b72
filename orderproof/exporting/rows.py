"""What an export holds: the rows of each kind, pinned to a position, as far as the reader may see.

Personal data is masked: no kind opens any. Rows are read a page at a time, each in a transaction
of its own, and are the same however often they are read up to the same position.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

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
_ORDERS = 500
_MESSAGES = ("message.received", "message.sent")

Row = tuple[Any, ...]


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
        rows: yields them in sequence, from the readers' connections, a scope and a position.
    """

    columns: Mapping[str, str]
    rows: Callable[[Pool, Scope, int], Iterator[Row]]


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
    pii: msgspec.Raw = msgspec.Raw()
    actor: msgspec.Raw = msgspec.Raw()


_BODY = msgspec.json.Decoder(_Body)


def _read(position: int, body: str) -> _Body:
    try:
        return _BODY.decode(body)
    except msgspec.DecodeError as error:
        raise log.altered(position) from error


def _events(pool: Pool, scope: Scope, as_of: int) -> Iterator[Row]:
    for position, version, moment, stream, type_, body, hash_ in _stored(pool, scope, as_of, None):
        shop, number = split_order_stream(stream) or (None, None)
        said = _read(position, body)
        yield (
            position, shop, number, version, type_, said.source, said.id, said.occurred_at,
            log.utc_text(moment), said.schema, said.data, bool(bytes(said.pii)),
            said.actor if bytes(said.actor) else None, hash_,
        )  # fmt: skip


def _contacts(pool: Pool, scope: Scope, as_of: int) -> Iterator[Row]:
    found = _stored(pool, scope, as_of, _MESSAGES)
    for position, _, moment, stream, type_, body, hash_ in found:
        shop, number = split_order_stream(stream) or (None, None)
        said = _read(position, body)
        data = msgspec.json.decode(said.data)
        yield (
            position, shop, number, said.occurred_at, log.utc_text(moment),
            type_.removeprefix("message."),
            *(_text(data.get(name)) for name in ("channel", "template", "language", "message_id")),
            bool(bytes(said.pii)), hash_,
        )  # fmt: skip


def _stored(
    pool: Pool, scope: Scope, as_of: int, types: tuple[str, ...] | None
) -> Iterator[tuple[Any, ...]]:
    for after in range(0, as_of, _PAGE):
        with reading.session(pool, scope) as cursor:
            rows = reading.bodies(cursor, after, min(after + _PAGE, as_of), types)
        yield from rows


def _orders(pool: Pool, scope: Scope, as_of: int) -> Iterator[Row]:
    before: tuple[str, int] | None = None
    while True:
        asked = order_summary.Asked(as_of=as_of, before=before, limit=_PAGE)
        with reading.session(pool, scope) as cursor:
            page = order_summary.page(cursor, asked)
            rows = [_order(_at(cursor, one, as_of)) for one in page]
        yield from rows
        if len(page) < _PAGE:
            return
        before = (page[-1].first_day, page[-1].first_position)


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


def _refunds(pool: Pool, scope: Scope, as_of: int) -> Iterator[Row]:
    before: tuple[str, int] | None = None
    while True:
        asked = order_summary.Asked(as_of=as_of, before=before, limit=_ORDERS)
        with reading.session(pool, scope) as cursor:
            page = order_summary.page(cursor, asked)
            lines = reading.lines_of(cursor, [one.stream for one in page], as_of)
        for one in page:
            found = lines.get(one.stream, [])
            # Most orders are never refunded.
            if any(line.type.startswith("refund.") for line in found):
                order = fold_order(log.decoded(found, to_show=True))
                for refund in order.refunds.values():
                    yield (one.shop, one.number, *_refund(order, refund))
        if len(page) < _ORDERS:
            return
        before = (page[-1].first_day, page[-1].first_position)


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
