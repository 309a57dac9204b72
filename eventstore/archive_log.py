"""The log as the archiver reads it: leaves, histories, seals, and what is in no history yet."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any

import psycopg2

from domain.event import Fact
from domain.line import Head, Leaf, Line, OpenOrders, Written, written
from domain.stream import stream_id
from eventstore import attaching, log, recording
from eventstore.bulk import BulkAppender
from eventstore.connection import Connection, Cursor, transaction
from eventstore.errors import EventStoreError

_FETCH = 2_000
_FEW = 50  # events that are recorded one by one, for as small a wait of others as can be
_LEASE = 0x6F726465727061  # of advisory locks: the archiver


class ArchiveLog:
    """An event store's log, for reading by the archiver and for its own few events.

    Args:
        connection: to the store; no transaction is open on it.
        beside: another one, with the importer's rights: the log is read ahead over it, and many
            events are recorded in bulk. None does without.
    """

    # The order inside keeps the planner to a look-up of each stream by its index.
    RANGES = (
        "SELECT u.i::int - 1, e.* FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[])"
        " WITH ORDINALITY AS u (stream_id, first, last, i) CROSS JOIN LATERAL ("
        f"SELECT {log.LINE} FROM events e WHERE e.stream_id = u.stream_id"
        " AND e.version BETWEEN u.first AND u.last ORDER BY e.version) AS e"
        " ORDER BY u.i, e.version"
    )

    def __init__(self, connection: Connection, beside: Connection | None = None) -> None:
        self._connection = connection
        self._beside = beside
        self._cursor_names = count()

    def be_the_archiver(self) -> bool:
        """Take the lock that one archiver holds as long as its connection lives.

        Returns:
            False if another archiver of this store has it.
        """
        with transaction(self._connection) as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LEASE,))
            [(held,)] = cursor.fetchall()
        return bool(held)

    def size(self) -> int:
        """Return the newest position."""
        return log.size(self._connection)

    def now(self) -> str:
        """Return the time of the store's clock, in the form of `recorded_at`."""
        return log.clock(self._connection)

    def lines(self, after: int, upto: int) -> Iterator[Line]:
        """Yield the lines at positions `after` < position ≤ `upto`, in order."""
        return log.lines(self._connection, after, upto)

    def written(self, after: int, upto: int) -> Iterator[Written]:
        """Yield the lines at `after` < position ≤ `upto`, in order, each with its stored hash."""
        windows = [(first, min(first + _FETCH, upto)) for first in range(after, upto, _FETCH)]
        for rows in self._ahead(windows):
            for position, stream, version, type_, moment, prev, body, digest in rows:
                at = log.utc_text(moment)
                yield written(position, stream, version, type_, at, prev, body, digest)

    def _ahead(self, windows: Sequence[tuple[int, int]]) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of windows; the server works on the next one meanwhile, if it can."""
        if self._beside is None:
            for window in windows:
                yield _window(self._connection, window)
            return
        with ThreadPoolExecutor(1) as thread:
            coming: Future[list[tuple[Any, ...]]] | None = None
            for window in windows:
                here, coming = coming, thread.submit(_window, self._beside, window)
                if here is not None:
                    yield here.result()
            if coming is not None:
                yield coming.result()

    def leaves(self, after: int, upto: int) -> Iterator[Leaf]:
        """Yield the stored hashes at `after` < position ≤ `upto`, in order."""
        query = (
            "SELECT stream, version, hash FROM events"
            " WHERE position > %s AND position <= %s ORDER BY position"
        )
        for stream, version, line_hash in self._rows(query, (after, upto)):
            yield Leaf(stream, version, bytes(line_hash))

    def stream_lines(self, stream: str, first: int, last: int) -> Iterator[Line]:
        """Yield one stream's lines between two versions, both included."""
        return iter(log.stream_lines(self._connection, stream, first, last))

    def ranges(self, wanted: Sequence[tuple[str, int, int]]) -> list[list[Line]]:
        """Return the lines of each of several streams between two versions, both included."""
        ids = [str(stream_id(stream)) for stream, _, _ in wanted]
        parameters = (ids, [first for _, first, _ in wanted], [last for _, _, last in wanted])
        with transaction(self._connection) as cursor:
            cursor.execute(self.RANGES, parameters)
            rows = cursor.fetchall()
        found: list[list[Line]] = [[] for _ in wanted]
        for row in rows:
            found[row[0]].append(log.line_of(row[1:]))
        return found

    def seals(self, after: int, upto: int) -> Iterator[Line]:
        """Yield the `history.sealed` lines at `after` < position ≤ `upto`, in order."""
        where = "type = 'history.sealed' AND position > %s AND position <= %s ORDER BY position"
        return self._lines(f"SELECT {log.LINE} FROM events e WHERE {where}", (after, upto))

    def seals_at(self, positions: Sequence[int]) -> list[Line]:
        """Return the `history.sealed` lines at these rising positions, in order."""
        with transaction(self._connection) as cursor:
            cursor.execute(
                f"SELECT {log.LINE} FROM events e WHERE type = 'history.sealed'"
                " AND position = ANY(%s::bigint[]) ORDER BY position",
                (list(positions),),
            )
            return [log.line_of(row) for row in cursor.fetchall()]

    def sample_of_sealed(self, seed: int, count: int, upto: int) -> list[str]:
        """Return orders that a seal at or below `upto` covers, chosen by chance from a seed."""
        with transaction(self._connection) as cursor:
            cursor.execute(
                "SELECT DISTINCT md5(%s || stream) AS chance, stream FROM events"
                " WHERE type = 'history.sealed' AND position <= %s AND stream LIKE 'order/%%'"
                " ORDER BY chance LIMIT %s",
                (f"{seed}/", upto, count),
            )
            return [stream for _, stream in cursor.fetchall()]

    def heads(self, streams: Sequence[str]) -> list[Head]:
        """Return the last version and the last seal of streams, in order, without unknown ones."""
        ids = [str(stream_id(stream)) for stream in streams]
        with transaction(self._connection) as cursor:
            cursor.execute(
                "SELECT stream, version FROM streams WHERE stream_id = ANY(%s::uuid[])", (ids,)
            )
            versions = dict(cursor.fetchall())
            cursor.execute(
                f"SELECT {log.LINE} FROM unnest(%s::uuid[]) AS u (stream_id) CROSS JOIN LATERAL ("
                # OFFSET keeps the planner from the index of seals, of which it would read all.
                "SELECT * FROM (SELECT * FROM events WHERE events.stream_id = u.stream_id"
                " ORDER BY version DESC OFFSET 0) AS newest"
                " WHERE type = 'history.sealed' LIMIT 1) AS e",
                (ids,),
            )
            seals = {line.stream: line for line in map(log.line_of, cursor.fetchall())}
        return [
            Head(stream, versions[stream], seals.get(stream))
            for stream in streams
            if stream in versions
        ]

    def open_lines(self, sealed_upto: int, upto: int) -> Iterator[Line]:
        """Yield every line at or below `upto` that no seal at or below `sealed_upto` covers."""
        query = f"""
            WITH sealed AS (
                SELECT stream_id, max(version) AS version FROM events
                WHERE type = 'history.sealed' AND position <= %s GROUP BY stream_id
            )
            SELECT {log.LINE} FROM events e LEFT JOIN sealed s USING (stream_id)
            WHERE e.position <= %s AND e.version > coalesce(s.version, 0) ORDER BY e.position
        """
        # How many seals there are the planner guesses too low by far while they are being made, and
        # would go through all of them for each line.
        with self._connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")
        return self._lines(query, (sealed_upto, upto))

    def open_orders(self, upto: int, most: int) -> OpenOrders:
        """Return which orders have lines at or below `upto` that no seal there covers.

        Args:
            upto: position.
            most: one more stream and shop than that is named at most.
        """
        query = """
            WITH sealed AS (
                SELECT stream_id, max(version) AS version FROM events
                WHERE type = 'history.sealed' AND position <= %(upto)s GROUP BY stream_id
            ), standing AS (
                SELECT stream, coalesce(sealed.version, 0) AS sealed, CASE
                    WHEN s.position <= %(upto)s THEN s.version
                    ELSE (SELECT max(e.version) FROM events e
                          WHERE e.stream_id = s.stream_id AND e.position <= %(upto)s)
                END AS version
                FROM streams s LEFT JOIN sealed USING (stream_id)
                WHERE s.first_position <= %(upto)s AND s.stream LIKE 'order/%%'
            ), open AS MATERIALIZED (
                SELECT stream, version - sealed AS lines FROM standing WHERE version > sealed
            )
            SELECT (SELECT coalesce(sum(lines), 0)::bigint FROM open),
                ARRAY (SELECT stream FROM open LIMIT %(most)s),
                ARRAY (SELECT DISTINCT split_part(stream, '/', 2) FROM open LIMIT %(most)s)
        """
        with transaction(self._connection) as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")  # as for the open lines
            cursor.execute(query, {"upto": upto, "most": most + 1})
            [row] = cursor.fetchall()
        return OpenOrders(*row)

    def stored_runs(self, after: int) -> list[Line]:
        """Return the `archive.stored` lines above a position, oldest first."""
        where = "type = 'archive.stored' AND position > %s ORDER BY position"
        return list(self._lines(f"SELECT {log.LINE} FROM events e WHERE {where}", (after,)))

    def unsealed_streams(self) -> Iterator[str]:
        """Yield the streams with events since their last seal, by their first position."""
        query = (
            "SELECT s.stream FROM streams s JOIN events e USING (position)"
            " WHERE e.type <> 'history.sealed' ORDER BY s.first_position"
        )
        return (stream for (stream,) in self._rows(query, ()))

    def attachment(self, digest: str) -> bytes | None:
        """Return the sealed file that has this SHA-256, hex; None where there is none."""
        return attaching.get(self._connection, digest)

    def append(self, facts: Sequence[Fact], versions: Sequence[int | None]) -> list[int | None]:
        """Record events of our own, which hold nothing personal.

        Args:
            facts: what to record, in this order; one that is recorded already stays as it is.
            versions: for each, the version that it must get in its stream; None for any.

        Returns:
            The position of each; None where the stream has grown to its version or beyond.

        Raises:
            EventStoreError: an event of this source and id is there with other content.
        """
        expected = [None if version is None else version - 1 for version in versions]
        beside = self._beside
        if beside is not None and len(facts) > _FEW:
            outcomes = recording.record_by(
                BulkAppender(beside), lambda: transaction(beside), None, facts, expected
            )
        else:
            outcomes = recording.record(self._connection, None, facts, expected)
        for fact, outcome in zip(facts, outcomes, strict=True):
            if outcome.result == "mismatch":
                raise EventStoreError(f"{fact.type} {fact.id} is recorded with other content")
        return [outcome.position for outcome in outcomes]

    def _lines(self, query: str, parameters: tuple[object, ...]) -> Iterator[Line]:
        return map(log.line_of, self._rows(query, parameters))

    def _rows(self, query: str, parameters: tuple[object, ...]) -> Iterator[tuple[Any, ...]]:
        # The server keeps the rows, so memory does not grow with the log; WITH HOLD keeps them
        # beyond the transaction, so that several can be read at a time, and appends go between.
        cursor: Cursor = self._connection.cursor(f"rows_{next(self._cursor_names)}", withhold=True)
        try:
            cursor.execute(query, parameters)
            self._connection.commit()
            while rows := cursor.fetchmany(_FETCH):
                self._connection.commit()
                yield from rows
        finally:
            if not self._connection.closed:  # it is, where a failed run left this unread
                cursor.close()
                self._connection.commit()


def _window(connection: Connection, window: tuple[int, int]) -> list[tuple[Any, ...]]:
    try:
        # As text a body takes half the bytes on the way and half the time at both ends.
        return _select(connection, "convert_from(e.body, 'UTF8')", window)
    except psycopg2.errors.CharacterNotInRepertoire:
        # One of them is no text, so it is not what was recorded; its hash will show it.
        return [
            (*row[:6], bytes(row[6]).decode(errors="surrogateescape"), row[7])
            for row in _select(connection, "e.body", window)
        ]


def _select(connection: Connection, body: str, window: tuple[int, int]) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT e.position, e.stream, e.version, e.type, e.recorded_at::text,"
            f" encode(e.prev, 'hex'), {body}, encode(e.hash, 'hex') FROM events e"
            " WHERE position > %s AND position <= %s ORDER BY position",
            window,
        )
        return cursor.fetchall()
