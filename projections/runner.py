"""Feeding projections from the log. Rows and position move in one transaction."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from domain.event import Event
from domain.line import Line, decode


class Reader(msgspec.Struct, frozen=True):
    """How projections read the log; the event store's functions, bound to a connection.

    Args:
        size: returns the newest position.
        lines: yields the lines at positions `after` < position ≤ `upto`, in order.
        streams: yields (stream, its lines at positions ≤ `upto`) for the streams named.
    """

    size: Callable[[], int]
    lines: Callable[[int, int], Iterator[Line]]
    streams: Callable[[Sequence[str], int], Iterator[tuple[str, list[Line]]]]


class Projection(msgspec.Struct, frozen=True):
    """A read model and the code that keeps it.

    Args:
        name: stable, names its row in `projection_positions`.
        table: where the rows are; columns and key are the migration's.
        key: columns that name a row, for comparison.
        apply: writes the rows for some new lines; it may be given a line's stream again later.
    """

    name: str
    table: str
    key: tuple[str, ...]
    apply: Callable[[Cursor, Reader, Sequence[Line], int], None]


class UnreadableEventError(Exception):
    """A stored event cannot be read, so it is not what was recorded."""

    def __init__(self, line: Line) -> None:
        super().__init__(
            f"the event at position {line.position} of the store cannot be read, so it is not what "
            "was recorded. Compare with the archive: orderproof verify."
        )


def read_event(line: Line) -> Event:
    """Decode a line.

    Raises:
        UnreadableEventError: it is no event.
    """
    try:
        return decode(line.encode(), line.position)
    except ValueError as error:
        raise UnreadableEventError(line) from error


BATCH = 1_000


def catch_up(
    connection: Connection,
    reader: Reader,
    projection: Projection,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Bring a projection to the log's newest position and return it.

    Every batch is a transaction of its own, so a kill loses one batch of work and no truth.
    """
    upto = reader.size()
    position = read_position(connection, projection)
    while position < upto:
        top = min(position + BATCH, upto)
        lines = list(reader.lines(position, top))
        with connection, connection.cursor() as cursor:
            # Somebody else may have moved on meanwhile: their position wins and we go on from it.
            current = _lock_position(cursor, projection)
            if current == position:
                projection.apply(cursor, reader, lines, top)
                _move(cursor, projection, top)
                current = top
        position = current
        if progress is not None:
            progress(position, upto)
    return position


def rebuild(
    connection: Connection,
    reader: Reader,
    projection: Projection,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Make a projection again from the first event and return how many events it read.

    It is one transaction: others see the old rows until it ends, and a crash leaves them.
    """
    with connection, connection.cursor() as cursor:
        _lock_position(cursor, projection)
        cursor.execute(f"DELETE FROM {projection.table}")
        upto = reader.size()
        position = 0
        while position < upto:
            top = min(position + BATCH, upto)
            projection.apply(cursor, reader, list(reader.lines(position, top)), top)
            position = top
            if progress is not None:
                progress(position, upto)
        _move(cursor, projection, upto)
    return upto


def read_position(connection: Connection, projection: Projection) -> int:
    """Return how far a projection has read the log."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(position), 0) FROM projection_positions WHERE projection = %s",
            (projection.name,),
        )
        [(position,)] = cursor.fetchall()
    return int(position)


def rows(connection: Connection, projection: Projection) -> list[tuple[object, ...]]:
    """Return all rows of a projection in the order of their key, to compare two states of it."""
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {projection.table} ORDER BY {', '.join(projection.key)}")
        return cursor.fetchall()


def _lock_position(cursor: Cursor, projection: Projection) -> int:
    cursor.execute(
        "INSERT INTO projection_positions (projection, position) VALUES (%s, 0)"
        " ON CONFLICT DO NOTHING",
        (projection.name,),
    )
    cursor.execute(
        "SELECT position FROM projection_positions WHERE projection = %s FOR UPDATE",
        (projection.name,),
    )
    [(position,)] = cursor.fetchall()
    return int(position)


def _move(cursor: Cursor, projection: Projection, position: int) -> None:
    cursor.execute(
        "UPDATE projection_positions SET position = %s WHERE projection = %s",
        (position, projection.name),
    )
