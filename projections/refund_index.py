"""One row a refund, found by every id that a settlement file may know it by."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.event import Event
from domain.linking import LINKED, is_waiting_place
from domain.obligation import psp_of
from domain.order import Order
from domain.reading import name_key
from domain.reconciling import Known
from domain.refund import ACTION_REQUIRED, PAID, PENDING, SUBMITTED, Refund
from domain.stream import split_order_stream
from domain.time import utc_date
from projections.folded import order_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.refund_index"

_COLUMNS = (
    "shop", "refund_id", "psp", "psp_key", "psp_refund_id", "reference", "idempotency_keys",
    "payment_ids", "amount", "currency", "state", "day", "last_fact_at", "sources", "keys",
)  # fmt: skip
_READ = (
    "s.stream, r.refund_id, r.psp, r.psp_refund_id, r.reference, r.idempotency_keys, r.payment_ids,"
    " r.amount, r.currency, r.state, r.day"
)
_FROM = f" FROM {TABLE} r JOIN streams s USING (stream_id)"
_ASKED = 1_000  # ids that are looked up together


def named(connection: Connection, ids: Iterable[str], shop: str | None) -> Iterator[Known]:
    """Return the refunds that have one of these ids as any of theirs, each at least once."""
    rest = iter(set(ids))
    while batch := list(islice(rest, _ASKED)):
        yield from _select(
            connection,
            " WHERE r.keys && %s::text[] AND coalesce(r.shop = %s, true)",
            ([_digest(key) for key in batch], shop),
        )


def paid_between(
    connection: Connection, start: date, end: date, psps: Iterable[str] | None, shop: str | None
) -> Iterator[Known]:
    """Return the refunds that were paid on these days.

    Args:
        connection: to the read models; no transaction is open on it.
        start: first day, UTC.
        end: last day.
        psps: by these providers; by none that is known where it is empty; None for whichever.
        shop: whose; None for all.
    """
    keys = None if psps is None else sorted({name_key(psp) for psp in psps}) or [""]
    yield from _select(
        connection,
        " WHERE r.state = %s AND r.day BETWEEN %s AND %s"
        " AND coalesce(coalesce(r.psp_key, '') = ANY (%s), true) AND coalesce(r.shop = %s, true)",
        (PAID, start.isoformat(), end.isoformat(), keys, shop),
    )


class UnderWay(msgspec.Struct, frozen=True):
    """A refund that the PSP has, and has not ended; its last fact in microseconds since 1970."""

    stream: str
    refund_id: str
    psp: str | None
    last_fact_at: int | None
    sources: tuple[str, ...]


def under_way(connection: Connection) -> list[UnderWay]:
    """Return the refunds that are on their way, by order."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.stream, r.refund_id, r.psp, r.last_fact_at, r.sources{_FROM}"
            f" WHERE r.state IN ('{SUBMITTED}', '{PENDING}', '{ACTION_REQUIRED}') ORDER BY 1, 2"
        )
        return [
            UnderWay(stream, refund_id, psp, at, tuple(json.loads(sources)))
            for stream, refund_id, psp, at, sources in cursor.fetchall()
        ]


def _select(connection: Connection, where: str, parameters: tuple[object, ...]) -> Iterator[Known]:
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {_READ}{_FROM}{where}", parameters)
        rows = cursor.fetchall()
    for stream, refund_id, psp, psp_id, reference, keys, payments, amount, code, state, day in rows:
        yield Known(
            order=stream,
            refund_id=refund_id,
            psp=psp,
            psp_refund_id=psp_id,
            reference=reference,
            idempotency_keys=tuple(json.loads(keys)),
            payment_ids=tuple(json.loads(payments)),
            amount=amount,
            currency=code,
            state=state,
            day=None if day is None else date.fromisoformat(day),
        )


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    # Most orders are never refunded, and folding is what a projection spends its time on.
    if not any(event.type.startswith("refund.") for event in events):
        return []
    if is_waiting_place(stream) and any(event.type == LINKED for event in events):
        return []  # its order says the same now
    shop, _ = split_order_stream(stream) or ("", stream)
    order = order_of(events)
    return [_row(shop, order, refund) for refund in order.refunds.values() if refund.decided]


def _row(shop: str, order: Order, refund: Refund) -> tuple[Any, ...]:
    psp = psp_of(order, refund)
    amount, currency = refund.returned or refund.promised or (None, None)
    payments = [refund.payment_id]
    for payment in order.payments_of(refund):
        payments += [payment.payment_id, payment.psp_payment_id]
    payment_ids = list(dict.fromkeys(each for each in payments if each))
    at = refund.paid_at if refund.paid_at is not None else refund.last_fact_at
    keys = {refund.refund_id, refund.psp_refund_id, refund.reference.number, *payment_ids}
    digests = sorted(_digest(key) for key in keys | set(refund.idempotency_keys) if key)
    return (
        shop,
        refund.refund_id,
        psp,
        name_key(psp) if psp else None,
        refund.psp_refund_id,
        refund.reference.number,
        json.dumps(refund.idempotency_keys),
        json.dumps(payment_ids),
        amount,
        currency and currency.upper(),
        refund.state,
        None if at is None else utc_date(at).isoformat(),
        refund.last_fact_at,
        json.dumps(refund.sources),
        "{" + ",".join(digests) + "}",
    )


def _digest(key: str) -> str:
    """Return what an id is looked up by: it may have 4 KB, which no index entry has."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


REFUND_INDEX = Projection(
    name="refund_index",
    version=1,
    columns=_COLUMNS,
    key=("stream_id", "refund_id"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
