"""Reading a pack that somebody hands in: its files, whatever else it is."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
from pyhanko.pdf_utils.reader import PdfFileReader

from archive import layout
from evidence import attached as names

PDF, ZIP = "pdf", "zip"

_LARGEST = 256 << 20
"""Bytes of all files of a pack together; a history has 128 MB at most."""
_MOST = 10_000
_DEEP = 8


class PackUnreadableError(ValueError):
    """What was handed in is no evidence pack; the message says why, in a clause."""


class Opened(msgspec.Struct):
    """A pack's files.

    Args:
        kind: `PDF` or `ZIP`.
        data: the pack itself.
        files: by path, those that a pack has.
        other: names of further files, which are not looked at.
        missing: paths that the pack's own list names and that are not there.
        changed: paths whose bytes are not those that the list names.
    """

    kind: str
    data: bytes
    files: dict[str, bytes]
    other: list[str] = []
    missing: list[str] = []
    changed: list[str] = []


def open_pack(data: bytes) -> Opened:
    """Read the files of a pack.

    Raises:
        PackUnreadableError: it is none.
    """
    if data.startswith(b"%PDF-"):
        return _listed(PDF, data, _of_pdf(data), by_name=True)
    if data.startswith(b"PK\x03\x04"):
        return _listed(ZIP, data, _of_zip(data), by_name=False)
    raise PackUnreadableError("is neither a PDF nor a ZIP")


def is_pack(start: bytes) -> bool:
    """Tell whether a file may be a pack, by its first bytes."""
    return start.startswith((b"%PDF-", b"PK\x03\x04"))


def reader_of(pdf: bytes) -> PdfFileReader:
    """Return a reader that takes nothing that is out of form."""
    return PdfFileReader(io.BytesIO(pdf), strict=True)


def _listed(kind: str, data: bytes, found: dict[str, bytes], *, by_name: bool) -> Opened:
    """Hold the files to the list that is one of them, and give them their paths."""
    contents = found.get(names.CONTENTS)
    if contents is None:
        raise PackUnreadableError(f"holds no {names.CONTENTS}, so it is no evidence pack")
    opened = Opened(kind, data, {names.CONTENTS: contents})
    left = set(found) - {names.CONTENTS}
    for path, name, digest in _entries(contents):
        key = name if by_name else path
        if not names.is_known(path):
            continue
        content = found.get(key)
        left.discard(key)
        if content is None:
            opened.missing.append(path)
            continue
        opened.files[path] = content
        if hashlib.sha256(content).hexdigest() != digest:
            opened.changed.append(path)
    for extra in (names.SUMS, names.SIGNATURE, names.PAGES, layout.VERIFIER):
        if kind == ZIP and extra in left:
            opened.files[extra] = found[extra]
            left.discard(extra)
    opened.other = sorted(left)
    return opened


def _entries(contents: bytes) -> Iterator[tuple[str, str, str]]:
    try:
        value = json.loads(contents)
        if value["pack"] != 1:
            raise PackUnreadableError(f"is a pack of form {value['pack']}, which is not known here")
        for each in value["files"]:
            path, name, digest = each["path"], each["name"], each["sha256"]
            if not (isinstance(path, str) and isinstance(name, str) and isinstance(digest, str)):
                raise TypeError
            yield path, name, digest
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, PackUnreadableError):
            raise
        raise PackUnreadableError(f"has a {names.CONTENTS} that is none") from None


def _of_zip(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = _LARGEST
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST:
                raise PackUnreadableError(f"holds more than {_MOST} files")
            for entry in entries:
                with archive.open(entry) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise PackUnreadableError("holds more than a pack ever does")
                if entry.filename in found:
                    raise PackUnreadableError("holds two files of one name")
                found[entry.filename] = content
    except PackUnreadableError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError) as error:
        raise PackUnreadableError("is a damaged ZIP") from error
    return found


def _of_pdf(data: bytes) -> dict[str, bytes]:
    try:
        root = reader_of(data).root
        tree = root["/Names"]["/EmbeddedFiles"] if "/Names" in root else {}
        found: dict[str, bytes] = {}
        left = _LARGEST
        for name, described in _leaves(tree, _DEEP):
            stream = described["/EF"]["/F"]
            content = _content(stream, left)
            left -= len(content)
            if name in found or len(found) >= _MOST:
                raise PackUnreadableError("attaches two files of one name, or far too many")
            found[name] = content
    except PackUnreadableError:
        raise
    except Exception as error:  # a hostile PDF makes the reader fail in any way
        raise PackUnreadableError("is a damaged PDF") from error
    return found


def _leaves(node: Any, deep: int) -> Iterator[tuple[str, Any]]:
    """Walk a name tree (ISO 32000-1, 7.9.6)."""
    if deep == 0:
        raise PackUnreadableError("attaches files in a tree that is too deep")
    pairs = node.get("/Names", [])
    for at in range(0, len(pairs) - 1, 2):
        yield str(pairs[at]), pairs[at + 1]
    for child in node.get("/Kids", []):
        yield from _leaves(child, deep - 1)


def _content(stream: Any, limit: int) -> bytes:
    """Return what is attached; typst compresses it by deflate, or not at all."""
    kind = stream.get("/Filter", None)
    encoded: bytes = stream.encoded_data
    if kind is None:
        content = encoded
    elif str(kind) == "/FlateDecode" and "/DecodeParms" not in stream:
        content = zlib.decompressobj().decompress(encoded, limit + 1)
    else:
        raise PackUnreadableError("attaches a file in a form that a pack never has")
    if len(content) > limit:
        raise PackUnreadableError("holds more than a pack ever does")
    return content
