"""Answering a claim from an archive or one history file alone: no database, keys or settings."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from archive import history, member, open_lines
from archive.errors import ArchiveError
from archive.verify import Report, find_orders, read_history_lines, read_order, verify_archive
from archive.verify.files import HISTORY_LIMIT, OPEN_TEXT_LIMIT
from domain.event import Event
from domain.line import decode
from domain.lookup import lookup_keys
from domain.stream import split_order_stream
from orderproof import errors, terminal
from orderproof.claiming import Answer, answer, read_checkpoint, the_one
from orderproof.errors import CommandError
from orderproof.settings import archive_folder


def claim_on_archive(address: str, key: str, as_of: date) -> Answer:
    """Answer a claim from files.

    Args:
        address: archive folder, its `file://` address, or one history file.
        key: what names the order: its number, `shop/number`, or any reference in its events.
        as_of: the day of the answer.
    """
    started = time.perf_counter()
    path = archive_folder(address) if address.startswith("file:") else Path(address)
    if "://" in address and not address.startswith("file:"):
        raise CommandError("this version answers from a folder or a file; copy the archive first")
    if not path.exists():
        raise CommandError(f"{terminal.safe(address)} does not exist")
    try:
        if path.is_file():
            return _on_history(path, key, as_of, started)
        return _on_folder(path, key, as_of, started)
    except ArchiveError as error:
        raise CommandError(str(error), errors.CANNOT_TELL) from error


def _on_folder(folder: Path, key: str, as_of: date, started: float) -> Answer:
    streams = find_orders(folder, key) or _search(folder, key)
    newest = folder / "log" / "checkpoint"
    if not streams:
        # An order may be missing because its file is, so "not found" stands on all files.
        report = verify_archive(folder)
        return _answer(None, key, [], report, newest, as_of, started)
    stream = the_one(streams)
    lines, report = read_order(folder, stream)
    return _answer(stream, key, lines, report, newest, as_of, started)


def _on_history(file: Path, key: str, as_of: date, started: float) -> Answer:
    lines, report = read_history_lines(file)
    events = list(_events(lines))
    stream = events[0].stream if events else None
    known = {found for event in events for _, found in lookup_keys(event)}
    if key not in known:
        stream, lines = None, []
    return _answer(stream, key, lines, report, None, as_of, started)


def _answer(
    stream: str | None,
    key: str,
    lines: Sequence[tuple[int, bytes]],
    report: Report,
    checkpoint: Path | None,
    as_of: date,
    started: float,
) -> Answer:
    integrity = {
        "verdict": report.verdict,
        "events": len(lines),
        "head": hashlib.sha256(lines[-1][1]).hexdigest() if lines else None,
        "checkpoint": read_checkpoint(checkpoint) if checkpoint else None,
        "findings": [each.as_dict() for each in report.findings],
        "not_checked": list(report.not_checked),
    }
    return answer(stream, key, list(_events(lines)), integrity, as_of, started)


def _events(lines: Sequence[tuple[int, bytes]]) -> Iterator[Event]:
    for position, line in lines:
        try:
            yield decode(line, position)
        except ValueError:
            continue  # the report names it, and its verdict is not intact


def _search(folder: Path, key: str) -> list[str]:
    """Look through every history and open line for a reference. Slow; there is no index yet."""
    found = set()
    with terminal.progress("searching all histories", "files") as progress:
        files = [file for file in sorted(folder.glob("orders/*/*/*.jsonl.gz")) if file.is_file()]
        for done, file in enumerate(files, 1):
            found |= _streams_with(_history_lines(file), key)
            progress(done, len(files))
    for file in sorted(folder.glob("open/*.jsonl.gz")):
        found |= _streams_with(_open_lines(file), key)
    return sorted(found)


def _streams_with(lines: Iterator[bytes], key: str) -> set[str]:
    needle = key.encode()
    found = set()
    for line in lines:
        # Only a line that holds the text can hold the key; escapes take the slow way.
        if needle in line or b"\\" in line:
            event = next(_events([(0, line)]), None)
            if event is not None and any(key == known for _, known in lookup_keys(event)):
                found.add(event.stream)
    return {stream for stream in found if split_order_stream(stream)}


def _history_lines(file: Path) -> Iterator[bytes]:
    try:
        text = member.decompress(file.read_bytes(), HISTORY_LIMIT)
        yield from history.parse(text).lines
    except (ArchiveError, OSError):
        return  # verification of the log names it


def _open_lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as handle:
            for row in open_lines.split_rows(member.chunks(handle, OPEN_TEXT_LIMIT)):
                yield open_lines.read_row(row)[1]
    except (ArchiveError, OSError):
        return  # verification of the log names it
