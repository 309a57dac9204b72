"""One order through the index: a few files read instead of all, and what they prove.

At most four reads at any size of the archive: the root, a shard of each generation, the history;
and one for each further revision. The root is proved by the log's signed event, shards by their
digests in the root, a history by its own proof. Whatever is not as it must be ends the attempt:
then the whole archive has to be asked, which tells what is wrong. So has it for an order that may
have lines in no history: that none of them is left out only the log's entries show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive import layout, limits, member, pack, trust
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError
from archive.findings import Finding
from archive.index import rows
from archive.index.lookup import find, streams_of
from archive.index.root import Root, parse
from archive.index.rows import Row
from archive.verify.attached_files import not_looked_for
from archive.verify.facts import HistoryFacts, seen_of
from archive.verify.files import Files, opened
from archive.verify.histories import check_history, check_text
from archive.verify.index_proof import prove_root
from archive.verify.keyrings import read_pinned
from archive.verify.keys import Keys, identity
from archive.verify.report import Report
from archive.verify.streams import Streams, names_of

MOST_SHOPS = 20
"""More shops than that are not tried for a number alone: each costs two reads."""


class CountedFiles:
    """Reads single files of an archive without listing it, and counts the requests.

    Args:
        archive: its folder, or its files wherever they are; only those asked for are looked at.
    """

    def __init__(self, archive: Path | Files) -> None:
        self._files = opened(archive, [])
        self.requests = 0

    @property
    def address(self) -> str:
        """Where the archive is, as people name it."""
        return self._files.address

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes; errors as `Files.read`."""
        self.requests += 1
        return self._files.only([name]).read(name, limit)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file; errors as `Files.read_range`."""
        self.requests += 1
        return self._files.only([name]).read_range(name, offset, length)


@dataclass(frozen=True)
class Order:
    """An order that the index led to, all of it verified and nothing found wrong.

    Args:
        stream: its name.
        lines: its lines with their positions, in order.
        report: what was checked, and what was not; its verdict is `intact`.
        cut: newest checkpoint that the index is proved against.
        requests: how many times a file was read, for the index and for the order.
    """

    stream: str
    lines: list[tuple[int, bytes]]
    report: Report
    cut: Checkpoint
    requests: int


@dataclass(frozen=True)
class Located:
    """The index, proved, and the rows of the orders that a name can mean.

    Args:
        root: the index's root.
        cut: the checkpoint that it is proved against.
        keys: the keys that it was proved with.
        rows: of each order that the index has, by stream.
    """

    root: Root
    cut: Checkpoint
    keys: Keys
    rows: dict[str, list[Row]]


def read_by_index(
    archive: Path | Files, stream: str, *, keyring: Path | None = None
) -> Order | None:
    """Read and verify one order through the index, in four requests where it has one revision.

    Args:
        archive: the archive's folder, or its files wherever they are; nothing is listed.
        stream: name of the order's stream.
        keyring: as in `locate`.

    Returns:
        The order, intact as of the size that its report names. None where the index does not
        answer, or anything is wrong: `read_order` finds out.
    """
    files = CountedFiles(archive)
    located = locate(files, stream.removeprefix(layout.ORDER_STREAM), keyring=keyring)
    if located is None or stream not in located.rows:
        return None
    return read_located(files, located, stream)


def locate(files: CountedFiles, order: str, *, keyring: Path | None = None) -> Located | None:
    """Look an order up.

    Args:
        files: the archive's files.
        order: `number` or `shop/number`.
        keyring: the keyring that the caller trusts, or the fingerprint of its root keys; without
            it the index's copy of the archive's keyring is used.

    Returns:
        The orders that may be meant, at least one. None where the index does not answer: it is
        not there or not proved, knows no such order, or the order may have lines in no history.
    """
    try:
        root = parse(files.read(layout.INDEX, limits.INDEX))
        keys = _keys(root, keyring)
        if keys is None:
            return None
        cut, findings = prove_root(root, keys)
        if cut is None or findings:
            return None
        found = _rows(files, root, order)
    except ArchiveError:
        return None
    return Located(root, cut, keys, found) if found else None


def read_located(files: CountedFiles, located: Located, stream: str) -> Order | None:
    """Read and verify all revisions of an order that was located; None where anything is wrong."""
    report = Report(subject=f"{stream}, through the index of {files.address}")
    report.begin("histories")
    wanted = located.rows[stream]
    names = [(_place(row, stream), stream) for row in wanted]
    streams = Streams(0, names_of(names))
    lines: list[tuple[int, bytes]] = []
    for number, (row, (name, _)) in enumerate(zip(wanted, names, strict=True)):
        try:
            facts, findings = _history(files, located, stream, row)
        except ArchiveError:
            return None
        if facts is None:
            return None
        report.add(findings)
        report.add(streams.take(seen_of(facts, [], None), name, number))
        lines += facts.lines
    report.add(wrong for _, wrong in streams.join())
    if report.severities or not lines:
        return None
    report.checked |= {"events": len(lines), "histories": len(wanted)}
    report.checked["size"] = located.root.log_size
    report.not_checked += _not_checked(located)
    report.not_checked += not_looked_for(len(streams.attached))
    return Order(stream, sorted(lines), report, located.cut, files.requests)


def _keys(root: Root, pinned: Path | None) -> Keys | None:
    """Choose the keyring; None where one envelope does not show that the caller's leads to it."""
    own = trust.parse(root.keyring.encode())
    if pinned is None:
        return Keys(own, pinned=False)
    pin, wrong = read_pinned(pinned)
    if pin is None or wrong:
        return None
    if pin.keyring is not None and pin.keyring.number >= own.number:
        return Keys(pin.keyring, pinned=True)
    # A newer one is signed by its own root keys; so they must be those that the caller trusts.
    return Keys(own, pinned=True) if own.roots.fingerprint() == pin.fingerprint else None


