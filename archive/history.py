"""A history: one revision of one stream as text, with the proof that the log holds it.

Proof: https://c2sp.org/tlog-proof, without the optional extra line.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import cast

from archive import canonical, strict_base64
from archive.errors import FormatError
from archive.layout import ORDER_STREAM, SYSTEM_STREAM

FORMAT = 1
"""Number of the archive's format, in every header."""

_MAGIC = b"c2sp.org/tlog-proof@v1"
_INDEX = re.compile(rb"index (0|[1-9][0-9]{0,17})")
_TAG = re.compile(r"[0-9a-f]{32}")
_COMMON = {"events", "first_version", "orderproof", "origin", "positions", "revision", "tag"}
_MAX_PATH = 64

Header = dict[str, object]


@dataclass(frozen=True)
class Proof:
    """Where the seal stands in the log.

    Args:
        index: leaf index of the seal, its position minus one.
        path: inclusion proof, sibling of the leaf first.
        checkpoint: bytes of the signed note that the path leads to.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True)
class History:
    """What a history's file says: header, event lines without newlines, proof of the seal."""

    header: Header
    lines: list[bytes]
    proof: Proof


def make_header(
    *,
    stream: str,
    tag: str,
    origin: str,
    revision: int,
    first_version: int,
    positions: Sequence[int],
) -> Header:
    """Return the header of a history whose lines stand at these positions of the log."""
    header: Header = {
        "events": first_version + len(positions) - 1,
        "first_version": first_version,
        "orderproof": FORMAT,
        "origin": origin,
        "positions": [positions[0], *(b - a for a, b in pairwise(positions))],
        "revision": revision,
        "tag": tag,
    }
    if stream.startswith(SYSTEM_STREAM):
        return header | {"system": stream[len(SYSTEM_STREAM) :]}
    shop, _, number = stream[len(ORDER_STREAM) :].partition("/")
    return header | {"order": number, "shop": shop}


def header_stream(header: Header) -> str:
    """Return the name of the stream that a header is about."""
    if "system" in header:
        return f"{SYSTEM_STREAM}{header['system']}"
    return f"{ORDER_STREAM}{header['shop']}/{header['order']}"


def header_positions(header: Header) -> list[int]:
    """Return the position of every line, from a header's first position and differences."""
    return list(accumulate(cast("list[int]", header["positions"])))


def encode(history: History) -> bytes:
    """Return the text of a history."""
    text = encode_open(history.header, history.lines, history.proof.index, history.proof.path)
    return text + history.proof.checkpoint


def encode_open(header: Header, lines: Sequence[bytes], index: int, path: Sequence[bytes]) -> bytes:
    """Return the text of a history up to the checkpoint, which only has to be put behind it."""
    proof = encode_proof(Proof(index, tuple(path), b""))
    return b"\n".join([canonical.encode(header), *lines, b"", proof])


def encode_proof(proof: Proof) -> bytes:
    """Return a proof as a standard `tlog-proof`."""
    parts = [_MAGIC, b"index %d" % proof.index]
    parts += [base64.b64encode(step) for step in proof.path]
    return b"\n".join([*parts, b"", proof.checkpoint])


def parse(text: bytes) -> History:
    """Read the text of a history. What does not encode back to the same bytes is refused.

    Raises:
        FormatError: the text is not a history; the lines themselves are not looked into.
    """
    head, empty, tail = text.partition(b"\n\n")
    if not empty:
        raise FormatError("has no empty line between its events and its proof")
    first, *lines = head.split(b"\n")
    header = read_header(first)
    if len(lines) != len(cast("list[int]", header["positions"])):
        raise FormatError("holds another number of lines than its header says")
    return History(header, lines, parse_proof(tail))


def read_header(line: bytes) -> Header:
    """Read a history's first line: canonical JSON with exactly the header's keys.

    Raises:
        FormatError: the line is not a header.
    """
    header = canonical.decode(line)
    if not isinstance(header, dict):
        raise FormatError("the header is not an object")
    if set(header) not in (_COMMON | {"order", "shop"}, _COMMON | {"system"}):
        raise FormatError("the header's keys are not those of a history")
    for name in ("origin", "tag", "order", "shop", "system"):
        if not isinstance(header.get(name, ""), str):
            raise FormatError(f"the header's {name} is not text")
    for name in ("events", "first_version", "orderproof", "revision"):
        if type(header[name]) is not int or header[name] < 1:
            raise FormatError(f"the header's {name} is not a number from 1")
    if header["orderproof"] != FORMAT:
        raise FormatError("the header names a format that this version does not know")
    if not _TAG.fullmatch(header["tag"]):
        raise FormatError("the header's tag is not 32 hex digits")
    if "/" in header.get("shop", ""):
        raise FormatError("the header's shop holds a slash")
    positions = header["positions"]
    if not isinstance(positions, list) or not positions:
        raise FormatError("the header names no positions")
    # Types first, as a set: there are very many positions, and true is 1.
    if set(map(type, positions)) != {int} or not 0 < min(positions) <= max(positions) < 10**18:
        raise FormatError("the header's positions do not rise")
    if header["events"] != header["first_version"] + len(positions) - 1:
        raise FormatError("the header's events, first_version and positions disagree")
    return header


def parse_proof(text: bytes) -> Proof:
    """Read a `tlog-proof`, up to the end of its checkpoint.

    Raises:
        FormatError: the text is not one; the checkpoint itself is not looked into.
    """
    head, empty, checkpoint = text.partition(b"\n\n")
    magic, *rest = head.split(b"\n")
    if magic != _MAGIC or not empty or not rest or not checkpoint:
        raise FormatError("has no proof behind its events")
    match = _INDEX.fullmatch(rest[0])
    if match is None or len(rest) > _MAX_PATH:
        raise FormatError("the proof's index or path is not in the form of a tlog-proof")
    path = tuple(_hash(step) for step in rest[1:])
    return Proof(int(match[1]), path, checkpoint)


def _hash(encoded: bytes) -> bytes:
    data = strict_base64.decode_bytes(encoded)
    if len(data) != 32:
        raise FormatError("a step of the proof is not a SHA-256 hash")
    return data
