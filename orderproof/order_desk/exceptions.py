"""Exceptions and compensation of all orders as lists: what is open, and what comes first."""

from collections.abc import Iterator
from typing import Any

import msgspec

from domain.time import instant_text
from domain.tracking.subtypes import find_subtype, subtype_title
from domain.words.desk import DeskWords
from eventstore.connection import Connection
from projections import compensation_ledger, order_exception

_PAGE = 1_000
_MINUTE = 60_000_000


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Which exceptions or compensation are meant.

    Args:
        shop: of this shop.
        class_: of this class, for exceptions.
        department: that this department sees to, for exceptions.
        owner: that this person sees to, for exceptions.
        ended: those that are over, too; else what is open alone.
    """

    shop: str | None = None
    class_: str | None = None
    department: str | None = None
    owner: str | None = None
    ended: bool = False


class ExceptionRow(msgspec.Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """One exception as the list shows it.

    Args:
        order: `shop/number`.
        exception_id: its id in the order.
        class_: payment, information, stock or logistics, or another word as reported.
        subtype: what kind of it.
        title: the same in the reader's language.
        level: 1 to 3; None where nobody said.
        priority: lower is handled first.
        state: how far its handling is.
        department: where it lies; its kind's as long as it was handed to nobody.
        owner: who sees to it.
        found_by: the rule or person that found it.
        raised_at: RFC 3339 UTC; None where its time cannot be read.
        minutes: whole minutes from raising to its end, or to now.
        guidance: how to handle its kind, in the reader's language.
    """

    order: str
    exception_id: str
    class_: str | None
    subtype: str | None
    title: str
    level: int | None
    priority: int
    state: str
    department: str | None
    owner: str | None
    found_by: str | None
    raised_at: str | None
    minutes: int | None
    guidance: str | None


class CompensationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One compensation as the list shows it; `amount` in minor units of `currency`."""

    order: str
    compensation_id: str
    state: str
    kind: str | None
    level: int | None
    amount: int | None
    currency: str | None
    condition: str | None
    offered_at: str | None
    issued_at: str | None


def read(
    connection: Connection, chosen: Chosen, at: int, words: DeskWords
) -> Iterator[ExceptionRow]:
    """Read exceptions, the most urgent first.

    Args:
        connection: to the read models; no transaction is open on it.
        chosen: which exceptions.
        at: the instant by which minutes are counted.
        words: of the reader's language.
    """
    where, parameters = _where(chosen)
    with connection, connection.cursor("exceptions") as cursor:
        cursor.itersize = _PAGE
        cursor.execute(
            "SELECT shop, number, own_id, class, subtype, level, priority, state, department,"
            f" owner, found_by, raised_at, ended_at FROM {order_exception.TABLE}{where}"
            " ORDER BY priority, raised_at, stream_id, own_id",
            parameters,
        )
        for row in cursor:
            yield _exception(row, at, words)


def read_compensation(connection: Connection, chosen: Chosen) -> Iterator[CompensationRow]:
    """Read compensation, the oldest offer first."""
    conditions = [] if chosen.ended else ["state IN ('offered', 'accepted')"]
    parameters: list[object] = []
    if chosen.shop is not None:
        conditions.append("shop = %s")
        parameters.append(chosen.shop)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection, connection.cursor("compensation") as cursor:
        cursor.itersize = _PAGE
        cursor.execute(
            "SELECT shop, number, own_id, state, kind, level, amount, currency, condition,"
            f" offered_at, issued_at FROM {compensation_ledger.TABLE}{where}"
            " ORDER BY offered_at, stream_id, own_id",
            parameters,
        )
        for shop, number, *own, offered, issued in cursor:
            own_id, state, kind, level, amount, currency, condition = own
            yield CompensationRow(
                order=f"{shop}/{number}",
                compensation_id=own_id,
                state=state,
                kind=kind,
                level=level,
                amount=amount,
                currency=currency,
                condition=condition,
                offered_at=_text(offered),
                issued_at=_text(issued),
            )


def _where(chosen: Chosen) -> tuple[str, list[object]]:
    wanted = {
        "shop": chosen.shop,
        "class": chosen.class_,
        "department": chosen.department,
        "owner": chosen.owner,
    }
    conditions = [] if chosen.ended else ["open"]
    conditions += [f"{column} = %s" for column, value in wanted.items() if value is not None]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return where, [value for value in wanted.values() if value is not None]


def _exception(row: tuple[Any, ...], at: int, words: DeskWords) -> ExceptionRow:
    shop, number, own_id, class_, subtype, level, priority, state, *rest = row
    department, owner, found_by, raised, ended = rest
    kind = find_subtype(class_, subtype)
    until = at if ended is None else ended
    return ExceptionRow(
        order=f"{shop}/{number}",
        exception_id=own_id,
        class_=class_,
        subtype=subtype,
        title=subtype_title(f"{class_}.{subtype}", words.code),
        level=level,
        priority=priority,
        state=state,
        department=department,
        owner=owner,
        found_by=found_by,
        raised_at=_text(raised),
        minutes=None if raised is None else max(until - raised, 0) // _MINUTE,
        guidance=None if kind is None else kind.guidance[words.code],
    )


def _text(at: int | None) -> str | None:
    return None if at is None else instant_text(at)
