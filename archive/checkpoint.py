"""Checkpoints: what the log's key signs about the log at one size.

Source: https://c2sp.org/tlog-checkpoint
"""

import re
from dataclasses import dataclass

from archive import strict_base64
from archive.errors import FormatError

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Checkpoint:
    """The first `size` entries of the log named `origin` hash to `root`.

    Args:
        origin: schema-less URL of the log, also the name of its signing key.
        size: number of entries, counted from the first event ever recorded.
        root: RFC 6962 tree head, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{strict_base64.encode(self.root)}\n"


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint: exactly origin, size and root.

    C2SP allows extension lines; this archive has none, so a further line is refused.

    Raises:
        FormatError: the text is not such a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "" or not lines[0]:
        raise FormatError("a checkpoint is three lines: origin, size, root")
    origin, size, encoded = lines[:3]
    if not _SIZE.fullmatch(size):
        raise FormatError("the checkpoint's size is not a decimal number")
    root = strict_base64.decode(encoded)
    if len(root) != 32:
        raise FormatError("the checkpoint's root is not 32 bytes")
    return Checkpoint(origin, int(size), root)
