"""Chunks of an import: cut from the input, and each read, sealed and stored as a whole."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from domain.event import Fact
from eventstore.appending import Encoded, Row
from eventstore.bulk import BulkAppender
from eventstore.connection import Connection, transaction
from eventstore.recording import record_by
from eventstore.stream_keys import KeyRing
from orderproof import redelivered
from orderproof.quarantine import Mismatch
from sources.cloudevents import Block, read_block
from sources.rejected import Rejected

BYTES = 1024 * 1024
"""Bytes of JSON Lines in a chunk: about 2,000 events. A kill loses at most one chunk of work."""

_FACTS = 1_000
_WEIGHT = 4 * BYTES


class Chunk(msgspec.Struct, frozen=True):
    """A piece of the input: lines that are not read yet, or facts that are."""

    block: Block | None = None
    facts: Sequence[Fact] = ()


class Stored(msgspec.Struct, frozen=True):
    """What became of a chunk's facts."""

    recorded: int
    duplicates: int
    mismatches: Sequence[Mismatch]


Ready = Callable[[int, Sequence[Rejected]], None]
"""Called once before anything of a chunk is stored: how many facts, and what could not be read."""


def cut(items: Iterable[Block | Fact | Rejected]) -> Iterator[tuple[Chunk, list[Rejected]]]:
    """Cut what a source yields into chunks, each with what was rejected before it."""
    facts: list[Fact] = []
    rejected: list[Rejected] = []
    weight = 0
    for item in items:
        if isinstance(item, Rejected):
            rejected.append(item)
        elif isinstance(item, Fact):
            facts.append(item)
            weight += len(msgspec.json.encode(item.data))
        if facts and (isinstance(item, Block) or len(facts) == _FACTS or weight >= _WEIGHT):
            yield Chunk(facts=facts), rejected
            facts, rejected, weight = [], [], 0
        if isinstance(item, Block):
            yield Chunk(block=item), rejected
            rejected = []
    if facts or rejected:
        yield Chunk(facts=facts), rejected


class ChunkStore:
    """Reads, seals and stores chunks.

    Args:
        connection: with the importer's rights; no transaction is open on it.
        keys: seals personal data.
    """

    def __init__(self, connection: Connection, keys: KeyRing) -> None:
        self._connection = connection
        self._keys = keys
        self.appender = BulkAppender(connection)

    def store(self, chunk: Chunk, ready: Ready) -> Stored:
        """Store a chunk, in as few transactions as others who write allow.

        Args:
            chunk: to be stored.
            ready: called once all is read and sealed, before anything is stored.
        """
        facts, rejected = list(chunk.facts), []
        for item in read_block(chunk.block) if chunk.block else ():
            if isinstance(item, Fact):
                facts.append(item)
            else:
                rejected.append(item)
        waiting = True

        def append(events: Sequence[Encoded]) -> list[Row]:
            nonlocal waiting
            if waiting:
                ready(len(facts), rejected)
                waiting = False
            return self.appender(events)

        outcomes = redelivered.record(
            lambda facts: record_by(
                append, lambda: transaction(self._connection), self._keys, facts
            ),
            self._connection,
            facts,
        )
        if waiting:
            ready(len(facts), rejected)
        results = [outcome.result for outcome in outcomes]
        mismatches = [
            Mismatch(fact, outcome)
            for fact, outcome in zip(facts, outcomes, strict=True)
            if outcome.result == "mismatch" and not redelivered.is_reread(fact)
        ]
        recorded = results.count("recorded")
        return Stored(recorded, len(facts) - recorded - len(mismatches), mismatches)
