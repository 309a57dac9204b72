"""New tables of read models, made from the whole log beside the ones that are read."""

from collections.abc import Callable, Mapping, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from projections import bookkeeping, tables
from projections.fold import Failure, Folded, Pair, Skips, altered, fold_patiently
from projections.log_source import LogSource
from projections.projection import WORKSHOP, Projection

Progress = Callable[[int, int], None]

BATCH = 1_000
"""Positions a transaction of the catch-up; fewer are left for the swap."""

_ORDERS = 500


class Workshop:
    """Read models in the making. Whoever uses it holds the right to (`rebuild.alone`).

    Args:
        connection: no transaction is open on it.
        log: reads over a connection of its own.
        projections: to make, all in one pass.
        progress: called with the events read and the newest position.

    Attributes:
        position: everything up to here is in the new rows.
        events: how many events were read.
        key_epoch: erasures up to this one are in the new rows.
        failures: orders that fail, by projection and stream id.
    """

    def __init__(
        self,
        connection: Connection,
        log: LogSource,
        projections: Sequence[Projection],
        progress: Progress | None = None,
    ) -> None:
        self.projections = tuple(projections)
        self.position = 0
        self.events = 0
        self.key_epoch = 0
        self.failures: dict[Pair, Failure] = {}
        self._connection = connection
        self._log = log
        self._progress = progress
        self._skips: Skips = {}

    def build(self) -> None:
        """Make the tables and fill them with every order that the log has by now.

        Raises:
            KeysUnavailableError: a projection reads personal data, and the keys do not open.
        """
        self.key_epoch = self._log.key_epoch()
        start = self._log.size()
        self._skips = self._log.skips()
        with self._connection, self._connection.cursor() as cursor:
            for projection in self.projections:
                tables.make(cursor, WORKSHOP, projection)
        after = 0
        while orders := self._log.following(after, start, _ORDERS):
            folded = fold_patiently(self._log, self.projections, orders, self._skips)
            self._write(folded, tables.add)
            after = orders[-1].first_position
            self.events += folded.events
            self._tell(self.events, start)
        with self._connection, self._connection.cursor() as cursor:
            for projection in self.projections:
                tables.make_indexes(cursor, WORKSHOP, projection)
                # Whoever asks first must not wait for the server to look at the rows by itself.
                cursor.execute(f"ANALYZE {WORKSHOP}.{projection.name}")
        self.position = start

    def catch_up(self) -> None:
        """Bring the new rows to where fewer than `BATCH` positions are missing."""
        while (upto := self._log.size()) - self.position > BATCH:
            top = min(self.position + BATCH, upto)
            self._write(self._fold(top), tables.put)
            self.position = top
            self._tell(top, upto)
        self._tell(self.position, upto)

    def catch_up_to_the_last(self, cursor: Cursor) -> None:
        """Bring the new rows to the newest position, in the caller's transaction."""
        top = self._log.size()
        folded = self._fold(top)
        failures = dict(folded.failures)
        for projection in self.projections:
            failures |= self._write_one_by_one(cursor, projection, folded, tables.put)
        self._note(folded, failures)
        self.position = top

    def keep_altered(self, cursor: Cursor) -> None:
        """Take over the old rows of orders with an event that is not what was recorded.

        They were made while it still was, and an order must not vanish because somebody damaged it.
        """
        states = bookkeeping.read_states(cursor, self.projections)
        for projection in self.projections:
            damaged = altered(self.failures, projection)
            if damaged and states[projection.name].version == projection.version:
                tables.keep(cursor, projection, tables.known(cursor, projection, damaged))

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)

    def _fold(self, top: int) -> Folded:
        """Fold the orders that have new events or that a new skip concerns."""
        orders = self._log.touched(self.position, top)
        if fresh := self._log.skips(self.position):
            self._skips = self._log.skips()
            named = {id_ for of_one in fresh.values() for id_ in of_one.values()}
            orders += self._log.standing(sorted(named - {order.stream_id for order in orders}))
        return fold_patiently(self._log, self.projections, orders, self._skips)

    def _write(self, folded: Folded, write: tables.Write) -> None:
        failures = dict(folded.failures)
        try:
            with self._connection, self._connection.cursor() as cursor:
                for projection in self.projections:
                    write(cursor, WORKSHOP, projection, folded.rows[projection.name])
        except tables.REFUSALS:
            with self._connection, self._connection.cursor() as cursor:
                for projection in self.projections:
                    failures |= self._write_one_by_one(cursor, projection, folded, write)
        self._note(folded, failures)

    def _write_one_by_one(
        self, cursor: Cursor, projection: Projection, folded: Folded, write: tables.Write
    ) -> dict[Pair, Failure]:
        rows = folded.rows[projection.name]
        return tables.write_one_by_one(write, cursor, WORKSHOP, projection, rows, folded.positions)

    def _note(self, folded: Folded, failures: Mapping[Pair, Failure]) -> None:
        for name, rows in folded.rows.items():
            for id_ in rows:
                self.failures.pop((name, id_), None)
        self.failures |= failures
