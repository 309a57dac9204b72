"""Proofs from the archive, for whoever may see the event; see `api.proving.Proofs`."""

import hashlib
from collections.abc import Mapping

from api import answers
from api.access import Token
from api.proving import History, NotPublished
from api.standing import Locks, Verification
from archive import checkpoint, entry, layout, limits, member, merkle, note, pack
from archive.checkpoint import Checkpoint
from archive.errors import FormatError, MissingFileError
from archive.index import lookup
from archive.index import root as index_root
from archive.index.rows import FILE, Row
from archive.tree_writer import stored_nodes
from archive.verify.by_index import CountedFiles
from archive.verify.files import Files
from domain.line import line_hash
from domain.stream import ARCHIVE_STREAM
from eventstore import log, reading
from eventstore.errors import StoreAlteredError
from eventstore.pool import Pool
from orderproof import addresses, keyring, standing
from orderproof.auditing import LiveAnswers
from orderproof.installation import Installation
from orderproof.sessions import Sessions

_STORED = "archive.stored"


class ArchiveProofs:
    """Proves from an installation's archive.

    Args:
        installation: whose archive it is.
        pool: as for `LiveAnswers`.
        sessions: lends open stores.
        record: finds events that a token may see.
    """

    def __init__(
        self, installation: Installation, pool: Pool, sessions: Sessions, record: LiveAnswers
    ) -> None:
        self._installation = installation
        self._pool = pool
        self._sessions = sessions
        self._record_of = record

    def history(self, token: Token, stream: str, revision: int | None) -> History:
        """Return a sealed history of an order, the newest where no revision is named."""
        files, root, rows = self._sealed(token, stream)
        if not rows:
            raise NotPublished
        wanted = [row for row in rows if revision in (None, row.revision)]
        if not wanted:
            raise LookupError(stream)
        row = wanted[-1]
        name, data = _file(files, root.notes, stream, row)
        digest = hashlib.sha256(data).hexdigest()
        return History(name, data, digest, [each.revision for each in rows])

    def is_sealed(self, token: Token, stream: str) -> bool:
        """Tell whether an order has a sealed history, by the index alone."""
        _, _, rows = self._sealed(token, stream)
        return bool(rows)

    def _sealed(self, token: Token, stream: str) -> tuple[CountedFiles, index_root.Root, list[Row]]:
        """Return the archive's files, its index, and the rows of an order that a token may see."""
        with reading.session(self._pool, token.sees) as cursor:
            if reading.head(cursor, stream, 2**62) is None:
                raise LookupError(stream)
        files = CountedFiles(addresses.reading(self._installation.archive, []))
        root = index_root.parse(files.read(layout.INDEX, limits.INDEX))
        return files, root, lookup.find(root, stream, lambda name: files.read(name, limits.SHARD))

    def proof(self, token: Token, id: str, source: str | None) -> answers.Proof:
        """Return the proof that the newest checkpoint holds an event, else NotPublished."""
        line = self._record_of.line(token, id, source)
        archive = self._archive()
        data, said = _newest(archive)
        if line.position > said.size:
            raise NotPublished
        index, encoded = line.position - 1, line.encode()
        digest = line_hash(encoded)
        with self._sessions.one() as store:
            tag = entry.tag(store.keys.tag, line.stream)
        own = entry.encode(tag, line.version, digest)
        leaf = merkle.leaf_hash(own)
        path = merkle.inclusion_path(index, said.size, stored_nodes(archive, said.size))
        if not merkle.verify_inclusion(leaf, index, said.size, path, said.root):
            raise StoreAlteredError(
                "the archived log holds another event at this position, or another stream's; "
                "answer from the archive, and verify it"
            )
        return answers.Proof(
            position=line.position,
            line=encoded.decode(),
            hash=digest.hex(),
            entry=own.decode(),
            leaf_index=index,
            leaf_hash=leaf.hex(),
            tree_size=said.size,
            path=[step.hex() for step in path],
            root=said.root.hex(),
            checkpoint=data.decode(),
        )

    def runs(self, before: int | None, limit: int) -> tuple[int, list[answers.Run]]:
        """Return archive runs below a position, the newest first, and the log's size."""
        with self._sessions.one() as store:
            size = log.size(store.connection)
            lines = log.newest_of(store.connection, ARCHIVE_STREAM, _STORED, limit, before)
        return size, [
            answers.Run(
                size=int(event.data.get("log_size", 0)),
                at=event.recorded_at,
                layout=event.data.get("layout"),
                manifest=event.data.get("manifest"),
                position=event.position,
            )
            for event in log.decoded(lines)
        ]

    def verifications(self, limit: int) -> list[Verification]:
        """Return the newest verifications that are on record, the newest first."""
        with self._sessions.one() as store:
            return standing.verifications(store.connection, limit)

    def locks(self) -> Locks:
        """Return until which years the newest sealed histories are kept."""
        with self._sessions.one() as store:
            return standing.locks(store.connection)

    def checkpoint(self, size: int | None) -> answers.Checkpoint:
        """Return a signed checkpoint, the newest where no size is named."""
        archive = self._archive()
        if size is None:
            data, said = _newest(archive)
        else:
            data, said = _signed(archive, layout.checkpoint_path(size))
        return answers.Checkpoint(
            origin=said.origin, size=said.size, root=said.root.hex(), note=data.decode()
        )

    def consistency(self, first: int, second: int) -> answers.Consistency:
        """Return the proof that the log at one size begins with all of a smaller one."""
        archive = self._archive()
        data, said = _newest(archive)
        if second > said.size:
            raise NotPublished
        node = stored_nodes(archive, said.size)
        return answers.Consistency(
            from_=first,
            to=second,
            from_root=merkle.root_of(first, node).hex(),
            to_root=merkle.root_of(second, node).hex(),
            path=[step.hex() for step in merkle.consistency_path(first, second, node)],
            checkpoint=data.decode(),
        )

    def keys(self) -> answers.Keys:
        """Return the keyring."""
        files = keyring.read(self._installation.data)
        last = keyring.newest(files)
        return answers.Keys(
            origin=last.origin,
            keyring=last.number,
            fingerprint=last.roots.fingerprint(),
            keys=[
                answers.Key(
                    key=str(each.key),
                    vkey=each.key.vkey(),
                    type=note.TYPE_NAMES[each.key.type],
                    from_size=each.from_size,
                    to_size=each.to_size,
                    status=each.status,
                    since=each.since,
                )
                for each in last.keys
            ],
            witnesses=[each.vkey() for each in last.witnesses],
            envelope=files[-1].decode(),
        )

    def _archive(self) -> "_Single":
        return _Single(addresses.reading(self._installation.archive, []))


