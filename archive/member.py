"""The one gzip form of the archive: a fixed header, one member, nothing behind it.

Source: RFC 1952 (gzip), RFC 1951 (deflate).
"""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from archive.errors import MemberError, TooLargeError

HEADER = bytes.fromhex("1f8b08000000000000ff")
"""Deflate, no flags, no time, no extra flags, unknown system: nothing that differs by machine."""

LEVEL = 6
_CHUNK = 1 << 18


def compress(data: bytes) -> bytes:
    """Return `data` as one gzip member."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(data) + deflate.flush()
    size = len(data) & 0xFFFFFFFF
    return HEADER + body + zlib.crc32(data).to_bytes(4, "little") + size.to_bytes(4, "little")


def compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one gzip member, as `compress` of the joined pieces."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum = length = 0
    yield HEADER
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
        length += len(piece)
        if some := deflate.compress(piece):
            yield some
    yield deflate.flush()
    yield checksum.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little")


def decompress(data: bytes, limit: int) -> bytes:
    """Return what one gzip member holds, at most `limit` bytes.

    Raises:
        MemberError: header, data, checksum, length or end are not as `compress` writes them.
        TooLargeError: the content is longer than `limit`.
    """
    return _at_once(data, limit) or b"".join(chunks(io.BytesIO(data), limit))


def _at_once(data: bytes, limit: int) -> bytes:
    """Return what a small and sound member holds; nothing if it is not that."""
    if not data.startswith(HEADER):
        return b""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflate.decompress(memoryview(data)[len(HEADER) :], min(_CHUNK, limit))
    except zlib.error:
        return b""
    trailer = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return text if inflate.eof and inflate.unused_data == trailer else b""


def decompress_any(data: bytes, limit: int) -> bytes:
    """Return what a gzip file of any form holds, to say more of a file that is not ours.

    Raises:
        MemberError: it is no gzip file.
        TooLargeError: the content is longer than `limit`.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            text = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise MemberError("is no gzip file") from error
    if len(text) > limit:
        raise TooLargeError(f"holds more than {limit} bytes")
    return text


def chunks(file: BinaryIO, limit: int) -> Iterator[bytes]:
    """Read a gzip member piece by piece, as `decompress`, with little memory.

    What was yielded is only known to be whole when the iterator ends without an error.
    """
    if file.read(len(HEADER)) != HEADER:
        raise MemberError("does not start as a gzip member of this archive")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    checksum = 0
    total = 0
    pending = b""
    piece = b""
    while not inflate.eof:
        # A full piece may have more behind it that is already read, so nothing is read then.
        if not pending and len(piece) < _CHUNK:
            pending = file.read(_CHUNK)
            if not pending:
                raise MemberError("ends in the middle of the compressed data")
        try:
            piece = inflate.decompress(pending, _CHUNK)
        except zlib.error as error:
            raise MemberError("holds damaged compressed data") from error
        pending = inflate.unconsumed_tail
        total += len(piece)
        if total > limit:
            raise TooLargeError(f"holds more than {limit} bytes")
        checksum = zlib.crc32(piece, checksum)
        if piece:
            yield piece
    trailer = inflate.unused_data
    trailer += file.read(9 - len(trailer)) if len(trailer) < 9 else b""
    if len(trailer) < 8:
        raise MemberError("ends before its checksum and length")
    if len(trailer) > 8:
        raise MemberError("goes on behind the end of its one member")
    expected = checksum.to_bytes(4, "little") + (total & 0xFFFFFFFF).to_bytes(4, "little")
    if trailer != expected:
        raise MemberError("its checksum or length does not fit its content")
