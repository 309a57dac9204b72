"""Renewal lists: every final file of an archive with its SHA-512, so that it can be stamped anew.

Digests, signatures and the keys of authorities grow weak. While they still hold, all of an archive
is hashed with a stronger digest and the list of it stamped; each list covers the tokens, signatures
and lists before it. Source of the idea: RFC 4998 (evidence record syntax), sections 5.2 and 5.3.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from archive import canonical, open_lines
from archive.errors import FormatError
from archive.history import FORMAT
from archive.store import DELETED, REPLACED, is_name

HASH = "sha512"

_CHUNK = 1 << 20
_HEADER = {"files", "hash", "orderproof", "origin", "renewal", "size"}
_ROW = re.compile(rb"([0-9a-f]{128})  ([!-~]+)")


@dataclass(frozen=True)
class Header:
    """First line of a list.

    Args:
        files: how many it names.
        origin: of the log.
        renewal: its number, from 1.
        size: of the log, as `log/checkpoint` had it.
    """

    files: int
    origin: str
    renewal: int
    size: int

    def encode(self) -> bytes:
        """Return the line."""
        fields = {"hash": HASH, "orderproof": FORMAT, **vars(self)}
        return canonical.encode(fields) + b"\n"


def is_covered(name: str) -> bool:
    """Tell whether a file is one that a list names: one that no later run changes or deletes."""
    return is_name(name) and not REPLACED.fullmatch(name) and not DELETED.fullmatch(name)


def digest(file: BinaryIO) -> bytes:
    """Return the SHA-512 of what is left of a file."""
    result = hashlib.new(HASH)
    while chunk := file.read(_CHUNK):
        result.update(chunk)
    return result.digest()


def encode_row(name: str, hashed: str) -> bytes:
    """Return the line of a file, as `sha512sum -c` reads it; its digest is hex."""
    return f"{hashed}  {name}\n".encode()


def read(chunks: Iterable[bytes]) -> tuple[Header, Iterator[tuple[str, str]]]:
    """Read the text of a list strictly: its header, and then names and digests, in hex.

    Raises:
        FormatError: the text is not that of a list; also from the iterator.
    """
    rows = open_lines.split_rows(chunks)
    header = _header(next(rows, b""))
    return header, _rows(header, rows)


def _header(row: bytes) -> Header:
    header = canonical.decode(row)
    if not isinstance(header, dict) or set(header) != _HEADER:
        raise FormatError("its header's keys are not those of a renewal")
    numbers = [header[name] for name in ("orderproof", "files", "renewal", "size")]
    if any(type(each) is not int or each < 0 for each in numbers) or numbers[0] != FORMAT:
        raise FormatError("it names a format that this version does not know")
    if header["hash"] != HASH or not isinstance(header["origin"], str):
        raise FormatError("it names a digest that this version does not know")
    return Header(header["files"], header["origin"], header["renewal"], header["size"])


def _rows(header: Header, rows: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    last, count = "", 0
    for row in rows:
        match = _ROW.fullmatch(row)
        name = match[2].decode() if match else ""
        if match is None or not is_covered(name):
            raise FormatError("a line of it is no digest and name of a file that is final")
        if name <= last:
            raise FormatError("its names do not rise")
        last, count = name, count + 1
        yield name, match[1].decode()
    if count != header.files:
        raise FormatError(f"it names {count} files, and {header.files} in its header")
