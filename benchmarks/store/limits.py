"""What PostgreSQL itself can do: the rows of an import copied out as text, and in again."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from eventstore.connection import connect, transaction

TABLES = ("stream_keys", "streams", "events", "event_ids")
"""All that an import fills."""


@contextmanager
def rows_of(dsn: str, folder: Path) -> Iterator[dict[str, IO[bytes]]]:
    """Copy an import's rows into files, one for each table."""
    with ExitStack() as stack:
        files = {table: stack.enter_context(tempfile.TemporaryFile(dir=folder)) for table in TABLES}
        for table, file in files.items():
            copy_out(dsn, table, file)
        yield files


def copy_out(dsn: str, table: str, file: IO[bytes]) -> float:
    """Copy a table out as text and return how many seconds that took."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        started = time.perf_counter()
        cursor.copy_expert(f"COPY {table} TO STDOUT", file)
        return time.perf_counter() - started


def copy_in(dsn: str, files: dict[str, IO[bytes]]) -> float:
    """Copy rows into tables with all their indexes, commit, and return the seconds."""
    for file in files.values():
        file.seek(0)
    with connect(dsn) as connection:
        started = time.perf_counter()
        with transaction(connection) as cursor:
            for table, file in files.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", file)
        return time.perf_counter() - started
