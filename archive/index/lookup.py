"""Finding a stream's rows in an index, with at most two shards read for a stream.

What it returns is what the index says. Trusting the root is `archive.verify.by_index`'s work; a
shard is believed only if it has the digest that the root names.
"""

from collections.abc import Sequence

from archive.index import rows
from archive.index.growth import Read, read_shard
from archive.index.root import Root
from archive.index.rows import Row
from archive.layout import ORDER_STREAM


def find(root: Root, stream: str, read: Read) -> list[Row]:
    """Return the rows of a stream, by revision; empty where the index has none.

    Args:
        root: the index's root.
        stream: name of the stream.
        read: reads a shard by its name; called at most once for each generation.

    Raises:
        FormatError: a shard is not the one that the root names.
    """
    key = rows.key_of(stream)
    found = list(rows.of_key(rows.parse(root.inline), key))
    for generation in reversed(root.generations):
        # Later rows lie in later generations, so before the first revision there is nothing.
        if any(row.revision == 1 for row in found):
            break
        shard = rows.shard_of(key, generation.shards)
        found += rows.of_key(read_shard(generation, shard, read), key)
    return sorted(found, key=lambda row: row.revision)


def streams_of(root: Root, order: str) -> Sequence[str] | None:
    """Return the streams that an order's name can mean: `shop/number`, or a number in any shop.

    None where the index does not know all shops, so that the shop has to be named.
    """
    exact = [ORDER_STREAM + order] if "/" in order else []
    if root.shops is None:
        return exact or None
    return [*exact, *(f"{ORDER_STREAM}{shop}/{order}" for shop in root.shops)]
