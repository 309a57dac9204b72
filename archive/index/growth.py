"""Adding rows to an index: into the root while they are few, else into shards, merged as they come.

One shard of each generation is in memory, beside the rows that are added.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from archive import layout
from archive.errors import FormatError
from archive.index import rows
from archive.index.root import INLINE, Generation, Root

SHARD_ROWS = 1_300
"""Rows in a shard on the average, which makes about 64 KB."""

DELTA_SHARE = 4
"""The delta is merged into the base when it has more than a fourth of its rows."""

Read = Callable[[str], bytes]
"""Returns the bytes of a shard by its name in the archive."""

Write = Callable[[str, bytes], None]
"""Stores a shard under its name."""


def grow(root: Root, new: Iterable[bytes], at: int, read: Read, write: Write) -> Root:
    """Return the root of the index with more rows, after its new shards were written.

    The same rows, added in the same runs, give the same bytes, whatever their order in a run.

    Args:
        root: the index so far.
        new: rows of the run's histories.
        at: size A of the run.
        read: how to get a shard.
        write: how to store a shard. Only shards of this run are written.

    Raises:
        FormatError: a shard is not the one that the root names.
    """
    added = sorted([*rows.parse(root.inline), *new])
    if len(added) <= INLINE:
        return replace(root, log_size=at, inline=b"".join(added), superseded=())
    base, delta = root.base, root.delta
    total = len(added) + (delta.rows if delta else 0)
    merged = [each for each in (delta,) if each is not None]
    into_base = base is None or total * DELTA_SHARE > base.rows
    if into_base and base is not None:
        merged.append(base)
        total += base.rows
    streams = [iter(added), *(read_rows(each, read) for each in merged)]
    generation = _write_shards(heapq.merge(*streams), total, at, write)
    return replace(
        root,
        log_size=at,
        base=generation if into_base else base,
        delta=None if into_base else generation,
        inline=b"",
        superseded=tuple(sorted(each.at for each in merged)),
    )


def read_rows(generation: Generation, read: Read) -> Iterator[bytes]:
    """Yield all rows of a generation in their order, one shard in memory at a time.

    Raises:
        FormatError: a shard is not the one that the root names, or there are more or fewer rows.
    """
    total = 0
    for shard in range(generation.shards):
        held = read_shard(generation, shard, read)
        total += len(held)
        yield from held
    if total != generation.rows:
        raise FormatError(f"the index's generation {generation.at} has another number of rows")


def read_shard(generation: Generation, shard: int, read: Read) -> list[bytes]:
    """Return the rows of one shard, which is read only if it has any.

    Raises:
        FormatError: it is not the shard that the root names.
    """
    digest = generation.digests[shard]
    if digest == NO_ROWS:
        return []
    name = layout.index_shard_path(generation.at, shard)
    data = read(name)
    if hashlib.sha256(data).digest() != digest:
        raise FormatError(f"{name} is not the shard that {layout.INDEX} names")
    held = rows.parse(data)
    if any(rows.shard_of(row, generation.shards) != shard for row in (held[0], held[-1])):
        raise FormatError(f"{name} holds rows of another shard")
    return held


NO_ROWS = hashlib.sha256(b"").digest()
"""Digest of a shard without rows, which has no file."""


def _write_shards(sorted_rows: Iterable[bytes], total: int, at: int, write: Write) -> Generation:
    shards = -(-total // SHARD_ROWS)
    digests: list[bytes] = []
    held: list[bytes] = []

    def close() -> None:
        data = b"".join(held)
        if data:
            write(layout.index_shard_path(at, len(digests)), data)
        digests.append(hashlib.sha256(data).digest())
        held.clear()

    for row in sorted_rows:
        while len(digests) < rows.shard_of(row, shards):
            close()
        held.append(row)
    while len(digests) < shards:
        close()
    return Generation(at, total, tuple(digests))
