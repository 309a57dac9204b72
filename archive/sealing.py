"""Seals: the events that end a revision of a history."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from archive.log_source import LogSource
from archive.retention import Terms, TermsOf, default_terms, later
from domain.event import Fact
from domain.line import Head, Line, decode

SEALED = "history.sealed"
SOURCE = "orderproof"

_BATCH = 2_000
_TRIES = 5


class Seal(NamedTuple):
    """What a seal says: it ends `revision`, which holds the versions `first_version` to `events`.

    `events` is the seal's own version; the history is kept up to the day `retain_until`, as its
    retention class wants.
    """

    revision: int
    first_version: int
    events: int
    retain_until: date
    retention_class: str

    @property
    def terms(self) -> Terms:
        """How long the history is to be kept."""
        return Terms(self.retention_class, self.retain_until)


def read_seal(line: Line) -> Seal:
    """Return what a `history.sealed` line says."""
    data = decode(line.encode()).data
    until = date.fromisoformat(data["retain_until"])
    return Seal(
        data["revision"], data["first_version"], data["events"], until, data["retention_class"]
    )


def seal_streams(
    source: LogSource, streams: Iterable[str], now: str, terms_of: TermsOf = default_terms
) -> int:
    """Append a seal to every stream that has events since its last one, in the order given.

    A stream that grows faster than it can be sealed is not quiet, and is left to a later run.

    Args:
        source: the event log.
        streams: names of streams.
        now: time of the seals, as the log's clock writes it.
        terms_of: says how long their histories are to be kept; never less than a seal before.

    Returns:
        The number of seals recorded.
    """
    names = iter(streams)
    return sum(_seal_batch(source, batch, now, terms_of) for batch in _batches(names))


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(dict.fromkeys(islice(names, _BATCH))):
        yield batch


def _seal_batch(source: LogSource, names: list[str], now: str, terms_of: TermsOf) -> int:
    today = max(date.fromisoformat(now[:10]), newest_day(source))
    sealed = 0
    for _ in range(_TRIES):
        due = [head for head in source.heads(names) if head.version > _sealed_version(head)]
        if not due:
            break
        terms = terms_of([head.stream for head in due], today)
        positions = source.append(
            [_seal_fact(head, now, terms[head.stream]) for head in due],
            [head.version + 1 for head in due],
        )
        outcomes = list(zip(due, positions, strict=True))
        names = [head.stream for head, position in outcomes if position is None]
        sealed += len(due) - len(names)
    return sealed


def newest_day(source: LogSource) -> date:
    """Return the day, UTC, on which the newest event was recorded: no clock is before it."""
    size = source.size()
    newest = next(source.lines(size - 1, size), None) if size else None
    return date.fromisoformat(newest.recorded_at[:10]) if newest else date.min


def _sealed_version(head: Head) -> int:
    return head.seal.version if head.seal else 0


def _seal_fact(head: Head, now: str, terms: Terms) -> Fact:
    before = read_seal(head.seal) if head.seal else None
    revision = before.revision + 1 if before else 1
    terms = later(terms, before.terms if before else None)
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
            "retain_until": terms.until.isoformat(),
            "retention_class": terms.retention_class,
            "revision": revision,
        },
    )
