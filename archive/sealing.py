"""Seals: the events that end a revision of a history."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from archive.log_source import LogSource
from archive.retention import DEFAULT_CLASS, retain_until
from domain.event import Fact
from domain.line import Head, Line, decode

SEALED = "history.sealed"
SOURCE = "orderproof"

_BATCH = 500
_TRIES = 5


class Seal(NamedTuple):
    """What a seal says: it ends `revision`, which holds the versions `first_version` to `events`.

    `events` is the seal's own version; the history is kept until the day `retain_until`.
    """

    revision: int
    first_version: int
    events: int
    retain_until: date


def read_seal(line: Line) -> Seal:
    """Return what a `history.sealed` line says."""
    data = decode(line.encode()).data
    until = date.fromisoformat(data["retain_until"])
    return Seal(data["revision"], data["first_version"], data["events"], until)


def seal_streams(source: LogSource, streams: Iterable[str], now: str) -> int:
    """Append a seal to every stream that has events since its last one, in the order given.

    A stream that grows faster than it can be sealed is not quiet, and is left to a later run.

    Args:
        source: the event log.
        streams: names of streams.
        now: time of the seals, as the log's clock writes it.

    Returns:
        The number of seals recorded.
    """
    names = iter(streams)
    return sum(_seal_batch(source, batch, now) for batch in _batches(names))


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(dict.fromkeys(islice(names, _BATCH))):
        yield batch


def _seal_batch(source: LogSource, names: list[str], now: str) -> int:
    sealed = 0
    for _ in range(_TRIES):
        due = [head for head in source.heads(names) if head.version > _sealed_version(head)]
        if not due:
            break
        positions = source.append(
            [_seal_fact(head, now) for head in due], [head.version + 1 for head in due]
        )
        outcomes = list(zip(due, positions, strict=True))
        names = [head.stream for head, position in outcomes if position is None]
        sealed += len(due) - len(names)
    return sealed


def _sealed_version(head: Head) -> int:
    return head.seal.version if head.seal else 0


def _seal_fact(head: Head, now: str) -> Fact:
    revision = read_seal(head.seal).revision + 1 if head.seal else 1
    # The order number may be long or odd, so the id holds a digest of the stream's name.
    digest = hashlib.sha256(head.stream.encode()).hexdigest()[:32]
    return Fact(
        stream=head.stream,
        type=SEALED,
        source=SOURCE,
        id=f"{SEALED}/{digest}/{revision}",
        occurred_at=now,
        data={
            "events": head.version + 1,
            "first_version": _sealed_version(head) + 1,
            "retain_until": retain_until(date.fromisoformat(now[:10])).isoformat(),
            "retention_class": DEFAULT_CLASS,
            "revision": revision,
        },
    )
