"""Answering a claim from an archive or one history file alone: no database, keys or settings."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from archive.errors import ArchiveError
from archive.verify import (
    Report,
    exit_code_of,
    find_orders,
    read_checkpoint,
    read_history_lines,
    read_order,
    search_orders,
    verify_archive,
)
from archive.verify.files import Files
from domain.errors import NewerSchemaError
from domain.event import Event
from domain.line import decode
from domain.lookup import lookup_keys
from orderproof import addresses, terminal
from orderproof.claiming import Answer, answer, the_one
from orderproof.errors import CommandError
from orderproof.published import describe


def claim_on_archive(address: str, key: str, as_of: date) -> Answer:
    """Answer a claim from files.

    Args:
        address: archive folder, its `file://` address, `s3://bucket/prefix`, or one history file.
        key: what names the order: its number, `shop/number`, or any reference in its events.
        as_of: the day of the answer.
    """
    started = time.perf_counter()
    where = addresses.parse(address)
    if isinstance(where, Path) and not where.exists():
        raise CommandError(f"{terminal.safe(address)} does not exist")
    try:
        if isinstance(where, Path) and where.is_file():
            return _on_history(where, key, as_of, started)
        return _on_archive(addresses.reading(where), key, as_of, started)
    except ArchiveError as error:
        raise CommandError(str(error), exit_code_of(error)) from error


def _on_archive(files: Files, key: str, as_of: date, started: float) -> Answer:
    streams = find_orders(files, key) or _referred(files, key)
    if not streams:
        # An order may be missing because its file is, so "not found" stands on all files.
        report = verify_archive(files)
        return _answer(None, key, [], report, files, as_of, started)
    stream = the_one(streams, key)
    lines, report = read_order(files, stream)
    return _answer(stream, key, lines, report, files, as_of, started)


def _on_history(file: Path, key: str, as_of: date, started: float) -> Answer:
    lines, report = read_history_lines(file)
    events = list(_events(lines))
    stream = events[0].stream if events else None
    if not _names(lines, key):
        stream, lines = None, []
    return _answer(stream, key, lines, report, None, as_of, started)


def _answer(
    stream: str | None,
    key: str,
    lines: Sequence[tuple[int, bytes]],
    report: Report,
    files: Files | None,
    as_of: date,
    started: float,
) -> Answer:
    integrity = {
        "verdict": report.verdict,
        "events": len(lines),
        "head": hashlib.sha256(lines[-1][1]).hexdigest() if lines else None,
        "checkpoint": describe(read_checkpoint(files)) if files else None,
        "findings": [each.as_dict() for each in report.findings],
        "not_checked": list(report.not_checked),
    }
    return answer(stream, key, list(_events(lines)), integrity, as_of, started)


def _events(lines: Sequence[tuple[int, bytes]]) -> Iterator[Event]:
    for position, line in lines:
        try:
            yield decode(line, position)
        except NewerSchemaError:
            raise  # it is intact, and a verdict without it would not be one
        except ValueError:
            continue  # the report names it, and its verdict is not intact


def _referred(files: Files, key: str) -> list[str]:
    """Return the orders whose own verified lines hold a reference. Slow; there is no index yet.

    The search believes every file, and somebody may have put a line of one order into another's;
    so a line counts only if its order's own files show it.
    """
    needle = key.encode()

    def wanted(line: bytes) -> bool:
        # Only a line that holds the text can hold the key; escapes take the slow way.
        return (needle in line or b"\\" in line) and _names([(0, line)], key)

    with terminal.progress("searching", "files") as progress:
        found = search_orders(
            files, wanted, progress=lambda step, done, total: progress(done, total, step)
        )
    return [stream for stream in found if _names(read_order(files, stream)[0], key)]


def _names(lines: Sequence[tuple[int, bytes]], key: str) -> bool:
    return any(key == known for event in _events(lines) for _, known in lookup_keys(event))
