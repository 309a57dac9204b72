"""Tiles: names and contents of the files that publish the log's entries and hashes.

Source: https://c2sp.org/tlog-tiles
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from archive.errors import FormatError

WIDTH = 256
HASH_BYTES = 32
Level = int | Literal["entries"]

_PATH = re.compile(
    r"log/tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


def tile_path(level: Level, index: int, width: int = WIDTH) -> str:
    """Return the name of a tile in the archive, such as `log/tile/0/x001/234.p/17`."""
    last = f"{index % 1000:03}"
    rest = index // 1000
    while rest:
        last = f"x{rest % 1000:03}/{last}"
        rest //= 1000
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"log/tile/{level}/{last}{suffix}"


def parse_path(path: str) -> tuple[Level, int, int] | None:
    """Take a tile's name apart into level, index and width; None for the name of anything else."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level: Level = "entries" if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3] or WIDTH)
    return (level, index, width) if tile_path(level, index, width) == path else None


def bundle(entries: Iterable[bytes]) -> bytes:
    """Join entries, each behind its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(data: bytes) -> list[bytes]:
    """Split a bundle into its entries.

    Raises:
        FormatError: a length leads beyond the end.
    """
    entries = []
    place = 0
    while place < len(data):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if place > len(data) or start > len(data):
            raise FormatError("an entry's length leads beyond the bundle's end")
        entries.append(data[start:place])
    return entries


def tiles_for_size(size: int, since: int = 0) -> Iterator[tuple[Level, int, int]]:
    """List every tile, full and partial, that a log of this size needs: (level, index, width).

    Entries first, then hashes from level 0 upwards, each by ascending index.

    Args:
        size: number of leaves.
        since: leave out full tiles that a log of this smaller size has already.
    """
    yield from _tiles_of_level("entries", size, since)
    level = 0
    while size:
        yield from _tiles_of_level(level, size, since)
        size //= WIDTH
        since //= WIDTH
        level += 1


def _tiles_of_level(level: Level, nodes: int, since: int) -> Iterator[tuple[Level, int, int]]:
    full, rest = divmod(nodes, WIDTH)
    for index in range(since // WIDTH, full):
        yield level, index, WIDTH
    if rest:
        yield level, full, rest
