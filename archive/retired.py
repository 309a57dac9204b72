"""Lists of histories that were deleted after their retention had ended.

A list keeps of each history what proves that it was due: its seal, whose leaf is in the log, and
where its events stood. So an archive stays verifiable without the files.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from typing import cast

from archive import canonical, layout, line
from archive.errors import FormatError
from archive.history import FORMAT

APPLIED = "policy.retention_applied"
"""The event in `system/policy` that names a list by its digest."""

HISTORIES = 50_000
"""How many histories a list names at most."""

_HEADER = {"as_of", "histories", "orderproof", "origin"}
_NUMBERS = ("first_version", "length", "log_size", "offset", "revision")
_TEXTS = ("date", "file", "prev", "seal", "tag")
_TAG = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{8}|")


@dataclass(frozen=True)
class Retired:
    """A history that was deleted.

    Args:
        file: the object that held it: a file of its own, or a pack.
        offset: where it began in a pack; 0 in a file of its own.
        length: how many bytes it had, compressed.
        log_size: size of the log that it was proved against.
        date: `YYYYMMDD` as in the name of its file; empty where it is not known.
        tag: of the stream in the log's entries.
        revision: number of its seal.
        first_version: version of its first line.
        positions: of its lines in the log, the seal's last.
        prev: `prev` of its first line.
        seal: its last line.
        attachments: digests, hex, of the sealed files that it named.
    """

    file: str
    offset: int
    length: int
    log_size: int
    date: str
    tag: str
    revision: int
    first_version: int
    positions: tuple[int, ...]
    prev: str
    seal: bytes
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class RetiredList:
    """A list as it is read: of which log, on which day it was made, and its histories."""

    origin: str
    as_of: date
    histories: list[Retired]


def encode(listed: RetiredList) -> bytes:
    """Return the text of a list: a header, then a line for each history."""
    header = {
        "as_of": listed.as_of.isoformat(),
        "histories": len(listed.histories),
        "orderproof": FORMAT,
        "origin": listed.origin,
    }
    rows = [header, *map(_row, listed.histories)]
    return b"".join(canonical.encode(row) + b"\n" for row in rows)


def parse(text: bytes) -> RetiredList:
    """Read the text of a list strictly; its seals are not looked into.

    Raises:
        FormatError: the text is not one that `encode` makes.
    """
    if not text.endswith(b"\n"):
        raise FormatError("does not end with a newline")
    first, *rows = text[:-1].split(b"\n")
    header = canonical.decode(first)
    if not isinstance(header, dict) or set(header) != _HEADER:
        raise FormatError("its header's keys are not those of a list of deleted histories")
    if header["orderproof"] != FORMAT or type(header["orderproof"]) is not int:
        raise FormatError("it names a format that this version does not know")
    if not isinstance(header["origin"], str) or header["histories"] != len(rows):
        raise FormatError("its header does not fit what it lists")
    histories = [_parse_row(row) for row in rows]
    return RetiredList(header["origin"], read_date(header["as_of"]), histories)


def read_date(value: object) -> date:
    """Read a day.

    Raises:
        FormatError: the value is none.
    """
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise FormatError(f"{value!r} is not a day")
    return found


def retain_until(seal: line.EventLine) -> date:
    """Return the last day on which a seal wants its history kept.

    Raises:
        FormatError: the event is no seal that says so.
    """
    if seal.type != line.SEALED:
        raise FormatError("is not a seal")
    return read_date(seal.data.get("retain_until"))


def _row(one: Retired) -> dict[str, object]:
    first, *_ = one.positions
    return {
        "attachments": list(one.attachments),
        "date": one.date,
        "file": one.file,
        "first_version": one.first_version,
        "length": one.length,
        "log_size": one.log_size,
        "offset": one.offset,
        "positions": [first, *(b - a for a, b in pairwise(one.positions))],
        "prev": one.prev,
        "revision": one.revision,
        "seal": one.seal.decode(),
        "tag": one.tag,
    }


def _parse_row(text: bytes) -> Retired:
    row = canonical.decode(text)
    if not isinstance(row, dict) or set(row) != {*_NUMBERS, *_TEXTS, "attachments", "positions"}:
        raise FormatError("a history in it has other fields than the format's")
    if not all(type(row[name]) is int and row[name] >= 0 for name in _NUMBERS):
        raise FormatError("a number of a history in it is none")
    if not all(isinstance(row[name], str) for name in _TEXTS):
        raise FormatError("a text of a history in it is none")
    steps = row["positions"]
    if not isinstance(steps, list) or not steps:
        raise FormatError("a history in it has no positions")
    if not all(type(step) is int and 0 < step < 10**18 for step in steps):
        raise FormatError("the positions of a history in it do not rise")
    sound = _TAG.fullmatch(row["tag"]) and _HASH.fullmatch(row["prev"])
    if not sound or not _DATE.fullmatch(row["date"]) or row["revision"] < 1:
        raise FormatError("a tag, hash, date or revision in it is none")
    if row["first_version"] < 1:
        raise FormatError("a history in it begins before version 1")
    attachments = row["attachments"]
    if not isinstance(attachments, list) or not all(
        isinstance(digest, str) and _HASH.fullmatch(digest) for digest in attachments
    ):
        raise FormatError("an attachment of a history in it is no digest")
    return Retired(
        file=row["file"],
        offset=row["offset"],
        length=row["length"],
        log_size=row["log_size"],
        date=row["date"],
        tag=row["tag"],
        revision=row["revision"],
        first_version=row["first_version"],
        positions=tuple(accumulate(cast("list[int]", steps))),
        prev=row["prev"],
        seal=row["seal"].encode(),
        attachments=tuple(attachments),
    )


def copy_of(one: Retired) -> str | None:
    """Return the name that the copy of a history has, if it lay in a pack and was ever held."""
    if layout.parse_pack_path(one.file) is None:
        return None
    stream = line.read(one.seal).stream
    return layout.held_path(layout.history_path(stream, one.date, one.revision))


def attachments_of(histories: Iterable[Retired]) -> list[str]:
    """Return the objects with the sealed files that histories named, each once, in order."""
    digests = (digest for history in histories for digest in history.attachments)
    return list(dict.fromkeys(map(layout.evidence_path, digests)))


def files_of(histories: Iterable[Retired]) -> list[str]:
    """Return the objects that held histories, each once, in order."""
    return list(dict.fromkeys(history.file for history in histories))
