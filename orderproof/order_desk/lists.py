"""The order desk's lists, read from the tracking table in the sequence of the work."""

import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

import msgspec

from domain.stream import order_stream, stream_id
from domain.time import instant_text, utc_date
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.listed import DIMENSIONS, ListedOrder
from domain.tracking.quadrant import NEVER, PROMISE_NEAR
from eventstore.connection import Connection, Cursor
from orderproof.bootstrap import Store, catch_up
from projections.order_summary import ORDER_SUMMARY
from projections.order_summary import TABLE as SUMMARY
from projections.projection import Projection
from projections.runner import read_position
from projections.tracking_table import TABLE, TRACKING_TABLE, decode

PAGE = 1_000
"""Rows that are read at a time; what is in memory depends on it and not on the list's length."""

COUNTED = 2_000
"""Orders that are counted at most beside a list of some of them."""

_INDEXED = 200
"""Characters of a name that an index holds: one that others sent may be longer than it takes."""

_WORK = ("quadrant", "priority", "due_at", "stream_id")
_BY_PLAN = ("planned", "stream_id")

Place = tuple[int | str, ...]
"""Where a list goes on: what its last order has of that by which it is sorted."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which unfinished orders are meant.

    Args:
        shop: those of this shop.
        quadrant: those of this quadrant.
        owner: those that this person or department is responsible for.
        overdue: those that should have left by now and have not (R021).
        undecided: those of which nobody said what is next (R008).
        risk: those at risk (R016).
        repeat: those of customers who bought again and again, three times or more (R026).
        missing: those that lack this group of information; empty for any (R005).
        limit: at most so many, the first ones.
        after: those that come after this place in the list.
    """

    shop: str | None = None
    quadrant: int | None = None
    owner: str | None = None
    overdue: bool = False
    undecided: bool = False
    risk: bool = False
    repeat: bool = False
    missing: str | None = None
    limit: int | None = None
    after: Place | None = None

    @property
    def sequence(self) -> tuple[str, ...]:
        """By which columns the list is sorted."""
        return _BY_PLAN if self.overdue else _WORK


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is of: the newest event that it knows, and when it was read.

    Args:
        as_of: RFC 3339, UTC.
        at: the same in microseconds since 1970.
        position: of the log's newest event that the list knows.
    """

    as_of: str
    at: int
    position: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a list.

    Args:
        order: what is listed.
        stream: its stream's name.
        overdue_days: days since the first planned dispatch; 0 where it is not overdue.
        risks: what makes it a risk by now.
    """

    order: ListedOrder
    stream: str
    overdue_days: int
    risks: tuple[str, ...]


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders a selection holds, its limit apart.

    Args:
        number: so many, or at least so many.
        exact: whether it is not more.
    """

    number: int
    exact: bool

    def beyond(self, shown: int) -> str:
        """Return how many there are besides those shown, for people; empty for none."""
        if self.number <= shown and self.exact:
            return ""
        return f"{'' if self.exact else 'more than '}{self.number - shown:,} more"

    def head(self) -> dict[str, object]:
        """Return the same for JSON."""
        return {"total": self.number} if self.exact else {"total_over": self.number}


def stand(
    store: Store, at: int | None = None, of: Sequence[Projection] = (TRACKING_TABLE,)
) -> Standing:
    """Bring a list to the log's newest event, and tell what it is of.

    Args:
        store: the open installation.
        at: the instant by which days are counted; now where it is None.
        of: the read models that the list is made of.
    """
    catch_up(store, only=[each.name for each in of])
    at = time.time_ns() // 1_000 if at is None else at
    return Standing(
        as_of=instant_text(at - at % 1_000_000),
        at=at,
        position=min(read_position(store.views, each) for each in of),
    )


def made_of(chosen: Selection) -> tuple[Projection, ...]:
    """Return the read models that a list is made of."""
    return (TRACKING_TABLE, ORDER_SUMMARY) if chosen.repeat else (TRACKING_TABLE,)


def read(connection: Connection, chosen: Selection, at: int) -> Iterator[Listing]:
    """Read a list in the sequence of the work: quadrant, priority, what is due first (R013).

    The whole list is of one state of the table, however long the reading takes. Overdue orders come
    with those that are overdue longest first.

    Args:
        connection: in a role that may read the table; no transaction is open on it.
        chosen: which orders.
        at: the instant by which days are counted.
    """
    query, parameters = _query([chosen], at)
    with connection, connection.cursor("desk_list") as cursor:
        cursor.itersize = PAGE
        cursor.execute(query, parameters)
        for (listed,) in cursor:
            yield listing(decode(listed), at)


def page(cursor: Cursor, chosen: Selection, shops: Sequence[str], at: int) -> list[Listing]:
    """Read a part of a list, as `read` does; see `Selection.after`.

    Args:
        cursor: in a role that may read the table.
        chosen: which orders, and at most how many.
        shops: of these shops, where no shop is chosen; empty for all.
        at: the instant by which days are counted.
    """
    cursor.execute(*_query(_by_shop(chosen, shops), at))
    return [listing(decode(listed), at) for (listed,) in cursor.fetchall()]


def place_of(listing: Listing, chosen: Selection) -> Place:
    """Return where a list goes on after an order."""
    order = listing.order
    values: dict[str, int | str] = {
        "quadrant": order.quadrant,
        "priority": order.priority,
        "due_at": order.due_at,
        "planned": order.planned or "",
        "stream_id": str(stream_id(listing.stream)),
    }
    return tuple(values[name] for name in chosen.sequence)


def pages(connection: Connection, chosen: Selection, at: int) -> Iterator[list[Listing]]:
    """Read a list as `read` does, `PAGE` rows at a time."""
    rows = read(connection, chosen, at)
    while page := list(islice(rows, PAGE)):
        yield page


def count(connection: Connection, chosen: Selection, at: int, most: int | None = None) -> int:
    """Return how many orders a selection holds, its limit apart.

    Args:
        connection: to the read models; no transaction is open on it.
        chosen: which orders.
        at: the instant by which days are counted.
        most: no more are counted than so many, so that it takes as long at any size.
    """
    with connection, connection.cursor() as cursor:
        return _count(cursor, [chosen], at, most)


def counted(cursor: Cursor, chosen: Selection, shops: Sequence[str], at: int) -> Total:
    """Return how many orders a selection holds, none counted beyond `COUNTED`; see `page`."""
    found = _count(cursor, _by_shop(chosen, shops), at, COUNTED + 1)
    return Total(number=min(found, COUNTED), exact=found <= COUNTED)


def total(connection: Connection, chosen: Selection, at: int) -> Total:
    """Return how many orders a selection holds: exactly, where all of them are asked for.

    Beside a list of some of them no more are counted than `COUNTED`, or than are listed.
    """
    if chosen.limit is None:
        return Total(number=count(connection, chosen, at), exact=True)
    most = max(COUNTED, chosen.limit)
    found = count(connection, chosen, at, most + 1)
    return Total(number=min(found, most), exact=found <= most)


def lacking(connection: Connection, shop: str | None = None) -> dict[str, int]:
    """Return how many unfinished orders lack each group of information (R005)."""
    where, parameters = _where(Selection(shop=shop), 0)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name, count(*) FROM {TABLE}, unnest(missing) AS name{where} GROUP BY name",
            parameters,
        )
        found = dict(cursor.fetchall())
    return {name: found.get(name, 0) for name in DIMENSIONS}


def silent(listings: Sequence[Listing], at: int) -> list[Listing]:
    """Return those of the first orders of which nothing was heard for more than a day (R015)."""
    return [
        each
        for each in listings[: DESK_POLICY.first]
        if each.order.acted_at is None or at - each.order.acted_at > DESK_POLICY.silence
    ]


def _by_shop(chosen: Selection, shops: Sequence[str]) -> list[Selection]:
    """Return a selection for each shop, so that each is read from an index of its own."""
    if chosen.shop is not None or not shops:
        return [chosen]
    return [msgspec.structs.replace(chosen, shop=shop) for shop in shops]


def _query(chosen: Sequence[Selection], at: int) -> tuple[str, list[object]]:
    """Return the query for what is listed of one selection, or of several that differ in shop."""
    sequence, most = chosen[0].sequence, chosen[0].limit
    columns = ", ".join(dict.fromkeys(("listed", *sequence)))
    tail = f" ORDER BY {', '.join(sequence)}"
    limit: list[object] = [] if most is None else [most]
    if limit:
        tail += " LIMIT %s"
    parts = [part for one in chosen for part in _parts(columns, one, at)]
    rows, parameters = _united(parts, tail, limit)
    return f"SELECT listed FROM ({rows}) r{tail}", [*parameters, *limit]


def _count(cursor: Cursor, chosen: Sequence[Selection], at: int, most: int | None) -> int:
    limit: list[object] = [] if most is None else [most]
    tail = " LIMIT %s" if limit else ""
    parts = [part for one in chosen for part in _parts("1", one, at)]
    rows, parameters = _united(parts, tail, limit)
    cursor.execute(f"SELECT count(*) FROM (SELECT FROM ({rows}) p{tail}) r", [*parameters, *limit])
    [(number,)] = cursor.fetchall()
    return int(number)


def _parts(columns: str, chosen: Selection, at: int) -> list[tuple[str, list[object]]]:
    """Return queries that together give what is chosen, no order twice.

    Whose orders they are is asked twice, of the person and of the department, so that each can be
    read from an index in the sequence of the work.
    """
    where, parameters = _where(chosen, at)
    query = f"SELECT {columns} FROM {TABLE}{where}"
    if chosen.owner is None:
        return [(query, parameters)]
    more = f"{query} {'AND' if where else 'WHERE'}"
    own = chosen.owner
    named = f"left({{0}}, {_INDEXED}) = %s"
    values = [*parameters, own[:_INDEXED]]
    if len(own) >= _INDEXED:
        named += " AND {0} = %s"
        values.append(own)
    # Whose own name is the department's stands in the first part already.
    elsewhere = f"{named.format('department')} AND owner IS DISTINCT FROM %s"
    return [
        (f"{more} {named.format('owner')}", values),
        (f"{more} {elsewhere}", [*values, own]),
    ]


def _united(
    parts: Sequence[tuple[str, list[object]]], tail: str, values: list[object]
) -> tuple[str, list[object]]:
    """Return one query of all parts, each with a tail of its own and the values of that."""
    query = " UNION ALL ".join(f"({part}{tail})" for part, _ in parts)
    return query, [value for _, own in parts for value in (*own, *values)]


def _where(chosen: Selection, at: int) -> tuple[str, list[object]]:
    conditions: list[str] = []
    parameters: list[object] = []

    def add(condition: str, *values: object) -> None:
        conditions.append(condition)
        parameters.extend(values)

    if chosen.shop is not None:
        add("shop = %s", chosen.shop)
    if chosen.quadrant is not None:
        add("quadrant = %s", chosen.quadrant)
    if chosen.after is not None:
        places = ", ".join(["%s"] * len(chosen.after))
        add(f"({', '.join(chosen.sequence)}) > ({places})", *chosen.after)
    if chosen.overdue:
        add("NOT left_house AND planned < %s", utc_date(at))
    if chosen.undecided:
        add("undecided")
    if chosen.risk:
        add("(risks <> '{}' OR promise <= %s)", at + DESK_POLICY.near)
    if chosen.repeat:
        # A purchase is an order that was paid; the first one repeats nothing.
        add(
            "(shop, stream_id) IN (SELECT shop, unnest(array_agg(stream_id))"
            f" FROM {SUMMARY} WHERE customer IS NOT NULL GROUP BY shop, customer"
            " HAVING count(*) FILTER (WHERE captured > 0) > %s)",
            DESK_POLICY.repeats,
        )
    if chosen.missing is not None:
        if chosen.missing:
            # As the index has it: one of our own names.
            add("missing @> %s", f"{{{chosen.missing}}}")
        else:
            add("missing <> '{}'")
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), parameters


def listing(order: ListedOrder, at: int) -> Listing:
    """Return the row of an order at an instant."""
    near = order.promise is not None and order.promise <= at + DESK_POLICY.near
    return Listing(
        order=order,
        stream=order_stream(order.shop, order.number),
        overdue_days=_overdue_days(order, at),
        risks=(*order.risks, *([PROMISE_NEAR] if near else [])),
    )


def _overdue_days(order: ListedOrder, at: int) -> int:
    if order.planned is None or order.left_house:
        return 0
    return max((utc_date(at) - date.fromisoformat(order.planned)).days, 0)


def due_text(order: ListedOrder) -> str:
    """Return when something is due next, RFC 3339; empty for at no time."""
    return "" if order.due_at == NEVER else instant_text(order.due_at)
