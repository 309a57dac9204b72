"""Which order a message belongs to, by the ids it knows; asked of the look-up."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.linking import ANY_SHOP, is_waiting_place
from domain.lookup import LINKED_TO, LINKING, ORDER_NUMBER, WAITING_LINK, WAITING_NUMBER
from projections import tables
from projections.order_lookup import ORDER_LOOKUP, TABLE, digest


class Match(NamedTuple):
    """A waiting place, and an order that may be meant there.

    Args:
        place: the waiting place.
        order: the order.
        by_id: whether an event of the order names an id that waits there; else only its number
            does, which may also be a reference of the message's own.
    """

    place: str
    order: str
    by_id: bool


def orders_of(
    connection: Connection, shop: str, keys: Iterable[str], *, numbers: bool = False
) -> dict[str, list[str]]:
    """Return the streams of the orders that know an id, by id; waiting places apart.

    Args:
        connection: to the read models; no transaction is open on it.
        shop: whose orders; `ANY_SHOP` for all, and for their numbers, too.
        keys: the ids.
        numbers: they are numbers of orders, and no ids.
    """
    wanted = sorted(set(keys))
    found: dict[str, list[str]] = {}
    if not wanted:
        return found
    kinds = [*LINKING, ORDER_NUMBER] if shop == ANY_SHOP else list(LINKING)
    if numbers:
        kinds = [ORDER_NUMBER]
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT w.i, s.stream FROM unnest(%s::bytea[]) WITH ORDINALITY AS w (key, i)"
            f" JOIN {TABLE} l ON l.key_digest = w.key JOIN streams s USING (stream_id)"
            " WHERE %s IN (l.shop, %s) AND l.kind = ANY (%s) ORDER BY 1, 2",
            ([digest(key) for key in wanted], shop, ANY_SHOP, kinds),
        )
        for index, stream in cursor.fetchall():
            if not is_waiting_place(stream):
                found.setdefault(wanted[index - 1], []).append(stream)
    return found


def matches(connection: Connection) -> list[Match]:
    """Return what waits and is known to an order of its shop now, by place and order."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.stream, o.stream, bool_or(w.kind = %(waiting)s) FROM {TABLE} w"
            f" JOIN {TABLE} l ON l.key_digest = w.key_digest AND w.shop IN (l.shop, %(any)s)"
            "  AND (w.kind = %(waiting)s AND l.kind = ANY (%(kinds)s)"
            "   OR w.kind = %(waiting)s AND l.kind = %(number)s AND w.shop = %(any)s"
            "   OR w.kind = %(waiting_number)s AND l.kind = %(number)s)"
            " JOIN streams p ON p.stream_id = w.stream_id"
            " JOIN streams o ON o.stream_id = l.stream_id"
            " WHERE w.kind IN (%(waiting)s, %(waiting_number)s) GROUP BY 1, 2 ORDER BY 1, 2",
            {
                "kinds": list(LINKING),
                "any": ANY_SHOP,
                "number": ORDER_NUMBER,
                "waiting": WAITING_LINK,
                "waiting_number": WAITING_NUMBER,
            },
        )
        return [
            Match(place, order, by_id)
            for place, order, by_id in cursor.fetchall()
            if not is_waiting_place(order)
        ]


def anything_waits(connection: Connection) -> bool:
    """Tell whether any message waits for its order, as far as read models know."""
    with connection, connection.cursor() as cursor:
        if not tables.exists(cursor, ORDER_LOOKUP):
            return False
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE kind = %s)", (WAITING_LINK,))
        [(found,)] = cursor.fetchall()
    return bool(found)


def waiting(connection: Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Return all places where messages wait, each with the ids that it waits for."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.stream, array_agg(w.key ORDER BY w.key) FROM {TABLE} w"
            " JOIN streams s USING (stream_id) WHERE w.kind = %s GROUP BY 1 ORDER BY 1",
            (WAITING_LINK,),
        )
        return [(stream, tuple(keys)) for stream, keys in cursor.fetchall()]


def linked_places(connection: Connection, orders: Sequence[str]) -> list[str]:
    """Return the places in which messages of these orders waited once; what waited stays there."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT s.stream FROM {TABLE} l JOIN streams s USING (stream_id)"
            " WHERE l.key_digest = ANY (%s) AND l.kind = %s ORDER BY 1",
            ([digest(order) for order in orders], LINKED_TO),
        )
        return [stream for (stream,) in cursor.fetchall()]
