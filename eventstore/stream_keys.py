"""The keys of streams: random, one per stream and purpose, stored wrapped."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from uuid import UUID

from eventstore.connection import Cursor
from eventstore.sealing import new_wrapped_key, unwrap_key

Transact = Callable[[], AbstractContextManager[Cursor]]
"""Opens a transaction that is committed at the end of the block."""

StreamKeys = dict[tuple[UUID, str], bytes]
"""Keys in the clear by stream id and purpose."""


class KeyRing:
    """Opens and makes the keys of streams, for any number of threads.

    Keys for sealing are kept in memory up to a bound, so that a writer that stays does not ask for
    them at each event. What is sealed with them carries `epoch`, the number of erasures when they
    were read: the store refuses it once another erasure has come, and `forget` then empties the
    memory. Keys for opening are never kept, so that an erasure counts at once.

    Args:
        key_encryption_key: 32 bytes, wraps the streams' keys.
        limit: how many keys are kept; the longest unused goes first.
    """

    def __init__(self, key_encryption_key: bytes, limit: int = 50_000) -> None:
        self._key_encryption_key = key_encryption_key
        self._limit = limit
        self._kept: OrderedDict[tuple[UUID, str], bytes] = OrderedDict()
        self._epoch = 0
        self._forgotten = 0
        self._lock = threading.Lock()
        self._asked_for: set[tuple[UUID, str]] = set()
        self._asking = threading.Lock()

    def __repr__(self) -> str:
        return "KeyRing(…)"

    def find(self, cursor: Cursor, streams: Iterable[UUID]) -> StreamKeys:
        """Return the keys that exist of streams.

        Raises:
            KeyMissingError: a key was wrapped by another key-encryption key.
        """
        cursor.execute(
            "SELECT stream_id::text, purpose, wrapped FROM stream_keys"
            " WHERE stream_id = ANY(%s::uuid[]) AND wrapped IS NOT NULL",
            (_uuids(set(streams)),),
        )
        return self._unwrapped(cursor.fetchall())

    def obtain(self, transact: Transact, wanted: set[tuple[UUID, str]]) -> tuple[int, StreamKeys]:
        """Return the epoch and the keys that are wanted, from memory, read, or made.

        Threads that come while another one asks the database are all served by the next question.

        Args:
            transact: opens a transaction, for `ensure`.
            wanted: stream ids and purposes.

        Raises:
            KeyMissingError: a key was wrapped by another key-encryption key.
        """
        epoch, found = self.kept(wanted)
        if len(found) == len(wanted):
            return epoch, found
        with self._lock:
            self._asked_for |= wanted
        with self._asking:
            epoch, found = self.kept(wanted)
            if len(found) == len(wanted):
                return epoch, found
            with self._lock:
                together, self._asked_for = self._asked_for | wanted, set()
                forgotten = self._forgotten
            with transact() as cursor:
                epoch, keys = self.ensure(cursor, together)
            # Not before the commit: of keys that it failed to store nobody must ever seal with one.
            self._keep(epoch, keys, forgotten)
        return epoch, {name: keys[name] for name in wanted}

    def kept(self, wanted: Iterable[tuple[UUID, str]]) -> tuple[int, StreamKeys]:
        """Return the epoch and the keys, among those wanted, that are in memory."""
        found: StreamKeys = {}
        with self._lock:
            for name in wanted:
                key = self._kept.get(name)
                if key is not None:
                    self._kept.move_to_end(name)
                    found[name] = key
            return self._epoch, found

    def ensure(self, cursor: Cursor, wanted: Iterable[tuple[UUID, str]]) -> tuple[int, StreamKeys]:
        """Return the epoch and the keys that are wanted, and make those that are missing.

        Runs in the caller's transaction, which must be committed before anything that was sealed
        is stored. It need not wait for the disk: the event's own commit comes later in the same
        write-ahead log and waits for both. Nothing is kept in memory here.

        Raises:
            KeyMissingError: a key was wrapped by another key-encryption key.
        """
        names = sorted(wanted)
        # Of two writers who make a key at once the first wins, and both get that one.
        cursor.execute(
            "SELECT key_epoch, stream_id::text, purpose, wrapped"
            " FROM make_keys(%s::uuid[], %s::text[], %s::bytea[])",
            (
                _uuids(stream for stream, _ in names),
                [purpose for _, purpose in names],
                [new_wrapped_key(self._key_encryption_key) for _ in names],
            ),
        )
        rows = cursor.fetchall()
        return int(rows[0][0]), self._unwrapped([row[1:] for row in rows])

    def forget(self) -> None:
        """Empty the memory, after an erasure or when a connection was lost."""
        with self._lock:
            self._kept.clear()
            self._forgotten += 1

    def _keep(self, epoch: int, keys: StreamKeys, forgotten: int) -> None:
        with self._lock:
            if forgotten != self._forgotten:
                return  # read before the memory was emptied
            if epoch != self._epoch:
                self._kept.clear()
                self._epoch = epoch
            self._kept.update(keys)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)

    def _unwrapped(self, rows: Iterable[tuple[str, str, memoryview]]) -> StreamKeys:
        return {
            (UUID(stream), purpose): unwrap_key(self._key_encryption_key, bytes(wrapped))
            for stream, purpose, wrapped in rows
        }


def _uuids(streams: Iterable[UUID]) -> str:
    return "{" + ",".join([stream.hex for stream in streams]) + "}"
