"""Recording facts as events: seal, encode, append, and tell what became of each."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec
import psycopg2

from domain.event import Fact
from eventstore import appending, encoding, repeats
from eventstore.appending import Encoded, Row
from eventstore.connection import Connection, Cursor, transaction
from eventstore.errors import StoreUnavailableError
from eventstore.stream_keys import KeyRing, Transact

_TRIES = 10
_STALE = "stale_keys"
_NO_VERSION = 2**63

Append = Callable[[Sequence[Encoded]], Sequence[Row]]
"""Appends events, of which no two have the same source and id, and returns after the commit."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one fact.

    Args:
        result: `recorded`; `duplicate`, where the same event is there already; `mismatch`, where
            another event has its source and id; `conflict`, where the stream is at another version.
        position: of the event in the log; None for a conflict.
        version: of the event in its stream; for a conflict, the version that the stream has.
        digest: SHA-256 of the encoded body that was offered.
        stored_digest: SHA-256 of the encoded body that is stored, for duplicate and mismatch.
    """

    result: Literal["recorded", "duplicate", "mismatch", "conflict"]
    position: int | None
    version: int
    digest: bytes
    stored_digest: bytes | None


def record(
    connection: Connection,
    keys: KeyRing | None,
    facts: Sequence[Fact],
    expected_versions: Sequence[int | None] | None = None,
) -> list[Outcome]:
    """Record facts in their order and return what became of each, after the commit.

    Args:
        connection: no transaction is open on it.
        keys: seals personal data; None where there is none.
        facts: each is recorded at most once; see `Outcome`.
        expected_versions: for each fact the version its stream must have, 0 for a new one, or None
            for any.

    Raises:
        EventRefusedError: a fact cannot be stored as it is; none is recorded.
        ValueError: an expected version is none that a stream could have; nothing is recorded.
        KeyMissingError: a stream's key was wrapped by another key-encryption key.
    """

    def append(events: Sequence[Encoded]) -> list[Row]:
        # One statement is one transaction here: the database commits it as it ends, so a client
        # that is slow or stopped holds nobody up.
        with _autocommit(connection) as cursor:
            return appending.append(cursor, events)

    return record_by(append, lambda: transaction(connection), keys, facts, expected_versions)


def record_after(
    connection: Connection, keys: KeyRing | None, facts: Sequence[Fact], version: int
) -> bool:
    """Record facts of one stream right behind a version of it, all of them or none.

    So of several who decide by the same events one is recorded whole, and the others not at all.

    Args:
        connection: no transaction is open on it.
        keys: as for `record`.
        facts: of one stream, none twice.
        version: that the stream has; 0 for a new one.

    Returns:
        Whether they are recorded; not where the stream has gone on, or one is there already.

    Raises:
        EventRefusedError: a fact cannot be stored as it is; none is recorded.
    """
    parts = [encoding.part(fact) for fact in facts]
    for _ in range(_TRIES):
        epoch, found = encoding.obtain_keys(keys, lambda: transaction(connection), parts)
        events = [encoding.encode(part, epoch, found, version + i) for i, part in enumerate(parts)]
        try:
            with _autocommit(connection) as cursor:
                appending.append_all(cursor, events)
        except (
            psycopg2.errors.IntegrityConstraintViolation,
            psycopg2.errors.UniqueViolation,
        ) as error:
            if _STALE not in str(error):
                return False
            if keys is not None:
                keys.forget()
        else:
            return True
    raise StoreUnavailableError("erasures go on without end, so nothing could be sealed; try again")


def record_by(
    append: Append,
    transact: Transact,
    keys: KeyRing | None,
    facts: Sequence[Fact],
    expected_versions: Sequence[int | None] | None = None,
) -> list[Outcome]:
    """Record facts through whatever appends them; see `record`.

    Args:
        append: see `Append`.
        transact: opens a transaction beside, for keys and for a look at what is stored.
        keys: as for `record`.
        facts: as for `record`.
        expected_versions: as for `record`.
    """
    parts = [encoding.part(fact) for fact in facts]
    expected = expected_versions or [None] * len(facts)
    if any(version is not None and not 0 <= version < _NO_VERSION for version in expected):
        # -1 least of all: to `append` it means a stream that counts from 0, as ours never do.
        raise ValueError("an expected version is 0 or more")
    outcomes: list[Outcome | None] = [None] * len(facts)
    left: Sequence[int] = range(len(facts))
    for _ in range(_TRIES):
        epoch, found = encoding.obtain_keys(keys, transact, [parts[i] for i in left])
        events = [encoding.encode(parts[i], epoch, found, expected[i]) for i in left]
        rows = [row for run in _runs(events) for row in append(run)]
        # Where somebody was erased meanwhile, what depends on a stale event waits for it, too.
        stale = any(row[0] == _STALE for row in rows)
        again = []
        for i, event, row in zip(left, events, rows, strict=True):
            if row[0] == _STALE or (stale and row[0] == "conflict"):
                again.append(i)
            else:
                outcomes[i] = _outcome(event, row, parts[i], transact, keys)
        if not again:
            return [outcome for outcome in outcomes if outcome is not None]
        left = again
        if keys is not None:
            keys.forget()
    raise StoreUnavailableError("erasures go on without end, so nothing could be sealed; try again")


def _outcome(
    event: Encoded,
    row: Row,
    parted: encoding.Parted,
    transact: Transact,
    keys: KeyRing | None,
) -> Outcome:
    result, position, version, stored = row
    if result == "mismatch" and repeats.is_repeat(transact, keys, parted, event):
        result = "duplicate"
    return Outcome(
        result=result,  # type: ignore[arg-type]
        position=position,
        version=version,
        digest=hashlib.sha256(event.body).digest(),
        stored_digest=bytes(stored) if stored is not None else None,
    )


def _runs(events: Sequence[Encoded]) -> Iterator[list[Encoded]]:
    """Cut events into runs in which no source and id comes twice."""
    run: list[Encoded] = []
    seen: set[tuple[str, str]] = set()
    for event in events:
        if (event.source, event.id) in seen:
            yield run
            run, seen = [], set()
        seen.add((event.source, event.id))
        run.append(event)
    if run:
        yield run


@contextmanager
def _autocommit(connection: Connection) -> Iterator[Cursor]:
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        if not connection.closed:
            connection.autocommit = False
