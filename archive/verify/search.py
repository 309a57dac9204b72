"""Looking into an archive for what its names do not say. Nothing that is found here is verified."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from archive import checkpoint, layout, limits, line, member, note, open_lines
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError, FormatError, MemberError
from archive.verify.files import Files, opened
from archive.verify.packs import texts_of
from archive.verify.report import Progress


def search_orders(
    folder: Path | Files, wanted: Callable[[bytes], bool], *, progress: Progress | None = None
) -> list[str]:
    """List the orders one of whose lines is wanted. Slow: every history is read, and open lines.

    Files are read as in a verification: plain files only, each up to its largest size. What
    cannot be read is passed over; a verification names it.

    Args:
        folder: the archive's folder, or its files wherever they are.
        wanted: tells whether an event's line is one that is looked for. It gets whatever the
            files hold, in lines, and must not believe that it is JSON.
        progress: told how many histories of how many were read.

    Returns:
        Names of streams, sorted; `read_order` reads and verifies one.

    Raises:
        NoArchiveError: there is no archive in the folder.
    """
    files = opened(folder)
    names = [name for name in files.under("orders/") if layout.parse_history_path(name)]
    names += [name for name in files.under("packs/") if layout.parse_pack_path(name)]
    found: set[str] = set()
    for done, name in enumerate(names, 1):
        found.update(_streams(_stored_lines(files, name), wanted))
        if progress is not None:
            progress("search", done, len(names))
    for name in files.under("open/"):
        if layout.open_size(name) is not None:
            found.update(_streams(_open_lines(files, name), wanted))
    return sorted(found)


def read_checkpoint(folder: Path | Files) -> Checkpoint | None:
    """Return what an archive's newest checkpoint says; None where none can be read.

    Its signature is not checked: that is what `verify_archive` is for.
    """
    try:
        files = opened(folder, [layout.CHECKPOINT])
        data = files.read(layout.CHECKPOINT, limits.NOTE)
        return checkpoint.parse(note.parse(data).text)
    except ArchiveError:
        return None


def _streams(lines: Iterable[bytes], wanted: Callable[[bytes], bool]) -> Iterator[str]:
    for text in lines:
        if not wanted(text):
            continue
        try:
            stream = line.read(text).stream
        except FormatError:
            continue
        if stream.startswith(layout.ORDER_STREAM):
            yield stream


def _stored_lines(folder: Files, name: str) -> Iterator[bytes]:
    """Yield the lines of a history, or of all in a pack."""
    if layout.parse_pack_path(name) is None:
        yield from _history_lines(folder, name)
        return
    for text in texts_of(folder, name):
        yield from text.partition(b"\n\n")[0].split(b"\n")[1:]


def _history_lines(folder: Files, name: str) -> Iterator[bytes]:
    """Yield the lines between header and proof, also of a file that is altered elsewhere."""
    try:
        data = folder.read(name, limits.HISTORY)
        try:
            text = member.decompress(data, limits.HISTORY)
        except MemberError:
            text = member.decompress_any(data, limits.HISTORY)
    except ArchiveError:
        return
    yield from text.partition(b"\n\n")[0].split(b"\n")[1:]


def _open_lines(folder: Files, name: str) -> Iterator[bytes]:
    try:
        with folder.open(name) as file:
            rows = open_lines.split_rows(member.chunks(file, limits.OPEN_TEXT))
            next(rows, b"")
            for row in rows:
                yield open_lines.read_row(row)[1]
    except ArchiveError:
        return