class _Single:
    """Reads single files of an archive without listing it; see `archive.store.Reading`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def get(self, path: str) -> bytes | None:
        """Return a file's bytes, None where it is not there."""
        try:
            return self._files.only([path]).read(path, limits.NOTE)
        except MissingFileError:
            return None


def _newest(archive: _Single) -> tuple[bytes, Checkpoint]:
    return _signed(archive, layout.CHECKPOINT)


def _signed(archive: _Single, path: str) -> tuple[bytes, Checkpoint]:
    data = archive.get(path)
    if data is None:
        raise NotPublished
    return data, checkpoint.parse(note.parse(data).text)


def _file(
    files: CountedFiles, notes: Mapping[int, str], stream: str, row: Row
) -> tuple[str, bytes]:
    """Return name and bytes of a history as a file of its own, also where it lies in a pack."""
    if row.pack == FILE:
        path = row.path(stream)
        return path.rpartition("/")[2], files.read(path, limits.HISTORY)
    signed = notes.get(row.log_size)
    if signed is None or row.length > limits.PACKED:
        raise FormatError("the index does not lead to the history")
    name = layout.pack_path(row.log_size, row.pack)
    packed = files.read_range(name, row.offset, row.length)
    text = pack.disclose(member.decompress(packed, limits.HISTORY), signed.encode())
    stem = layout.history_stem(stream).rpartition("/")[2]
    return f"{stem}_r{row.revision}.jsonl.gz", member.compress(text)
