"""Names of the files that hold histories, in the order in which they are read."""

from collections.abc import Iterator
from itertools import islice

from archive import history, layout, limits, member
from archive.errors import ArchiveError
from archive.verify.files import Files
from archive.verify.streams import Where


def history_names(folder: Files, stems: set[str] | None) -> Iterator[str]:
    """Yield the files of histories in a folder, always in the same order.

    Args:
        folder: the archive's files.
        stems: names, up to the date, of the histories to look at; None: all.
    """
    for top in ("orders/", "system/"):
        for name in folder.names(top):
            parsed = layout.parse_history_path(name)
            if parsed is not None and (stems is None or parsed.stem in stems):
                yield name


def stream_in_header(folder: Files, name: str) -> str | None:
    """Return the stream that a history is about as it says itself; None where it cannot be read."""
    try:
        text = member.decompress(folder.read(name, limits.HISTORY), limits.HISTORY)
        return history.header_stream(history.read_header(text.partition(b"\n")[0]))
    except ArchiveError:
        return None


def where(folder: Files, stems: set[str] | None) -> Where:
    """Return what tells the names of a file and a stream by the file's number in that order."""

    def names(file: int, _member: int) -> tuple[str, str]:
        name = next(islice(history_names(folder, stems), file, None))
        return name, stream_in_header(folder, name) or f"a history in {name}"

    return names
