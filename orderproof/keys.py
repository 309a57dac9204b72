"""The key files of a data folder, each readable by its owner alone.

| file | what it is | what is lost with it |
|---|---|---|
| `log-ed25519.pem` | signs checkpoints | nothing old; new checkpoints need a new origin |
| `tag.key` | keys the tags of leaf entries | auditors cannot match tags to order numbers |
| `personal-data.key` | wraps the streams' keys | all personal data, for good |
"""

import fcntl
import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from orderproof.errors import CANNOT_TELL, CommandError

_LOG_KEY = "log-ed25519.pem"
_TAG_KEY = "tag.key"
_PERSONAL_DATA_KEY = "personal-data.key"
_KEY_BYTES = 32


class Keys(msgspec.Struct, frozen=True):
    """The secrets of an installation, read from its key files.

    Args:
        log: signs checkpoints.
        tag: 32 bytes, keys the tags of leaf entries.
        personal_data: 32 bytes, the key-encryption key.
    """

    log: Ed25519PrivateKey
    tag: bytes
    personal_data: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


def make(folder: Path) -> None:
    """Make the key files that are missing. An existing key is never replaced."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    sync_folder(folder.parent)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    write_secret(folder / _LOG_KEY, pem)
    write_secret(folder / _TAG_KEY, os.urandom(_KEY_BYTES).hex().encode() + b"\n")
    write_secret(folder / _PERSONAL_DATA_KEY, os.urandom(_KEY_BYTES).hex().encode() + b"\n")


def read(folder: Path) -> Keys:
    """Read the key files.

    Raises:
        CommandError: one is missing or not a key.
    """
    try:
        log = load_pem_private_key((folder / _LOG_KEY).read_bytes(), password=None)
        if not isinstance(log, Ed25519PrivateKey):
            raise CommandError(f"{folder / _LOG_KEY} is not an Ed25519 key", CANNOT_TELL)
        return Keys(
            log=log,
            tag=_symmetric(folder / _TAG_KEY),
            personal_data=_symmetric(folder / _PERSONAL_DATA_KEY),
        )
    except FileNotFoundError as error:
        raise CommandError(
            f"key file {error.filename} is missing. Restore it from its backup; a new key cannot "
            "open what the old one sealed.",
            CANNOT_TELL,
        ) from None
    except PermissionError as error:
        raise CommandError(f"key file {error.filename} cannot be read", CANNOT_TELL) from None
    except ValueError:
        raise CommandError(f"a key file in {folder} is damaged", CANNOT_TELL) from None


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


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _symmetric(file: Path) -> bytes:
    key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    if len(key) != _KEY_BYTES:
        raise ValueError("wrong length")
    return key
