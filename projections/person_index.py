"""Find the orders of a person by e-mail, phone or name, without keeping any of them."""

import hashlib
import hmac
from collections.abc import Callable, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.event import Event
from domain.person import EMAIL, NAME, PHONE, PHONE_TAIL, normalised, person_keys
from domain.stream import split_order_stream
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.person_index"

_SEARCHES = ((EMAIL, PHONE), (PHONE_TAIL,))
_WITH_NAMES = (NAME,)

MODEL = "person_index"
"""Its name."""


def person_index(key: bytes | Callable[[], bytes]) -> Projection:
    """Return the projection, for a blind-index key of 32 bytes or what returns it when needed."""

    def rows(stream: str, events: Sequence[Event]) -> Rows:
        shop, _ = split_order_stream(stream) or ("", stream)
        found = set[tuple[str, str]]()
        for event in events:
            found |= person_keys(event)
        if not found:
            return []
        of_all = key() if callable(key) else key
        return [(shop, kind, digest(of_all, kind, value)) for kind, value in sorted(found)]

    return Projection(
        name=MODEL,
        version=2,
        columns=("shop", "kind", "digest"),
        key=("digest", "kind", "stream_id"),
        rows=rows,
        ddl=read_ddl(__file__),
        opened=True,
    )


def digest(key: bytes, kind: str, value: str) -> bytes:
    """Return the blind index of a normalised value. The kind goes in, so no two kinds meet."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), hashlib.sha256)


def find(connection: Connection, key: bytes, text: str, *, names: bool = False) -> list[str]:
    """Return the streams of the orders of a person, sorted; none if nobody is known by that.

    A phone number is looked up whole, and only where that finds nothing by its last eight digits.

    Args:
        connection: no transaction is open on it.
        key: the blind-index key.
        text: an e-mail address or a phone number; with `names` also a name.
        names: look for names as well: for erasure and staff, not for whoever asks.
    """
    wanted = normalised(text)
    for kinds in (*_SEARCHES, *((_WITH_NAMES,) if names else ())):
        digests = [digest(key, kind, value) for kind, value in wanted if kind in kinds]
        if digests and (streams := _streams(connection, digests)):
            return streams
    return []


def find_exactly(connection: Connection, key: bytes, kind: str, text: str) -> list[str]:
    """Return the streams of the orders that name a value of one kind, sorted.

    Args:
        connection: no transaction is open on it.
        key: the blind-index key.
        kind: EMAIL, PHONE (all its digits) or PHONE_TAIL.
        text: as it was asked for.
    """
    wanted = normalised(text, PHONE if kind == PHONE_TAIL else kind)
    return _streams(connection, [digest(key, kind, v) for found, v in wanted if found == kind])


def _streams(connection: Connection, digests: Sequence[bytes]) -> list[str]:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT s.stream FROM {TABLE} p JOIN streams s USING (stream_id)"
            " WHERE p.digest = ANY (%s) ORDER BY 1",
            (list(digests),),
        )
        return [stream for (stream,) in cursor.fetchall()]
