"""Every event line and attachment of an archive, in no order.

For rebuilding a store. Nothing is verified here: `archive.verify` does that before, and whoever
rebuilds compares what was stored with the log's entries afterwards.
"""

from collections.abc import Iterator
from itertools import chain

from archive import checkpoint, history, layout, limits, member, note, open_lines, pack, tiles
from archive.checkpoint import Checkpoint
from archive.entry import Entry
from archive.entry import parse as parse_entry
from archive.errors import FormatError
from archive.verify.files import Files

Numbered = tuple[int, bytes]
"""A position in the log, and the line that is recorded there."""


def newest_checkpoint(files: Files) -> Checkpoint:
    """Return what `log/checkpoint` says; its signature is not checked.

    Raises:
        ArchiveError: it is missing or is no checkpoint.
    """
    return _said(files.read(layout.CHECKPOINT, limits.NOTE))


def largest_signed(files: Files) -> int:
    """Return the largest size that a stored checkpoint names, 0 where there is none."""
    sizes = map(layout.checkpoint_size, files.under("log/checkpoints/"))
    return max((size for size in sizes if size is not None), default=0)


def numbered_lines(files: Files, size: int) -> Iterator[Numbered]:
    """Yield every line up to the cut `size` with its position, a file at a time.

    Raises:
        ArchiveError: a file is missing, or is not in the archive's form.
    """
    for name in chain(files.under("orders/"), files.under("system/")):
        if layout.parse_history_path(name) is not None:
            data = files.read(name, limits.HISTORY)
            yield from _history_lines(member.decompress(data, limits.HISTORY), size)
    for name in files.under("packs/"):
        if layout.parse_pack_path(name) is not None:
            data = files.read(name, limits.PACK)
            listed = pack.parse(data)
            for row in listed.rows:
                text = pack.disclose(pack.text_of(data, row), listed.checkpoint)
                yield from _history_lines(text, size)
    with files.open(layout.open_path(size)) as file:
        rows = open_lines.split_rows(member.chunks(file, limits.OPEN_TEXT))
        open_lines.read_header(next(rows, b""))
        yield from map(open_lines.read_row, rows)


def attachments(files: Files) -> Iterator[bytes]:
    """Yield the sealed files that are attached to orders.

    Raises:
        ArchiveError: one cannot be read.
    """
    for name in files.under(f"{layout.EVIDENCE}/"):
        if layout.parse_evidence_path(name) is not None:
            yield files.read(name, limits.ATTACHMENT)


def entries(files: Files, size: int) -> Iterator[Entry]:
    """Yield the log's entries up to `size`, in order.

    Raises:
        ArchiveError: a bundle is missing or is not in the format's form.
    """
    for index in range((size + tiles.WIDTH - 1) // tiles.WIDTH):
        width = min(tiles.WIDTH, size - index * tiles.WIDTH)
        found = tiles.split_bundle(
            files.read(tiles.tile_path("entries", index, width), limits.BUNDLE)
        )
        if len(found) != width:
            raise FormatError(f"an entry bundle holds {len(found)} entries instead of {width}")
        yield from map(parse_entry, found)


def _history_lines(text: bytes, size: int) -> Iterator[Numbered]:
    read = history.parse(text)
    if _said(read.proof.checkpoint).size > size:
        return iter(())  # of a run that was killed; its lines up to the cut are open lines still
    return zip(history.header_positions(read.header), read.lines, strict=True)


def _said(signed: bytes) -> Checkpoint:
    return checkpoint.parse(note.parse(signed).text)
