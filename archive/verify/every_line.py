"""Every line that the files of an archive show, for checks that are about what lines hold."""

from collections.abc import Iterator

from archive import history, layout, limits, member, open_lines, pack
from archive.errors import ArchiveError
from archive.verify.files import Files


def every_line(folder: Files) -> Iterator[bytes]:
    """Yield the lines of all histories and the open ones, a file at a time.

    A file that cannot be read is passed over: the verification has named it.
    """
    for top in ("orders/", "packs/", "system/", "open/"):
        for name in folder.names(top):
            try:
                yield from _lines(folder, name)
            except ArchiveError:
                continue


def _lines(folder: Files, name: str) -> Iterator[bytes]:
    if layout.open_size(name) is not None:
        with folder.open(name) as file:
            rows = open_lines.split_rows(member.chunks(file, limits.OPEN_TEXT))
            open_lines.read_header(next(rows, b""))
            for row in rows:
                yield open_lines.read_row(row)[1]
    elif layout.parse_pack_path(name) is not None:
        data = folder.read(name, limits.PACK)
        packed = pack.parse(data)
        for place in packed.rows:
            text = pack.disclose(pack.text_of(data, place), packed.checkpoint)
            yield from history.parse(text).lines
    elif layout.parse_history_path(name) is not None:
        text = member.decompress(folder.read(name, limits.HISTORY), limits.HISTORY)
        yield from history.parse(text).lines
