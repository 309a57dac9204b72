"""Checking read models against ones made anew from the whole log."""

from collections.abc import Callable, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812

from projections import tables
from projections.comparing import Difference, compare
from projections.log_source import LogSource
from projections.projection import Projection
from projections.rebuild import alone
from projections.workshop import Progress, Workshop


def diff(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    progress: Progress | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> list[Difference]:
    """Make read models again on the side and compare them with those that are read.

    Events may come meanwhile: an order that has newer ones than both sides have read is not
    compared. Changes nothing that anybody reads.

    Raises:
        KeysUnavailableError: one reads personal data, and the keys do not open.
    """
    with alone(connection, projections, notice):
        workshop = Workshop(connection, log, projections, progress)
        workshop.build()
        workshop.catch_up()
        found = compare(connection, workshop)
        with connection, connection.cursor() as cursor:
            for projection in projections:
                tables.drop(cursor, projection)
    return found
