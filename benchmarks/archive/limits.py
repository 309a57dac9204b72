"""What the machine could do at most: the same bytes, with nothing of ours done to them."""

import hashlib
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from archive import member, merkle, syncing

_TOGETHER = 1024


def write(texts: Iterator[bytes], folder: Path) -> tuple[int, float]:
    """Hash, compress and write texts as files, with the syncs of an archive; how many, how long."""
    folder.mkdir()
    descriptor = syncing.open_file_system(folder)
    number = 0
    spent = 0.0
    try:
        for batch in _batches(texts):
            started = time.perf_counter()
            for text in batch:
                hashlib.sha256(text).digest()
                (folder / str(number)).write_bytes(member.compress(text))
                number += 1
            if descriptor is None:
                _sync_each(folder, number - len(batch), number)
            else:
                # Once for the contents, once for the names, as an archive does it.
                syncing.sync_file_system(descriptor)
                syncing.sync_file_system(descriptor)
            spent += time.perf_counter() - started
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return number, spent


def chain_and_tree(texts: Iterator[bytes]) -> tuple[int, float]:
    """Hash every line of histories, and the tree of their hashes; how many lines, how long."""
    frontier = merkle.Frontier()
    count = 0
    spent = 0.0
    for batch in _batches(texts):
        lines = [line for text in batch for line in text.split(b"\n\n", 1)[0].split(b"\n")[1:]]
        started = time.perf_counter()
        for line in lines:
            frontier.append(merkle.leaf_hash(hashlib.sha256(line).digest()))
        spent += time.perf_counter() - started
        count += len(lines)
    return count, spent


def texts(archive: Path) -> Iterator[bytes]:
    """Yield the text of every history in an archive's folders."""
    for path in sorted(archive.glob("orders/*/*/*.gz")):
        yield zlib.decompress(path.read_bytes(), 31)


def _batches(found: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for text in found:
        batch.append(text)
        if len(batch) == _TOGETHER:
            yield batch
            batch = []
    if batch:
        yield batch


def _sync_each(folder: Path, first: int, end: int) -> None:
    for name in [*map(str, range(first, end)), "."]:
        descriptor = os.open(folder / name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
