"""The tables of read models: made by their DDL, filled by COPY, put in place of the old ones."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from projections.fold import Failure, Pair, describe
from projections.projection import (
    VIEWS,
    WORKSHOP,
    Projection,
    Rows,
    index_ddl,
    table_ddl,
)

Write: TypeAlias = Callable[[Cursor, str, Projection, Mapping[str, Rows]], None]

REFUSALS = (psycopg2.DataError, psycopg2.IntegrityError, ValueError)
"""What says that rows cannot be written, whoever tries."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def make(cursor: Cursor, schema: str, projection: Projection) -> None:
    """Make a read model's table anew, empty and without its indexes."""
    cursor.execute(f"DROP TABLE IF EXISTS {schema}.{projection.name}")
    _run(cursor, schema, table_ddl(projection))


def make_indexes(cursor: Cursor, schema: str, projection: Projection) -> None:
    """Make the indexes of a table."""
    _run(cursor, schema, index_ddl(projection))


def _run(cursor: Cursor, schema: str, ddl: str) -> None:
    cursor.execute(f"SET LOCAL search_path = {schema}, public")
    cursor.execute(ddl)
    cursor.execute("SET LOCAL search_path = public")


def exists(cursor: Cursor, projection: Projection) -> bool:
    """Tell whether there is a table for readers."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{VIEWS}.{projection.name}",))
    [(found,)] = cursor.fetchall()
    return bool(found)


def swap(cursor: Cursor, projection: Projection) -> None:
    """Put the table that was made anew in the place of the one that is read.

    Raises:
        psycopg2.errors.LockNotAvailable: readers hold the old one for longer than `lock_timeout`.
    """
    cursor.execute(f"DROP TABLE IF EXISTS {VIEWS}.{projection.name}")
    cursor.execute(f"ALTER TABLE {WORKSHOP}.{projection.name} SET SCHEMA {VIEWS}")


def drop(cursor: Cursor, projection: Projection) -> None:
    """Drop the table that was made anew."""
    cursor.execute(f"DROP TABLE IF EXISTS {WORKSHOP}.{projection.name}")


def add(cursor: Cursor, schema: str, projection: Projection, rows: Mapping[str, Rows]) -> None:
    """Write the rows of orders that have none yet, by stream id."""
    lines = [
        f"{id_}\t" + "\t".join([_field(value) for value in row])
        for id_, of_order in rows.items()
        for row in of_order
    ]
    if not lines:
        return
    columns = ", ".join(("stream_id", *projection.columns))
    text = io.StringIO("\n".join(lines) + "\n")
    cursor.copy_expert(f"COPY {schema}.{projection.name} ({columns}) FROM STDIN", text, 1 << 20)


def put(cursor: Cursor, schema: str, projection: Projection, rows: Mapping[str, Rows]) -> None:
    """Write the rows of orders in place of those that they had, by stream id."""
    if rows:
        cursor.execute(
            f"DELETE FROM {schema}.{projection.name} WHERE stream_id = ANY (%s::uuid[])",
            (list(rows),),
        )
        add(cursor, schema, projection, rows)


def known(cursor: Cursor, projection: Projection, stream_ids: Sequence[str]) -> list[str]:
    """Return which of these streams have rows that readers see."""
    if not stream_ids:
        return []
    cursor.execute(
        f"SELECT DISTINCT stream_id::text FROM {VIEWS}.{projection.name}"
        " WHERE stream_id = ANY (%s::uuid[])",
        (list(stream_ids),),
    )
    return [stream for (stream,) in cursor.fetchall()]


def keep(cursor: Cursor, projection: Projection, stream_ids: Sequence[str]) -> None:
    """Take over the rows that readers see of these streams into the table that is made anew."""
    cursor.execute(
        f"DELETE FROM {WORKSHOP}.{projection.name} WHERE stream_id = ANY (%s::uuid[])",
        (list(stream_ids),),
    )
    cursor.execute(
        f"INSERT INTO {WORKSHOP}.{projection.name} SELECT * FROM {VIEWS}.{projection.name}"
        " WHERE stream_id = ANY (%s::uuid[])",
        (list(stream_ids),),
    )


def write_one_by_one(
    write: Write,
    cursor: Cursor,
    schema: str,
    projection: Projection,
    rows: Mapping[str, Rows],
    positions: Mapping[str, int],
) -> dict[Pair, Failure]:
    """Write by `add` or `put`, order by order; what the database refuses stays as it was.

    Returns:
        The orders whose rows it refused.
    """
    failures: dict[Pair, Failure] = {}
    for id_, of_order in rows.items():
        cursor.execute("SAVEPOINT one_order")
        try:
            write(cursor, schema, projection, {id_: of_order})
        except REFUSALS as error:
            cursor.execute("ROLLBACK TO SAVEPOINT one_order")
            failures[projection.name, id_] = Failure(positions[id_], *describe(error))
        cursor.execute("RELEASE SAVEPOINT one_order")
    return failures


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if type(value) is str:
        return value.translate(_ESCAPES)
    if type(value) is bytes:
        return "\\\\x" + value.hex()
    return str(value)
