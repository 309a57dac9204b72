"""`orderproof checkpoint`: the log's newest signed state, handed out, and held against later."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive import checkpoint, entry, layout, limits, merkle, note, outbound, witnessing
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError, MissingFileError, NoArchiveError
from archive.log_source import LogSource
from archive.tree_writer import stored_nodes
from archive.verify.files import Files
from archive.verify.keys import settle_trust
from orderproof import addresses, errors, terminal
from orderproof.errors import CommandError
from orderproof.installation import Installation

_GROUP = 4
_ROW = 4


class Archive:
    """An archive as it is read here: notes and tiles, one by one.

    Args:
        files: of the archive.
    """

    def __init__(self, files: Files) -> None:
        self.files = files

    def get(self, path: str) -> bytes | None:
        """Return a file's bytes, None where it is not there."""
        try:
            return self.files.read(path, limits.NOTE)
        except MissingFileError:
            return None


def open_archive(found: Installation) -> Archive:
    """Open an installation's archive for reading.

    Raises:
        CommandError: nothing is archived yet.
    """
    try:
        return Archive(addresses.reading(found.archive))
    except NoArchiveError:
        raise _nothing() from None


def _nothing() -> CommandError:
    return CommandError(
        "nothing is archived yet, so there is no checkpoint. Next: orderproof archive",
        errors.NOT_FOUND,
    )


@dataclass(frozen=True)
class Signed:
    """A checkpoint: its note's bytes, and what it says."""

    data: bytes
    said: Checkpoint

    @property
    def fingerprint(self) -> str:
        """Return SHA-256, hex, of the three lines that are signed."""
        return hashlib.sha256(self.said.text().encode()).hexdigest()


@dataclass(frozen=True)
class Compared:
    """What became of a checkpoint that somebody kept.

    Args:
        name: file or address.
        size: of the log that it vouches for; None where it could not be read.
        problem: what is wrong, empty where live log and archive contain it.
        rewound: whether history was rewound or rewritten.
    """

    name: str
    size: int | None
    problem: str
    rewound: bool


def newest(archive: Archive) -> Signed:
    """Return the archive's newest checkpoint.

    Raises:
        CommandError: there is none, or it is damaged.
    """
    data = archive.get(layout.CHECKPOINT)
    if data is None:
        raise _nothing()
    try:
        return Signed(data, checkpoint.parse(note.parse(data).text))
    except ArchiveError as error:
        raise CommandError(
            f"{layout.CHECKPOINT} is damaged: {error}. Next: orderproof verify", errors.ALTERED
        ) from error


def read_aloud(fingerprint: str) -> str:
    """Return a fingerprint in groups and rows, as one reads it over the telephone."""
    groups = [fingerprint[i : i + _GROUP] for i in range(0, len(fingerprint), _GROUP)]
    rows = [groups[i : i + _ROW] for i in range(0, len(groups), _ROW)]
    return "\n".join("  " + " ".join(row) for row in rows)


def publish(archive: Archive, target: Path, since: Path | None) -> list[Path]:
    """Write the newest checkpoint for others to keep, and a proof that it only added to an old one.

    Args:
        archive: where it is read from.
        target: folder, or name of the file.
        since: an older checkpoint; without it, in a folder, the newest that is there.

    Returns:
        What was written: checkpoint, and proof where there is an older one.
    """
    signed = newest(archive)
    file = target / f"checkpoint-{signed.said.size}.txt" if target.is_dir() else target
    if since is None and target.is_dir():
        older = {_size_in_name(each): each for each in target.glob("checkpoint-*.txt")}
        below = [size for size in older if size is not None and size < signed.said.size]
        since = older[max(below)] if below else None
    written = [file]
    proof = None
    if since is not None:
        old = _parse(since.read_bytes(), str(since))
        proof = _consistency(archive, old.said, signed)
        written.append(file.with_name(f"consistency-{old.said.size}-{signed.said.size}.txt"))
    file.write_bytes(signed.data)
    if proof is not None:
        written[1].write_bytes(proof)
    return written


def _size_in_name(file: Path) -> int | None:
    number = file.stem.removeprefix("checkpoint-")
    return int(number) if number.isdecimal() else None


def _consistency(archive: Archive, old: Checkpoint, signed: Signed) -> bytes:
    """Return a proof in the form that witnesses are asked with: old size, path, checkpoint."""
    if old.origin != signed.said.origin or old.size > signed.said.size:
        raise CommandError(
            "the older checkpoint is of another log, or newer than this archive. "
            "Next: orderproof checkpoint compare FILE",
            errors.ALTERED,
        )
    size = signed.said.size
    path = merkle.consistency_path(old.size, size, stored_nodes(archive, size))
    if not merkle.verify_consistency(old.size, size, path, old.root, signed.said.root):
        raise CommandError(
            "the older checkpoint is no beginning of this log. "
            "Next: orderproof checkpoint compare FILE",
            errors.ALTERED,
        )
    return witnessing.request(old.size, path, signed.data)


