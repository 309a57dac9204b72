"""Entries of the log: one ASCII line an event, which its leaf hashes."""

import hashlib
import hmac
import re
from dataclasses import dataclass

from archive.errors import FormatError

_ENTRY = re.compile(rb"orderproof/1 ([0-9a-f]{32}) ([1-9][0-9]{0,17}) ([0-9a-f]{64})\n")

_TAG_AND_VERSION = re.compile(rb"orderproof/1 ([0-9a-f]{32}) ([1-9][0-9]{0,17}) [0-9a-f]{64}\n")
_WITHOUT_VERSION = 112


@dataclass(frozen=True)
class Entry:
    """What the log says about one event.

    Args:
        tag: 32 hex digits that stand for the stream's name.
        version: number of the event in its stream, from 1.
        digest: SHA-256 of the event's line.
    """

    tag: str
    version: int
    digest: bytes


def encode(tag: str, version: int, digest: bytes) -> bytes:
    """Return the entry's bytes, with its newline."""
    return write(tag, version, digest.hex())


def write(tag: str, version: int, digest: str) -> bytes:
    """Return the entry's bytes, from a digest in hex."""
    return f"orderproof/1 {tag} {version} {digest}\n".encode()


def parse(data: bytes) -> Entry:
    """Read an entry.

    Raises:
        FormatError: the bytes are not an entry.
    """
    match = _ENTRY.fullmatch(data)
    if match is None:
        raise FormatError("not an entry of the log")
    return Entry(match[1].decode(), int(match[2]), bytes.fromhex(match[3].decode()))


def parse_all(entries: list[bytes]) -> list[tuple[bytes, bytes]] | None:
    """Return tag and version of every entry, quicker than one by one; None if one is none."""
    joined = b"".join(entries)
    found = _TAG_AND_VERSION.findall(joined)
    # As many as there are, with nothing between them, and each entry ends where one of them does.
    length = len(found) * _WITHOUT_VERSION + sum(len(version) for _, version in found)
    whole = len(found) == len(entries) == joined.count(b"\n") and length == len(joined)
    return found if whole and all(each.endswith(b"\n") for each in entries) else None


def tag(key: bytes, stream: str) -> str:
    """Return the stream's tag: the first 16 bytes, hex, of HMAC-SHA-256 of its name.

    The key makes the tag useless for guessing order numbers.
    """
    return hmac.new(key, stream.encode(), hashlib.sha256).digest()[:16].hex()
