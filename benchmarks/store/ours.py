"""Our store, used as the service uses it: writers with group commit, the log's own readers."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.store.workload import Item, fact
from eventstore import log
from eventstore.connection import Connection, connect
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer


class Store:
    """One process's way into our store."""

    def __init__(self, writer: Writer, connection: Connection, keys: KeyRing) -> None:
        self._writer = writer
        self._connection = connection
        self._keys = keys

    def append(self, item: Item) -> None:
        """Append one event as a fact, at any version."""
        self._record([fact(item)])

    def fill(self, items: list[Item]) -> None:
        """Append many events at once."""
        self._record([fact(item) for item in items])

    def load_and_append(self, stream: str) -> None:
        """Read a stream with its personal data, and append one event at the version that is next.

        For one thread.
        """
        events = log.read_order(self._connection, self._keys, stream)
        last = events[-1].version
        self._record([fact(Item(stream, last + 1))], [last])

    def _record(self, facts: list, versions: list[int | None] | None = None) -> None:
        for outcome in self._writer.record(facts, versions):
            if outcome.result != "recorded":
                raise AssertionError(outcome)


@contextmanager
def opened(dsn: str, key: bytes) -> Iterator[Store]:
    """Open a migrated database of ours."""
    keys = KeyRing(key)
    with connect(dsn) as connection, Writer(dsn, keys) as writer:
        yield Store(writer, connection, keys)


def read(dsn: str) -> int:
    """Read and decode the whole log, and return how many events it holds."""
    with connect(dsn) as connection:
        return sum(1 for _ in log.events(connection, 0, log.size(connection)))
