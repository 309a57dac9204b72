"""Packs: many histories in one file, each still to be had as a file of its own.

A pack is gzip members, one behind the other. Each history has one, whose text ends before its
checkpoint; then comes one with the checkpoint that all of them are proved against, and one with
the rows that say where each history lies. `zcat` prints all of it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from archive import canonical, limits, member
from archive.errors import FormatError, MemberError, TooLargeError
from archive.history import FORMAT
from archive.layout import ORDER_STREAM

_KEYS = {"class", "histories", "log_size", "orderproof", "origin", "shop", "year"}

# What stands in a pack beside its histories and their rows: note, header, gzip's own bytes.
_AROUND = limits.NOTE + (64 << 10)

# The bytes that begin a member come up in compressed data once in 2^80 places.
_TRIES = 3


class Group(NamedTuple):
    """What the histories of one pack have in common.

    Args:
        retention_class: what their seals name.
        year: of the last day on which they have to be kept.
        shop: whose orders they are.
    """

    retention_class: str
    year: int
    shop: str


class Row(NamedTuple):
    """Where a history lies in a pack: the place of its gzip member."""

    stream: str
    revision: int
    offset: int
    length: int


@dataclass(frozen=True)
class Pack:
    """A pack's last two members.

    Args:
        group: what its histories have in common.
        origin: name of the log.
        log_size: size of the log that the histories are proved against.
        checkpoint: bytes of the signed note of that size.
        rows: one for each history, in the order of the file.
    """

    group: Group
    origin: str
    log_size: int
    checkpoint: bytes
    rows: list[Row]


class Builder:
    """A pack that is being filled.

    Args:
        origin: name of the log.
        log_size: size of the log that the histories are proved against.
        group: what they have in common.
    """

    def __init__(self, origin: str, log_size: int, group: Group) -> None:
        self._origin = origin
        self._log_size = log_size
        self._group = group
        self._members: list[bytes] = []
        self._rows: list[bytes] = []
        self._offset = 0
        self._size = _AROUND

    @property
    def histories(self) -> int:
        """Return how many histories it holds."""
        return len(self._rows)

    def add(self, stream: str, revision: int, compressed: bytes) -> Row | None:
        """Take in a history, as a gzip member of its text before the checkpoint.

        Returns:
            Its row, or None where it belongs into the next pack, as this one is full.
        """
        row = Row(stream, revision, self._offset, len(compressed))
        text = canonical.encode(list(row)) + b"\n"
        size = self._size + len(compressed) + len(text)
        if self._rows and (size > limits.PACK or len(self._rows) == limits.HISTORIES_IN_A_PACK):
            return None
        self._members.append(compressed)
        self._rows.append(text)
        self._offset += len(compressed)
        self._size = size
        return row

    def finish(self, checkpoint: bytes) -> bytes:
        """Return the bytes of the pack, with the signed note that its histories lead to."""
        header = {
            "class": self._group.retention_class,
            "histories": len(self._rows),
            "log_size": self._log_size,
            "orderproof": FORMAT,
            "origin": self._origin,
            "shop": self._group.shop,
            "year": self._group.year,
        }
        rows = b"".join([canonical.encode(header), b"\n", *self._rows])
        return b"".join([*self._members, member.compress(checkpoint), member.compress(rows)])


def parse(data: bytes) -> Pack:
    """Read what a pack says of itself. Nothing in it lies outside of its members.

    Raises:
        FormatError: the bytes are not a pack; its histories are not looked into.
        TooLargeError: it is longer than any pack.
    """
    if len(data) > limits.PACK:
        raise TooLargeError(f"holds more than {limits.PACK} bytes")
    place, text = _last_member(data)
    header, rows = _parse_rows(text)
    end = rows[-1].offset + rows[-1].length
    if end >= place:
        raise FormatError("its rows leave no place for the checkpoint")
    checkpoint = member.decompress(data[end:place], limits.NOTE)
    group = Group(str(header["class"]), _number(header, "year"), str(header["shop"]))
    return Pack(group, str(header["origin"]), _number(header, "log_size"), checkpoint, rows)


def parse_rows(tail: bytes) -> list[Row]:
    """Read the rows from the end of a pack alone, of which `tail` holds their whole member.

    Raises:
        FormatError: it does not end as a pack.
        TooLargeError: the rows are longer than those of any pack.
    """
    return _parse_rows(_last_member(tail)[1])[1]


def text_of(data: bytes, row: Row) -> bytes:
    """Return the text of one history of a pack, which ends before its checkpoint.

    Raises:
        MemberError: the place holds no gzip member of ours.
        TooLargeError: the text is longer than any history.
    """
    return member.decompress(data[row.offset : row.offset + row.length], limits.HISTORY)


def disclose(text: bytes, checkpoint: bytes) -> bytes:
    """Return the text of a history that stands alone.

    Args:
        text: of the history in the pack, as `text_of` returns it.
        checkpoint: the pack's.
    """
    return text + checkpoint


def _last_member(data: bytes) -> tuple[int, bytes]:
    place = len(data)
    for _ in range(_TRIES):
        place = data.rfind(member.HEADER, 0, place)
        if place < 0:
            break
        try:
            return place, member.decompress(data[place:], limits.PACK)
        except MemberError:
            continue
    raise MemberError("does not end with a gzip member of this archive")


def _parse_rows(text: bytes) -> tuple[dict[str, object], list[Row]]:
    if not text.endswith(b"\n"):
        raise FormatError("its rows do not end with a newline")
    first, *lines = text[:-1].split(b"\n")
    header = canonical.decode(first)
    if not isinstance(header, dict) or set(header) != _KEYS:
        raise FormatError("the keys above its rows are not those of a pack")
    for name in ("class", "origin", "shop"):
        if not isinstance(header[name], str):
            raise FormatError(f"the {name} above its rows is not text")
    for name in ("histories", "log_size", "orderproof", "year"):
        if type(header[name]) is not int or header[name] < 1:
            raise FormatError(f"the {name} above its rows is not a number from 1")
    if header["orderproof"] != FORMAT:
        raise FormatError("it names a format that this version does not know")
    if not 0 < len(lines) <= limits.HISTORIES_IN_A_PACK or len(lines) != header["histories"]:
        raise FormatError("it has another number of rows than it says")
    rows: list[Row] = []
    end = 0
    for line in lines:
        rows.append(_row(line, f"{ORDER_STREAM}{header['shop']}/", end))
        end += rows[-1].length
    return header, rows


def _row(line: bytes, stem: str, end: int) -> Row:
    """Read a row of a stream whose name begins with `stem`, and whose history lies at `end`."""
    value = canonical.decode(line)
    if not isinstance(value, list) or len(value) != len(Row._fields):
        raise FormatError("a row of it is not a stream, a revision, an offset and a length")
    stream, revision, offset, length = value
    if not isinstance(stream, str) or not stream.startswith(stem):
        raise FormatError("a row of it is of another shop")
    if type(revision) is not int or type(offset) is not int or type(length) is not int:
        raise FormatError("a number in a row of it is none")
    if revision < 1 or offset != end or length < 1:
        raise FormatError("its rows do not lie one behind the other")
    return Row(stream, revision, offset, length)


def _number(header: dict[str, object], name: str) -> int:
    return int(str(header[name]))
