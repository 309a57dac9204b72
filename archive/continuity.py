"""Whether an archive and the log belong together, so that the one may continue the other."""

from dataclasses import dataclass

from archive import entry, layout, note
from archive.checkpoint import Checkpoint
from archive.errors import (
    CannotContinueError,
    FormatError,
    SignatureBadError,
    SignatureMissingError,
)
from archive.log_source import LogSource
from archive.signing import open_checkpoint
from archive.store import Store
from archive.tree_writer import RightEdge, last_entries, load_edge
from archive.trust import Keyring
from domain.line import Line, decode


@dataclass(frozen=True)
class Published:
    """What an archive has published.

    Args:
        size: size B of the checkpoint in `log/checkpoint`; 0 for a new archive.
        log_size: size A that the newest run's histories are proved against.
        edge: the unfinished tiles at B.
        stored: the event of the newest run, at position B; None for a new archive.
    """

    size: int
    log_size: int
    edge: RightEdge
    stored: Line | None = None


@dataclass(frozen=True)
class Unfinished:
    """A run that was interrupted: its log size A, and its `archive.stored` line if recorded."""

    log_size: int
    stored: Line | None


def entry_of(tag_key: bytes, stream: str, version: int, line_hash: bytes) -> bytes:
    """Return the log entry of an event."""
    return entry.encode(entry.tag(tag_key, stream), version, line_hash)


def read_published(source: LogSource, store: Store, keyring: Keyring, tag_key: bytes) -> Published:
    """Return what the archive has published, if this log continues it.

    Args:
        source: the event log.
        store: the archive's folder or bucket.
        keyring: newest keyring of the log.
        tag_key: key of the tags that stand for streams in the log's entries.

    Raises:
        CannotContinueError: the archive is of another origin or key, is altered at its newest
            end, or was signed over lines that this log does not have.
    """
    _refuse_rewound_log(source, store)
    newest = store.get(layout.CHECKPOINT)
    if newest is None:
        return Published(0, 0, RightEdge())
    checkpoint = signed_checkpoint(newest, layout.CHECKPOINT, keyring)
    edge = _load_edge(store, checkpoint)
    runs = _runs(source, keyring.origin, checkpoint.size - 1)
    if not runs or runs[0].position != checkpoint.size:
        raise CannotContinueError(
            f"the archive ends with a run recorded at position {checkpoint.size}, and the log has "
            "no such event there: it is another log, or an older copy of it that went on"
        )
    _refuse_other_entries(source, store, tag_key, checkpoint.size)
    return Published(checkpoint.size, log_size(runs[0]), edge, runs[0])


def unfinished_run(
    source: LogSource, store: Store, published: Published, origin: str
) -> Unfinished | None:
    """Return the run that was interrupted after its first checkpoint, if there is one.

    Raises:
        CannotContinueError: checkpoints were signed that no run of this log explains.
    """
    stored = _runs(source, origin, published.size)
    if stored:
        return Unfinished(log_size(stored[0]), stored[0])
    sizes = [size for size in _signed_sizes(store) if size > published.size]
    if len(sizes) > 1:
        raise CannotContinueError(
            f"log/checkpoints holds the sizes {sizes}, and the log knows of no run that signed "
            "them: it was set back to an older state"
        )
    return Unfinished(sizes[0], None) if sizes else None


def signed_checkpoint(data: bytes, name: str, keyring: Keyring) -> Checkpoint:
    """Read a stored checkpoint that the log's keys must have signed, whatever became of them.

    That one of them was stolen since does not make this archive another one: its entries are
    compared with the log, too.

    Raises:
        CannotContinueError: it is not signed by the keys, or is of another origin.
    """
    try:
        keys = keyring.signers_of(note.parse(data))
        if [key.type for key in keys] != [note.ED25519, note.ML_DSA_44]:
            raise SignatureMissingError("it has not the two signatures of the log")
        said = open_checkpoint(data, keys)
    except (FormatError, SignatureBadError, SignatureMissingError) as error:
        raise CannotContinueError(
            f"{name} is not a checkpoint by {keyring.origin} ({error}): the archive is altered, or "
            "belongs to another installation or key"
        ) from error
    if said.origin != keyring.origin:
        raise CannotContinueError(f"{name} is of the log {said.origin!r}, not {keyring.origin!r}")
    return said


def log_size(stored: Line) -> int:
    """Return the log size A of the run that an `archive.stored` line is about."""
    size = decode(stored.encode()).data["log_size"]
    if not isinstance(size, int):
        raise TypeError(f"log_size at position {stored.position} is not a number")
    return size


def _runs(source: LogSource, origin: str, after: int) -> list[Line]:
    """Return the `archive.stored` lines of a log above a position.

    A store that was restored under a new origin holds those of the old one as well.
    """
    lines = source.stored_runs(after)
    return [line for line in lines if decode(line.encode()).data["origin"] == origin]


def _signed_sizes(store: Store) -> list[int]:
    paths = [f"log/checkpoints/{name}" for name in store.names("log/checkpoints")]
    sizes = [layout.checkpoint_size(path) for path in paths]
    return sorted(size for size in sizes if size is not None)


def _refuse_rewound_log(source: LogSource, store: Store) -> None:
    signed = max(_signed_sizes(store), default=0)
    if signed > source.size():
        raise CannotContinueError(
            f"the archive was signed at {signed} events and the log has {source.size()}: the log "
            "was set back to an older state, or is another one. Going on would fork the log; "
            "start a new origin instead"
        )


def _load_edge(store: Store, checkpoint: Checkpoint) -> RightEdge:
    try:
        edge = load_edge(store, checkpoint.size)
    except FormatError as error:
        raise CannotContinueError(f"the archive is altered: {error}") from error
    if edge.root() != checkpoint.root:
        raise CannotContinueError(
            f"the archive is altered: the tiles at size {checkpoint.size} do not hash to the root "
            f"in {layout.CHECKPOINT}"
        )
    return edge


def _refuse_other_entries(source: LogSource, store: Store, tag_key: bytes, size: int) -> None:
    """Compare the newest archived entries with the log: sizes alone do not show a fork."""
    try:
        archived = last_entries(store, size)
    except FormatError as error:
        raise CannotContinueError(f"the archive is altered: {error}") from error
    after = size - len(archived)
    ours = [entry_of(tag_key, *leaf) for leaf in source.leaves(after, size)]
    if ours != archived:
        raise CannotContinueError(
            f"the archive's entries {after + 1} to {size} are not those of this log: it is another "
            "log, an older copy of it that went on, or the tag key was changed"
        )
