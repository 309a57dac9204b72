"""Names of the files that hold histories, in the order in which they are read."""

from collections.abc import Iterator, Set
from itertools import islice

from archive import history, layout, limits, member
from archive.errors import ArchiveError
from archive.verify.files import Files
from archive.verify.packs import rows_of
from archive.verify.sample import Sample
from archive.verify.streams import Where


def history_names(
    folder: Files, streams: Set[str] | None, sample: Sample | None = None
) -> Iterator[str]:
    """Yield the files of histories in a folder, always in the same order: packs too.

    Args:
        folder: the archive's files.
        streams: those whose histories are looked for; None: all. Of packs, those whose rows name
            one of them.
        sample: which histories that are files are read; None: all.
    """
    stems = None if streams is None else {layout.history_stem(each) for each in streams}
    for top in ("orders/", "packs/", "system/"):
        for name in folder.names(top):
            if top == "packs/":
                if layout.parse_pack_path(name) is not None and _is_in(folder, name, streams):
                    yield name
                continue
            parsed = layout.parse_history_path(name)
            if parsed is None or (stems is not None and parsed.stem not in stems):
                continue
            if sample is None or top == "system/" or sample.takes(parsed.stem):
                yield name


def orders_in_files(folder: Files, sample: Sample) -> tuple[int, int]:
    """Return how many orders have a file of their first revision, and of how many it is read."""
    orders = read = 0
    for name in folder.names("orders/"):
        parsed = layout.parse_history_path(name)
        if parsed is not None and parsed.revision == 1:
            orders, read = orders + 1, read + sample.takes(parsed.stem)
    return orders, read


def _is_in(folder: Files, name: str, streams: Set[str] | None) -> bool:
    return streams is None or any(row.stream in streams for row in rows_of(folder, name))


def stream_in_header(folder: Files, name: str) -> str | None:
    """Return the stream that a history is about as it says itself; None where it cannot be read."""
    try:
        text = member.decompress(folder.read(name, limits.HISTORY), limits.HISTORY)
        return history.header_stream(history.read_header(text.partition(b"\n")[0]))
    except ArchiveError:
        return None


def where(folder: Files, names: list[str] | None, sample: Sample | None) -> Where:
    """Return what tells the names of a file and a stream by the file's number in that order.

    Args:
        folder: the archive's files.
        names: the files that are read, where they are few; None: all of them.
        sample: as in `history_names`.
    """

    def find(file: int, number: int) -> tuple[str, str]:
        name = next(islice(names or history_names(folder, None, sample), file, None))
        if layout.parse_pack_path(name) is None:
            return name, stream_in_header(folder, name) or f"a history in {name}"
        rows = rows_of(folder, name)
        return name, rows[number].stream if number < len(rows) else f"a history in {name}"

    return find
