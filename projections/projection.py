"""What a projection is: a pure function from one order's events to rows of one table."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from domain.event import Event

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = list[Row]

VIEWS = "views"
"""The schema that readers use."""

WORKSHOP = "rebuild"
"""The schema in which a read model is made anew, beside the one that is read."""


class Projection(msgspec.Struct, frozen=True):
    """A read model and the function that makes it.

    The rows of an order depend on nothing but its events. So live and rebuilt are the same code,
    an order can be made again at any time, and one order that fails stops no other.

    Args:
        name: stable; names the table and its row in `projections`.
        version: of the table and the function together. Another one than the stored one has the
            model rebuilt; read models are never migrated.
        columns: of the table, after its first one, which is `stream_id`.
        key: columns that name a row, for comparing two states of the table.
        rows: returns an order's rows, each as long as `columns`, from all its events by version.
        opened: whether it reads personal data; else it gets the events sealed.
        ddl: makes the table in the schema that is first on the search path; indexes, which are
            made once the rows are in, stand below a line `-- With the rows in:`.
    """

    name: str
    version: int
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: Callable[[str, Sequence[Event]], Rows]
    ddl: str
    opened: bool = False


_INDEXES = "-- With the rows in:"


def read_ddl(python_file: str) -> str:
    """Return the SQL file that stands beside a projection's Python file."""
    return Path(python_file).with_suffix(".sql").read_text(encoding="utf-8")


def table_ddl(projection: Projection) -> str:
    """Return the part of the DDL that makes the bare table."""
    return projection.ddl.partition(_INDEXES)[0]


def index_ddl(projection: Projection) -> str:
    """Return the part of the DDL that is quicker once the rows are in."""
    return projection.ddl.partition(_INDEXES)[2]
