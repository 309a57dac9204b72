"""The messages of signatures with a time.

Source: https://c2sp.org/tlog-cosignature
"""

from archive import checkpoint
from archive.errors import FormatError

_LABEL = b"subtree/v1\n\0"
_LATEST = 2**63 - 1


def ed25519_message(text: str, time: int) -> bytes:
    """Return what an Ed25519 cosigner signs.

    Args:
        text: of a checkpoint's note.
        time: seconds since 1970.

    Raises:
        FormatError: it is not a time that can be signed.
    """
    _check(time)
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def ml_dsa_message(text: str, name: str, time: int) -> bytes:
    """Return what an ML-DSA-44 cosigner signs about the whole tree of a checkpoint.

    Args:
        text: of the checkpoint's note.
        name: of the cosigner's key.
        time: seconds since 1970.

    Raises:
        FormatError: the text is no checkpoint, or a name or the time cannot be signed.
    """
    _check(time)
    said = checkpoint.parse(text)
    return b"".join(
        (
            _LABEL,
            _short(name),
            time.to_bytes(8, "big"),
            _short(said.origin),
            bytes(8),
            said.size.to_bytes(8, "big"),
            said.root,
        )
    )


def _check(time: int) -> None:
    if not 0 <= time <= _LATEST:
        raise FormatError("the time of a signature is not one that can be")


def _short(name: str) -> bytes:
    data = name.encode()
    if not 0 < len(data) < 256:
        raise FormatError("a signer's or a log's name has 1 to 255 bytes")
    return bytes([len(data)]) + data
