"""Answering a claim from an archive or one history file alone: no database, keys or settings.

Where the index answers, a few files are read. Else all are, and the parts of `archive.verify` for
that are imported then.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import verify
from archive.deleted import deleted_orders
from archive.errors import ArchiveError
from archive.verify.by_index import CountedFiles, locate, read_located
from archive.verify.files import Files
from archive.verify.keyrings import is_fingerprint
from archive.verify.report import Report, exit_code_of
from domain.errors import NewerSchemaError
from domain.event import Event
from domain.line import decode
from domain.lookup import lookup_keys
from domain.stream import ORDER, order_name
from orderproof import addresses, errors, terminal
from orderproof.claiming import Answer, answer, the_one
from orderproof.errors import CommandError
from orderproof.published import describe

if TYPE_CHECKING:
    from archive.verify.lone import Lone


def claim_on_archive(address: str, key: str, as_of: date, keyring: Path | None = None) -> Answer:
    """Answer a claim from files.

    Args:
        address: archive folder, its `file://` address, `s3://bucket/prefix`, or one history file
            of any of these.
        key: what names the order: its number, `shop/number`, or any reference in its events.
        as_of: the day of the answer.
        keyring: the keyring that the caller trusts, or the fingerprint of its root keys.
    """
    started = time.perf_counter()
    where = addresses.parse(address)
    if isinstance(where, Path) and not where.exists():
        raise CommandError(f"{terminal.safe(address)} does not exist")
    if keyring is not None and not (keyring.is_file() or is_fingerprint(keyring)):
        raise CommandError(f"{terminal.safe(str(keyring))} is no file and no fingerprint")
    try:
        if file := _file(where):
            return _on_history(file, key, as_of, started, keyring)
        return _by_index(where, key, as_of, started, keyring) or _on_archive(
            addresses.reading(where), key, as_of, started, keyring
        )
    except ArchiveError as error:
        raise CommandError(str(error), exit_code_of(error)) from error


def _file(where: addresses.Where) -> "Path | Lone | None":
    """Return the one history that is named; None for an archive, which most claims are about."""
    if isinstance(where, Path):
        return where if where.is_file() else None
    if not where.prefix.endswith(".gz"):
        return None
    from orderproof import lone_file

    return lone_file.named(where)


def _by_index(
    where: addresses.Where, key: str, as_of: date, started: float, keyring: Path | None
) -> Answer | None:
    """Answer from the few files that the index leads to; None where it takes all of them."""
    files = CountedFiles(addresses.reading(where, []))
    located = locate(files, key, keyring=keyring)
    if located is None:
        return None
    order = read_located(files, located, the_one(list(located.rows), key))
    if order is None:
        return None
    integrity = {
        **_integrity(order.lines, order.report),
        "checkpoint": describe(order.cut),
        "requests": order.requests,
    }
    events = list(_events(order.lines))
    return answer(order.stream, key, events, integrity, as_of, started, order.lines)


def _on_archive(
    files: Files, key: str, as_of: date, started: float, keyring: Path | None
) -> Answer:
    streams = verify.find_orders(files, key) or _referred(files, key)
    if not streams:
        # An order may be missing because its file is, so "not found" stands on all files.
        report = verify.verify_archive(files, keyring=keyring)
        _refuse_deleted(files, key, report)
        return _answer(None, key, [], report, files, as_of, started)
    stream = the_one(streams, key)
    lines, report = verify.read_order(files, stream, keyring=keyring)
    _refuse_deleted(files, stream.removeprefix(ORDER), report)
    return _answer(stream, key, lines, report, files, as_of, started)


def _refuse_deleted(files: Files, key: str, report: verify.Report) -> None:
    """Do nothing unless an intact archive tells that the order was deleted, or most of it.

    Raises:
        CommandError: it was, rightly.
    """
    if report.exit_code != errors.OK or not report.checked.get("deleted_after_retention"):
        return
    gone = {each.stream: each for each in deleted_orders(files, key)}
    if not gone:
        return
    one = gone[the_one(list(gone), key)]
    raise CommandError(
        f"{terminal.safe(order_name(one.stream))} was deleted from this archive after its "
        f"retention had ended: it was kept up to {one.kept_until}, and listed on {one.listed_on}. "
        "That its time was over is proved, and what was in it cannot be shown. Next: look for a "
        "history file of it that was handed out before.",
        errors.NOT_FOUND,
        deleted_after_retention={
            "kept_until": one.kept_until.isoformat(),
            "listed_on": one.listed_on.isoformat(),
        },
    )


def _on_history(
    file: "Path | Lone", key: str, as_of: date, started: float, keyring: Path | None
) -> Answer:
    lines, report = verify.read_history_lines(file, keyring=keyring)
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
        **_integrity(lines, report),
        "checkpoint": describe(verify.read_checkpoint(files)) if files else None,
        "requests": None,  # as many as there are files, or one
    }
    return answer(stream, key, list(_events(lines)), integrity, as_of, started, lines)


def _integrity(lines: Sequence[tuple[int, bytes]], report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "events": len(lines),
        "head": hashlib.sha256(lines[-1][1]).hexdigest() if lines else None,
        "findings": [each.as_dict() for each in report.findings],
        "not_checked": list(report.not_checked),
    }


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
        found = verify.search_orders(
            files, wanted, progress=lambda step, done, total: progress(done, total, step)
        )
    return [stream for stream in found if _names(verify.read_order(files, stream)[0], key)]


def _names(lines: Sequence[tuple[int, bytes]], key: str) -> bool:
    return any(key == known for event in _events(lines) for _, known in lookup_keys(event))
