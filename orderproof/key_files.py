"""Files of secret keys: readable by their owner alone, else they are refused."""

import fcntl
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive.durable import sync_folder
from orderproof.errors import CANNOT_TELL, CommandError


def shared(file: Path) -> str | None:
    """Say what is wrong if others than its owner may read or write a file; None if nothing is."""
    if file.stat().st_mode & 0o077:
        return f"key file {file} can be read by others than its owner. Run: chmod 600 {file}"
    return None


def not_by_kms(file: Path) -> str:
    """Say that KMS is named, and a key is in a file."""
    return (
        f"ORDERPROOF_KMS_KEY_ID is set, and this data folder keeps its key in {file}: which of "
        "the two was decided by `orderproof init`. Unset it."
    )


def write_secret(file: Path, content: bytes, workshop: Path | None = None) -> None:
    """Write a file that only its owner reads, unless it exists.

    It appears whole or not at all, and is on the disk when this returns.

    Args:
        file: to be written.
        content: of the file.
        workshop: folder in which it is put together, on the same file system; else its own.
    """
    if file.exists():
        return
    # One name for everybody: what a kill leaves behind is overwritten by the next try.
    temporary = (workshop or file.parent) / f".{file.name}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if file.exists():
            temporary.unlink(missing_ok=True)
            return  # somebody else was first; theirs counts
        os.fchmod(handle.fileno(), 0o600)
        handle.truncate()
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
        temporary.rename(file)
    sync_folder(file.parent)


def content(file: Path) -> bytes:
    """Return the bytes of a key file.

    Raises:
        CommandError: it is missing or can be read by others.
    """
    try:
        found = file.read_bytes()
        if wrong := shared(file):
            raise CommandError(wrong, CANNOT_TELL)
        return found
    except FileNotFoundError:
        raise CommandError(
            f"key file {file} is missing. Restore it from its backup.", CANNOT_TELL
        ) from None
    except PermissionError:
        raise CommandError(f"key file {file} cannot be read", CANNOT_TELL) from None


def damaged(file: Path) -> CommandError:
    """Return the error that says a key file is damaged."""
    return CommandError(f"key file {file} is damaged. Restore it from its backup.", CANNOT_TELL)


def pem(key: Ed25519PrivateKey | MLDSA44PrivateKey | EllipticCurvePrivateKey) -> bytes:
    """Return a private key as the content of its file."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def parse_pem(file: Path, data: bytes) -> PrivateKeyTypes:
    """Read a private key.

    Raises:
        CommandError: it is none; the message names the file that it is from.
    """
    try:
        return load_pem_private_key(data, password=None)
    except ValueError:
        raise damaged(file) from None
