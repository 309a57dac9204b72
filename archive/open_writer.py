"""Writing the open lines of a cut piece by piece, since there may be more of them than memory."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from archive import canonical, layout, member, open_lines
from archive.attached import named_in
from archive.attachments import store_open
from archive.history import FORMAT
from archive.line import ATTACHED
from archive.log_source import LogSource
from archive.signed_leaves import SignedLeaves
from archive.store import Store
from domain.line import Line, line_hash

_NAME = re.compile(r"([1-9][0-9]{0,17})\.(jsonl\.gz|sha256)")


def write_open_lines(
    source: LogSource,
    store: Store,
    leaves: SignedLeaves,
    *,
    origin: str,
    sealed_upto: int,
    size: int,
) -> None:
    """Store `open/<size>.jsonl.gz` and the digest beside it, and what the lines name as attached.

    Args:
        source: the event log.
        store: the archive's folder or bucket.
        leaves: the archive's log up to `size`, which every line must be in.
        origin: name of the log.
        sealed_upto: size A; lines that a seal up to there covers are in a history.
        size: size B, the cut.

    Raises:
        LogAlteredError: a line is not the one in the archive's log.
        CannotContinueError: an attachment is not in the store any more.
    """
    # The number of lines stands before them, so they are read twice.
    events = sum(1 for _ in source.open_lines(sealed_upto, size))
    header = {"events": events, "orderproof": FORMAT, "origin": origin, "size": size}
    attached: set[str] = set()
    rows = (_row(leaves, line, attached) for line in source.open_lines(sealed_upto, size))
    digest = hashlib.sha256()
    pieces = member.compressed(chain([canonical.encode(header) + b"\n"], rows))
    store.replace(layout.open_path(size), _digested(pieces, digest.update))
    store_open(source, store, attached)
    store.replace(layout.open_digest_path(size), [open_lines.digest_row(digest.hexdigest(), size)])


def delete_older_open_lines(store: Store, size: int) -> None:
    """Delete the open lines of cuts before `size`; the newest ones take their place."""
    for name in store.names("open"):
        match = _NAME.fullmatch(name)
        if match and int(match[1]) < size:
            store.delete(f"open/{name}")


def _row(leaves: SignedLeaves, line: Line, attached: set[str]) -> bytes:
    encoded = line.encode()
    leaves.refuse_other(line, line_hash(encoded))
    if line.type == ATTACHED:
        attached.update(note.sha256 for note in named_in([encoded]))
    return b"%d\t%b\n" % (line.position, encoded)


def _digested(pieces: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece
