"""The series by which shops and systems count: order numbers, and numbers that a mapping names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.lookup import ORDER_NUMBER, PSP_REFERENCE
from projections.order_lookup import TABLE, digest

ORDERS = ""
"""The system whose numbers are those of the orders themselves."""


class Series(NamedTuple):
    """Numbers that begin alike.

    Args:
        shop: whose they are.
        system: that counts: `ORDERS`, or the name of a mapping.
        prefix: what stands before the digits.
        size: how many different ones there are.
        lowest: of them.
        highest: of them.
        width: fewest digits that one is written with.
    """

    shop: str
    system: str
    prefix: str
    size: int
    lowest: int
    highest: int
    width: int

    def name(self, number: int) -> str:
        """Return a number of the series as it is written."""
        return f"{self.prefix}{str(number).zfill(self.width)}"


# A waiting place, `~source/id`, is no order. The number behind the last character that is none.
_NUMBERED = f"""
    WITH named AS (
        SELECT split_part(s.stream, '/', 2) AS shop, '' AS system,
               substr(s.stream, 8 + length(split_part(s.stream, '/', 2))) AS name, s.stream
        FROM streams s WHERE starts_with(s.stream, 'order/')
        UNION ALL
        SELECT l.shop, split_part(l.key, ':', 1),
               substr(l.key, 11 + length(split_part(l.key, ':', 1))), s.stream
        FROM {TABLE} l JOIN streams s USING (stream_id)
        WHERE l.kind = %(kind)s AND l.key LIKE '%%:sequence:%%'
          AND split_part(l.key, ':', 2) = 'sequence'
    ), numbered AS (
        SELECT shop, system, stream, regexp_match(name, '^(|.*[^0-9])([0-9]{{1,15}})$') AS parts
        FROM named WHERE length(name) <= 200 AND (system <> '' OR name NOT LIKE '~%%/%%')
    ), counted AS (
        SELECT shop, system, parts[1] AS prefix, parts[2]::bigint AS number,
               length(parts[2]) AS digits, stream
        FROM numbered WHERE parts IS NOT NULL
    )
"""


def all_series(connection: Connection) -> list[Series]:
    """Return all series, whether they count without a gap or not."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            _NUMBERED + "SELECT shop, system, prefix, count(DISTINCT number), min(number),"
            " max(number), min(digits) FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            {"kind": PSP_REFERENCE},
        )
        return [Series(*row) for row in cursor.fetchall()]


class Numbered(NamedTuple):
    """One number of a series, and the stream of the order that has it."""

    shop: str
    system: str
    prefix: str
    number: int
    stream: str


@contextmanager
def numbers(connection: Connection, wanted: Sequence[Series]) -> Iterator[Iterator[Numbered]]:
    """Read the numbers of some series, one series after the other, in order: the server sorts."""
    with connection, connection.cursor(name="numbers") as cursor:
        cursor.itersize = 10_000
        cursor.execute(
            _NUMBERED + "SELECT c.shop, c.system, c.prefix, c.number, c.stream FROM counted c"
            " JOIN unnest(%(shops)s::text[], %(systems)s::text[], %(prefixes)s::text[])"
            " AS w (shop, system, prefix) USING (shop, system, prefix) ORDER BY 1, 2, 3, 4, 5",
            {
                "kind": PSP_REFERENCE,
                "shops": [series.shop for series in wanted],
                "systems": [series.system for series in wanted],
                "prefixes": [series.prefix for series in wanted],
            },
        )
        yield map(Numbered._make, cursor)


def are_known(connection: Connection, shop: str, system: str, names: Sequence[str]) -> bool:
    """Tell whether all of these numbers are known by now."""
    if system == ORDERS:
        keys, kind = [f"{shop}/{name}" for name in names], ORDER_NUMBER
    else:
        keys, kind = [f"{system}:sequence:{name}" for name in names], PSP_REFERENCE
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT key_digest) FROM {TABLE}"
            " WHERE key_digest = ANY (%s) AND kind = %s AND shop = %s",
            ([digest(key) for key in keys], kind, shop),
        )
        [(count,)] = cursor.fetchall()
    return bool(count == len(set(keys)))
