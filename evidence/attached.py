"""The files of a pack: what is attached to the PDF and lies in the ZIP."""

import hashlib

import msgspec

CLAIM = "claim.json"
CONTENTS = "contents.json"
README = "README.txt"
UNSEALED = "unsealed.jsonl"
CERTIFICATE = "evidence.pem"


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
