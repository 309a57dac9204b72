"""The keys of streams: random, one per stream and purpose, stored wrapped."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from uuid import UUID

from domain.catalogue import CONTACT
from domain.stream import KEYS_STREAM, stream_id
from eventstore.connection import Cursor
from eventstore.errors import KeyMissingError
from eventstore.sealing import new_wrapped_key, unwrap_key, wrap_key

Transact = Callable[[], AbstractContextManager[Cursor]]
"""Opens a transaction that is committed at the end of the block."""

StreamKeys = dict[tuple[UUID, str], bytes]
"""Keys in the clear by stream id and purpose."""

_PROOF = (stream_id(KEYS_STREAM), CONTACT)
"""A key that seals nothing. It is made with the first one, and shows later whether the
key-encryption key is still the same: a wrong one would wrap keys that nobody could open."""


class KeyRing:
    """Opens and makes the keys of streams, for any number of threads.

    Keys for sealing are kept in memory up to a bound, so that a writer that stays does not ask for
    them at each event. What is sealed with them carries `epoch`, the number of erasures when they
    were read: the store refuses it once another erasure has come, and `forget` then empties the
    memory. Keys for opening are never kept, so that an erasure counts at once.

    Args:
        key_encryption_key: 32 bytes, wraps the streams' keys; or what returns them, called when
            there is a key to wrap or to unwrap.
        limit: how many keys are kept; the longest unused goes first.
    """

    def __init__(
        self, key_encryption_key: bytes | Callable[[], bytes], limit: int = 50_000
    ) -> None:
        self._given = key_encryption_key
        self._limit = limit
        self._kept: OrderedDict[tuple[UUID, str], bytes] = OrderedDict()
        self._epoch = 0
        self._proved = False
        self._forgotten = 0
        self._lock = threading.Lock()
        self._asked_for: set[tuple[UUID, str]] = set()
        self._asking = threading.Lock()

    def __repr__(self) -> str:
        return "KeyRing(…)"

    def unwrap(self, rows: Iterable[tuple[str, str, memoryview]]) -> StreamKeys:
        """Return the keys that rows of stream id, purpose and wrapped key hold.

        Raises:
            KeyMissingError: a key was wrapped by another key-encryption key, or that one is away.
        """
        wrapped_keys = list(rows)
        if not wrapped_keys:
            return {}
        wrapping = self._key_encryption_key()
        return {
            (UUID(stream), purpose): unwrap_key(wrapping, bytes(wrapped))
            for stream, purpose, wrapped in wrapped_keys
        }

    def obtain(self, transact: Transact, wanted: set[tuple[UUID, str]]) -> tuple[int, StreamKeys]:
        """Return the epoch and the keys that are wanted, from memory, read, or made.

        Threads that come while another one asks the database are all served by the next question.

        Args:
            transact: opens a transaction, for `ensure`.
            wanted: stream ids and purposes.

        Raises:
            KeyMissingError: a key was wrapped by another key-encryption key, or that one is away.
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
            self._proved = True
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
            KeyMissingError: a key was wrapped by another key-encryption key, or that one is away.
        """
        names = sorted(wanted) if self._proved else sorted({*wanted, _PROOF})
        wrapping = self._key_encryption_key()
        # Of two writers who make a key at once the first wins, and both get that one.
        cursor.execute(
            "SELECT key_epoch, stream_id::text, purpose, wrapped"
            " FROM make_keys(%s::uuid[], %s::text[], %s::bytea[])",
            (
                _uuids(stream for stream, _ in names),
                [purpose for _, purpose in names],
                [new_wrapped_key(wrapping) for _ in names],
            ),
        )
        rows = cursor.fetchall()
        keys = self.unwrap(row[1:] for row in rows)
        keys.pop(_PROOF, None)
        return int(rows[0][0]), keys

    def take_over(self, cursor: Cursor, keys: StreamKeys) -> None:
        """Store keys that came in the clear, under this installation's key-encryption key.

        Raises:
            KeyMissingError: a stream has another key already, or the key-encryption key is away.
        """
        names = sorted(keys)
        wrapping = self._key_encryption_key()
        cursor.execute(
            "SELECT stream_id::text, purpose, wrapped"
            " FROM make_keys(%s::uuid[], %s::text[], %s::bytea[])",
            (
                _uuids(stream for stream, _ in names),
                [purpose for _, purpose in names],
                [wrap_key(wrapping, keys[name]) for name in names],
            ),
        )
        if self.unwrap(cursor.fetchall()) != keys:
            raise KeyMissingError("the store has other keys for some of these streams already")

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

    def _key_encryption_key(self) -> bytes:
        return self._given() if callable(self._given) else self._given


def _uuids(streams: Iterable[UUID]) -> str:
    return "{" + ",".join([stream.hex for stream in streams]) + "}"
