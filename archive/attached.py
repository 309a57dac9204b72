"""What event lines say about attachments: sealed files, kept under the digest of their bytes."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archive import line
from archive.errors import FormatError
from archive.line import EventLine

_SOURCE = "orderproof"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_QUICK = b'"type":"%b"' % line.ATTACHED.encode()


class Note(NamedTuple):
    """What an event says about a sealed file.

    Args:
        sha256: SHA-256, hex, of the sealed bytes.
        size: how many there are.
    """

    sha256: str
    size: int


def note_of(event: EventLine) -> Note | None:
    """Return what an event says that attached a file; None for any other, and a digest alone."""
    if event.type != line.ATTACHED or event.source != _SOURCE:
        return None
    digest, size = event.data.get("sealed_sha256"), event.data.get("sealed_size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        return None
    if type(size) is not int or not 0 < size < 1 << 63:
        return None
    return Note(digest, size)


def named_in(lines: Iterable[bytes]) -> Iterator[Note]:
    """Yield what lines say about sealed files."""
    for text in lines:
        if _QUICK in text:
            try:
                found = note_of(line.read(text))
            except FormatError:
                continue  # a verification names it
            if found is not None:
                yield found