def read_kept(name: str) -> Signed:
    """Read a checkpoint that somebody kept, from a file or a published address.

    Raises:
        CommandError: it cannot be read, or is none.
    """
    if "://" in name:
        try:
            host = outbound.host_of(name)
            answer = outbound.ask("GET", name, configured=[host], limit=limits.NOTE)
        except ArchiveError as error:
            raise CommandError(str(error), errors.CANNOT_TELL) from error
        if answer.status != 200:
            raise CommandError(f"{host[0]} answers with status {answer.status}", errors.CANNOT_TELL)
        return _parse(answer.content, name)
    try:
        with Path(name).open("rb") as file:
            return _parse(file.read(limits.NOTE + 1), name)
    except OSError as error:
        raise CommandError(
            f"{terminal.safe(name)} cannot be read: {error.strerror}", errors.CANNOT_TELL
        ) from error


def _parse(data: bytes, name: str) -> Signed:
    # What `publish` wrote as a proof ends with the checkpoint.
    if data.startswith(b"old "):
        data = data.partition(b"\n\n")[2]
    try:
        return Signed(data, checkpoint.parse(note.parse(data).text))
    except ArchiveError as error:
        raise CommandError(
            f"{terminal.safe(name)} is not a checkpoint: {error}", errors.CANNOT_TELL
        ) from error


def compare(
    names: Sequence[str], archive: Archive, source: LogSource, tag_key: bytes
) -> Iterator[Compared]:
    """Tell of checkpoints that somebody kept whether live log and archive still contain them.

    The archive's own newest checkpoint comes first: the live log must contain that as well.

    Args:
        names: files and addresses.
        archive: the archive.
        source: the live log.
        tag_key: key of the tags in the log's entries.
    """
    keys, _ = settle_trust(archive.files, None)
    own = newest(archive)
    kept: list[tuple[str, Signed | CommandError]] = [("the archive's newest checkpoint", own)]
    for name in names:
        try:
            kept.append((terminal.safe(name), read_kept(name)))
        except CommandError as error:
            kept.append((terminal.safe(name), error))
    sizes = {each.said.size for _, each in kept if isinstance(each, Signed)}
    live = dict(live_roots(source, tag_key, sizes))
    for name, each in kept:
        if isinstance(each, CommandError):
            yield Compared(name, None, str(each), rewound=False)
            continue
        _, wrong = keys.open_note(each.data, name)
        if wrong:
            yield Compared(name, each.said.size, f"{name}: {wrong[0].detail}", rewound=False)
            continue
        problem = _contradiction(each.said, own.said, archive, source.size(), live)
        yield Compared(name, each.said.size, problem, rewound=bool(problem))


def _contradiction(
    kept: Checkpoint, own: Checkpoint, archive: Archive, size: int, live: dict[int, bytes]
) -> str:
    """Return what contradicts a checkpoint that the log's key signed; empty: nothing."""
    if kept.size > size:
        return (
            f"HISTORY WAS REWOUND: the log was signed at size {kept.size}, and the database ends "
            f"at {size}. Next: record nothing more, and bring the database back to a later state; "
            "what the archive holds comes back with: orderproof restore"
        )
    if live.get(kept.size) != kept.root:
        return (
            f"HISTORY WAS REWRITTEN: the first {kept.size} events of the database are not those "
            "that were signed. Next: record nothing more, and compare with: orderproof verify"
        )
    if kept.size > own.size:
        return (
            f"THE ARCHIVE WAS SET BACK: the log was signed at size {kept.size}, and the archive "
            f"ends at {own.size}. Next: bring the archive's later files back from a copy; "
            "the database has the events"
        )
    try:
        root = merkle.root_of(kept.size, stored_nodes(archive, own.size))
    except ArchiveError as error:
        return f"the archive is damaged: {error}. Next: orderproof verify"
    if root != kept.root:
        return (
            f"HISTORY WAS REWRITTEN: the first {kept.size} events of the archive are not those "
            "that were signed. Next: orderproof verify --checkpoint with what you kept"
        )
    return ""


def live_roots(source: LogSource, tag_key: bytes, sizes: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield roots of the live log at some sizes; those beyond its end are left out."""
    frontier = merkle.Frontier()
    upto = max((size for size in sizes if size <= source.size()), default=0)
    if 0 in sizes:
        yield 0, merkle.EMPTY_ROOT
    for leaf in source.leaves(0, upto):
        tag = entry.tag(tag_key, leaf.stream)
        frontier.append(merkle.leaf_hash(entry.encode(tag, leaf.version, leaf.hash)))
        if frontier.size in sizes:
            yield frontier.size, frontier.root()