def _rows(files: CountedFiles, root: Root, order: str) -> dict[str, list[Row]] | None:
    """Return the rows of every order that is meant; None where that cannot be said."""
    streams = streams_of(root, order)
    if streams is None or len(streams) > MOST_SHOPS:
        return None
    read: dict[str, bytes] = {}

    def shard(name: str) -> bytes:
        if name not in read:
            read[name] = files.read(name, limits.SHARD)
        return read[name]

    found: dict[str, list[Row]] = {}
    for stream in streams:
        if root.may_be_open(rows.key_of(stream)):
            return None
        mine = find(root, stream, shard)
        if mine:
            found[stream] = mine
            if stream == layout.ORDER_STREAM + order:
                break  # named exactly
    return found


def _place(row: Row, stream: str) -> str:
    """Return the name of the file that a row leads to."""
    if row.pack == rows.FILE:
        return row.path(stream)
    return layout.pack_path(row.log_size, row.pack)


def _history(
    files: CountedFiles, located: Located, stream: str, row: Row
) -> tuple[HistoryFacts | None, list[Finding]]:
    """Read and check one history; None of facts also where it is not the one that the row means."""
    name = _place(row, stream)
    if row.pack == rows.FILE:
        data = files.read(name, limits.HISTORY)
        if len(data) != row.length:
            return None, []
        facts, findings = check_history(data, name, located.keys, None)
    else:
        note = located.root.notes.get(row.log_size)
        if note is None or row.length > limits.PACKED:
            return None, []
        packed = files.read_range(name, row.offset, row.length)
        text = pack.disclose(member.decompress(packed, limits.HISTORY), note.encode())
        facts, findings = check_text(text, name, located.keys, None)
    if facts is None:
        return None, findings
    is_meant = (facts.stream, facts.revision, facts.size) == (stream, row.revision, row.log_size)
    return (facts if is_meant else None), findings


def _not_checked(located: Located) -> Iterator[str]:
    size = located.root.log_size
    keyring = located.keys.keyring
    yield from identity(located.keys)
    if keyring is not None and keyring.number > 1 and not located.keys.pinned:
        yield f"that keyring {keyring.number} follows from the ones before: only it was read"
    yield "no outside time: when this was signed is the seller's own word"
    yield f"the log was not searched for a fork; this is as of log size {size}"
    yield (
        f"events after the run at size {size} cannot be seen; that the order has no more histories "
        "is what the index says, which the log's key signed: verify the archive to prove it"
    )
    yield "where the events before the seals stand in the log: the log itself was not read"
    yield "the log's second signature, ML-DSA-44: it is not on what was read"
    yield "locks, and whether anything hides the files: only what was asked for was read"
    yield "an event that nobody ever recorded cannot be seen here"
    yield "order tags were taken from the histories, without the tag key"
