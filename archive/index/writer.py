"""The index's place in an archive run: shards before the manifest, the root just before the end.

The run's event names the root's digest, so an index that somebody changed in the archive is never
gone on from. A root that stands before its run is finished is the one that the next attempt would
write again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from archive import history, layout, merkle, staging
from archive.continuity import Published
from archive.entry import tag
from archive.errors import CannotContinueError, FormatError
from archive.index import root as roots
from archive.index import rows
from archive.index.growth import Read, grow
from archive.index.root import Root, Stored
from archive.log_source import LogSource
from archive.log_writer import Archive, SignedLog
from archive.note import only
from archive.placing import Piece
from archive.store import NewObject, Store
from archive.tree_writer import stored_nodes
from domain.line import Line, decode
from domain.stream import split_order_stream

_BATCH = 64  # shards that are stored at once, about 4 MB


@dataclass
class Added:
    """What a run adds to the index; memory holds little more than 48 bytes for each history.

    Args:
        rows: one behind the other, in the order in which histories were stored.
        shops: of the orders among them.
        packed: whether one of them lies in a pack.
    """

    rows: bytearray = field(default_factory=bytearray)
    shops: set[str] = field(default_factory=set)
    packed: bool = False

    def __len__(self) -> int:
        """Return the number of histories."""
        return len(self.rows) // rows.SIZE

    def each(self) -> Iterator[bytes]:
        """Yield the rows."""
        return (bytes(self.rows[at : at + rows.SIZE]) for at in range(0, len(self.rows), rows.SIZE))

    def add(self, piece: Piece, log_size: int, number: int, length: int) -> None:
        """Take in the histories of an object that was stored.

        Args:
            piece: the object.
            log_size: size A of the run.
            number: of the pack in the run, if it is one.
            length: of the object in the archive; the same text may be compressed otherwise.
        """
        self.packed = self.packed or piece.packed
        for each in piece.histories:
            row = rows.Row(
                key=rows.key_of(each.stream),
                log_size=log_size,
                pack=number if piece.packed else rows.FILE,
                offset=each.offset,
                length=each.length if piece.packed else length,
                revision=each.revision,
                date=int(each.date),
            )
            self.rows += rows.encode(row)
            order = split_order_stream(each.stream)
            if order:
                self.shops.add(order[0])


def extend_index(archive: Archive, log: SignedLog, before: Line | None, added: Added) -> Root:
    """Add a run's histories to the index, store its new shards, and keep its root in `staged/`.

    Args:
        archive: what is being written.
        log: the log at size A of the run.
        before: the event of the run before, published or not; None in the first run.
        added: the run's histories.

    Returns:
        The root that the run's event has to name.

    Raises:
        CannotContinueError: the index in the archive is not the one that was written.
    """
    index = Root(archive.origin)
    superseded: tuple[int, ...] = ()
    if before is not None:
        index, published = _index_of(archive.store, before)
        # Nothing goes before what replaces it is published.
        superseded = () if published else index.superseded
        if published:
            delete_superseded(archive.store, index)
    size = log.checkpoint.size
    shops = added.shops | set(index.shops or ())
    new = list(added.each())
    waiting: list[NewObject] = []

    def write(name: str, data: bytes) -> None:
        waiting.append(NewObject(name, data))
        if len(waiting) == _BATCH:
            archive.store.put_batch(waiting)
            waiting.clear()

    try:
        grown = grow(index, new, size, read_of(archive.store), write)
    except FormatError as error:
        raise CannotContinueError(f"the archive's index is altered: {error}") from error
    archive.store.put_batch(waiting)
    open_lines, open_streams = _open_orders(archive.source, size, shops)
    known = index.shops is not None and len(shops) <= roots.SHOPS
    grown = replace(
        grown,
        superseded=tuple(sorted({*superseded, *grown.superseded})),
        notes={**index.notes, size: log.embedded.decode()} if added.packed else index.notes,
        shops=tuple(sorted(shops)) if known else None,
        open_lines=open_lines,
        open_streams=open_streams,
    )
    staging.stage_index(archive.store, size, roots.encode(grown))
    return grown


def publish_index(archive: Archive, published: Published, note: bytes) -> None:
    """Put the root of the newest run in place, with the proof that the log names it.

    Args:
        archive: what is being written.
        published: where that run ended.
        note: the signed checkpoint at its end, size B.
    """
    stored = published.stored
    if stored is None:
        raise ValueError("a run that ended has an event")
    index, _ = _index_of(archive.store, stored)
    position = stored.position - 1
    path = merkle.inclusion_path(
        position, published.size, stored_nodes(archive.store, published.size)
    )
    embedded = only(note, archive.signer.vkeys[0])
    proof = history.encode_proof(history.Proof(position, tuple(path), embedded))
    proved = replace(
        index,
        keyring=_newest_keyring(archive.store).decode(),
        stored=Stored(
            line=stored.encode().decode(),
            tag=tag(archive.tag_key, stored.stream),
            proof=proof.decode(),
        ),
    )
    archive.store.replace(layout.INDEX, [roots.encode(proved)])


def delete_superseded(store: Store, index: Root | None = None) -> None:
    """Delete the shards that the published root, or the one given, has replaced."""
    if index is None:
        data = store.get(layout.INDEX)
        if data is None:
            return
        index = roots.parse(data)
    for size in index.superseded:
        folder = layout.index_folder(size)
        for name in store.names(folder):
            store.delete(f"{folder}/{name}")


def index_of(store: Store, stored: Line) -> Root:
    """Return the index that a run wrote, whether it was published or not.

    Args:
        store: the archive.
        stored: the run's event.

    Raises:
        CannotContinueError: it is not there as the event names it.
    """
    return _index_of(store, stored)[0]


def read_of(store: Store) -> Read:
    """Return what reads shards out of an archive."""

    def read(name: str) -> bytes:
        data = store.get(name)
        if data is None:
            raise CannotContinueError(f"{name} is missing: put it back from another copy")
        return data

    return read


def _index_of(store: Store, stored: Line) -> tuple[Root, bool]:
    """Return the index that a run wrote, and whether it is the published one.

    Raises:
        CannotContinueError: it is not there as the run's event names it.
    """
    data = decode(stored.encode()).data
    kept = staging.staged_index(store, data["log_size"])
    for found in (kept, store.get(layout.INDEX)):
        if found is None:
            continue
        try:
            index = roots.parse(found)
        except FormatError:
            continue
        if index.digest() == data["index_sha256"]:
            return roots.without_proof(index), found is not kept
    raise CannotContinueError(
        f"{layout.INDEX} is not the index that the run recorded at position {stored.position} "
        "wrote: put back index/ from another copy of the archive"
    )


def _open_orders(source: LogSource, size: int, shops: set[str]) -> tuple[int, bytes | None]:
    """Return how many lines of orders up to a size are in no history, and whose they are.

    Args:
        source: the log.
        size: how much of it.
        shops: gets the shops of these orders.
    """
    found = source.open_orders(size, roots.OPEN_STREAMS)
    shops.update(found.shops)
    prefixes = {roots.prefix(rows.key_of(stream)) for stream in found.streams}
    whole = len(found.streams) <= roots.OPEN_STREAMS
    return found.lines, roots.open_prefixes(prefixes) if whole else None


def _newest_keyring(store: Store) -> bytes:
    numbers = [layout.keyring_number(f"trust/{name}") or 0 for name in store.names("trust")]
    data = store.get(layout.keyring_path(max(numbers))) if numbers else None
    if data is None:
        raise CannotContinueError("the archive has no keyring: put back trust/ from another copy")
    return data
