"""The files of a pack: what is attached to the PDF and lies in the ZIP."""

import hashlib
import re

import msgspec

from archive import layout

CLAIM = "claim.json"
CONTENTS = "contents.json"
README = "README.txt"
UNSEALED = "unsealed.jsonl"
CERTIFICATE = "evidence.pem"
CONSISTENCY = "log/consistency.json"
PAGES = "evidence.pdf"
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"

_FIXED = frozenset({CLAIM, CONTENTS, README, UNSEALED, CERTIFICATE, CONSISTENCY, layout.CHECKPOINT})
_PART = re.compile(r"[A-Za-z0-9_%~-][A-Za-z0-9_%~.-]*")
LATER = "attachments"
"""Folder of what is attached to an order: named by its SHA-256, by which events name it, too."""

_LATER = re.compile(rf"{LATER}/[0-9a-f]{{64}}")


class Attached(msgspec.Struct, frozen=True):
    """One file.

    Args:
        path: its name in the ZIP; files of an archive are named as there.
        name: its name as an attachment: without folders, unique in the pack.
        data: its bytes.
        media_type: what it is.
        description: the same for people, one line.
        source: whether the page is made from it, rather than a supplement to it.
    """

    path: str
    name: str
    data: bytes
    media_type: str
    description: str
    source: bool = False

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()


def is_known(path: str) -> bool:
    """Tell whether a path is one that a pack has; no other one is ever written to a disk."""
    if path in _FIXED or _LATER.fullmatch(path):
        return True
    if not all(_PART.fullmatch(part) for part in path.split("/")):
        return False
    if path.startswith("orders/"):
        return layout.parse_history_path(path) is not None
    return bool(
        layout.keyring_number(path) is not None
        or layout.checkpoint_size(path) is not None
        or layout.parse_outside(path)
    )
