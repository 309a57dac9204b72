"""Verifying an archive's folder, whole or for one order, and reading an order out of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from archive import canonical, layout, limits, line, member, open_lines
from archive.errors import ArchiveError, FormatError
from archive.verify.files import Files, opened
from archive.verify.names import stream_in_header
from archive.verify.packs import rows_of
from archive.verify.report import Progress, Report
from archive.verify.run import inspect
from archive.verify.sample import Sample

_NAME_IN_MANIFEST = re.compile(rb'"(orders/[A-Za-z0-9_%~/-]+\.jsonl\.gz)":')


def verify_archive(
    folder: Path | Files,
    *,
    order: str | None = None,
    checkpoint: Path | None = None,
    keyring: Path | None = None,
    jobs: int | None = None,
    sample: Sample | None = None,
    tag_key: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify an archive from its files alone. Reads only.

    Args:
        folder: the archive's folder, or its files wherever they are.
        order: `number` or `shop/number`: check the log whole and of the histories only this one.
        checkpoint: a checkpoint that the caller kept: the log must not have gone behind it.
        keyring: the keyring that the caller trusts; without it the archive's own is used, and
            the report names the fingerprints to compare.
        jobs: number of processes that check histories; None: one for each processor, but none
            beside this one where there are few.
        sample: read these histories only; the log and everything else is checked whole. It has
            no effect with `order`.
        tag_key: key of the log's tags: with it they are computed, else taken as they are.
        progress: told the step and how far it is.

    Returns:
        The report; `found` is False where nothing in the archive names the order.

    Raises:
        NoArchiveError: there is no archive in the folder.
    """
    files = opened(folder)
    files.list_all()
    streams = [] if order is None else _streams_of(files, order)
    # That an order is nowhere can only be said of the whole archive: its file may be what is gone.
    only = frozenset(streams) if streams else None
    inspection = inspect(
        files,
        only=only,
        checkpoint=checkpoint,
        keyring=keyring,
        jobs=jobs,
        sample=sample,
        tag_key=tag_key,
        progress=progress,
    )
    if order is not None:
        inspection.report.found = bool(streams)
        inspection.report.subject = f"{order} in {files.address}"
    return inspection.report


def read_order(
    folder: Path | Files,
    stream: str,
    *,
    checkpoint: Path | None = None,
    keyring: Path | None = None,
    progress: Progress | None = None,
) -> tuple[list[tuple[int, bytes]], Report]:
    """Read all lines of one stream, across revisions and open lines, and verify them.

    Args:
        folder: the archive's folder, or its files wherever they are.
        stream: name of the stream, as `find_orders` returns it.
        checkpoint: as in `verify_archive`.
        keyring: as in `verify_archive`.
        progress: as in `verify_archive`.

    Returns:
        The lines with their positions, in order, as the files show them; and the report, which
        says whether they are what was recorded, and all of it.

    Raises:
        NoArchiveError: there is no archive in the folder.
    """
    files = opened(folder)
    inspection = inspect(
        files,
        only=frozenset({stream}),
        checkpoint=checkpoint,
        keyring=keyring,
        progress=progress,
    )
    lines = sorted(inspection.lines.get(stream, []))
    if not lines:
        # A file that is damaged as a whole does not say whose it was: that nothing of the order is
        # here can only be said of the whole archive.
        inspection = inspect(files, checkpoint=checkpoint, keyring=keyring, progress=progress)
    inspection.report.subject = f"{stream} in {files.address}"
    return lines, inspection.report


def find_orders(folder: Path | Files, order: str) -> list[str]:
    """List the streams that an order's name can mean: `number` in any shop, or `shop/number`.

    Raises:
        NoArchiveError: there is no archive in the folder.
    """
    return _streams_of(opened(folder), order)


def _streams_of(folder: Files, order: str) -> list[str]:
    try:
        order.encode()
    except UnicodeEncodeError:
        return []  # bytes of a command line that are not text name no order
    found: set[str] = set()
    numbers = dict.fromkeys([order, order.partition("/")[2]])
    tails = {f"/{layout.number_folder(n)}/{layout.escape(n)}_": n for n in numbers}
    for name in _history_names(folder):
        for tail, number in tails.items():
            if tail in name:
                found.update(_meant(folder, name, number, order))
    for name in folder.names("packs/"):
        rows = rows_of(folder, name) if layout.parse_pack_path(name) else []
        found.update(row.stream for row in rows if _names(row.stream, order))
    found.update(stream for stream in _open_streams(folder, order) if _names(stream, order))
    return sorted(found)


def _history_names(folder: Files) -> Iterator[str]:
    """Yield the names of histories that are there, and of those that a manifest says should be."""
    yield from folder.under("orders/")
    for name in folder.under("manifests/"):
        try:
            data = folder.read(name, limits.MANIFEST)
        except ArchiveError:
            continue  # verification names it
        for match in _NAME_IN_MANIFEST.finditer(data):
            yield match[1].decode()


def _meant(folder: Files, name: str, number: str, order: str) -> Iterator[str]:
    """Yield the stream of a history's name if the order's name means it."""
    parsed = layout.parse_history_path(name)
    if parsed is None:
        return
    shop = _unescape(name.split("/")[1])
    candidates = [f"{layout.ORDER_STREAM}{shop}/{number}"] if shop is not None else []
    candidates += [layout.ORDER_STREAM + order] if "/" in order else []
    for stream in candidates:
        if layout.history_stem(stream) == parsed.stem and _names(stream, order):
            yield stream
            return
    stream_in_file = stream_in_header(folder, name)
    if stream_in_file is not None and _names(stream_in_file, order):
        yield stream_in_file


def _names(stream: str, order: str) -> bool:
    """Tell whether an order's name means this stream."""
    if not stream.startswith(layout.ORDER_STREAM):
        return False
    whole = stream[len(layout.ORDER_STREAM) :]
    return order in (whole, whole.partition("/")[2])


def _unescape(part: str) -> str | None:
    """Return what an escaped part of a name stands for; None where it was shortened."""
    try:
        return unquote_to_bytes(part).decode() if "~" not in part else None
    except UnicodeDecodeError:
        return None


def _open_streams(folder: Files, order: str) -> Iterator[str]:
    """Yield the streams of open lines whose text could name the order."""
    try:
        needle = canonical.encode(order)[1:]
    except FormatError:
        return
    for name in folder.under("open/"):
        if layout.open_size(name) is None:
            continue
        try:
            with folder.open(name) as file:
                for row in open_lines.split_rows(member.chunks(file, limits.OPEN_TEXT)):
                    if needle in row:
                        yield from _stream_of_row(row)
        except ArchiveError:
            continue  # verification names it


def _stream_of_row(row: bytes) -> Iterator[str]:
    try:
        yield line.read(open_lines.read_row(row)[1]).stream
    except FormatError:
        return
