"""The key files of a data folder, each readable by its owner alone.

| file | what it is | what is lost with it |
|---|---|---|
| `log-ed25519.pem`, `log-mldsa44.pem` | sign checkpoints | nothing old |
| `tag.key` | keys the tags of leaf entries | auditors cannot match tags to order numbers |
| `personal-data.key` or `….kms.json` | wraps the streams' keys | all personal data, for good |

A key is read when it is first needed, so that what needs none goes on without it.
"""

import fcntl
import os
from functools import cached_property
from pathlib import Path

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
from archive.signing import Signer
from eventstore.errors import KeyMissingError
from orderproof import key_encryption, key_files
from orderproof.errors import CANNOT_TELL, CommandError

_LOG_KEY = "log-ed25519.pem"
_LOG_ML_DSA_KEY = "log-mldsa44.pem"
_TAG_KEY = "tag.key"
_KEY_BYTES = 32


class Keys:
    """The secrets of an installation.

    Args:
        folder: of the key files.
        kms_key_id: see `key_encryption.read`.
    """

    def __init__(self, folder: Path, kms_key_id: str | None = None) -> None:
        self._folder = folder
        self._kms_key_id = kms_key_id
        self._personal_data: bytes | KeyMissingError | None = None

    def __repr__(self) -> str:
        return "Keys(…)"

    def log(self, origin: str, *, following: bool = False) -> Signer:
        """Return the keys that sign checkpoints.

        Args:
            origin: name of the log.
            following: those that a keyring still has to name, instead.

        Raises:
            CommandError: one is missing or not a key.
        """
        first = self._file(_LOG_KEY, following=following)
        second = self._file(_LOG_ML_DSA_KEY, following=following)
        key, other = private_key(first), private_key(second)
        if not isinstance(key, Ed25519PrivateKey):
            raise CommandError(f"{first} is not an Ed25519 key", CANNOT_TELL)
        if not isinstance(other, MLDSA44PrivateKey):
            raise CommandError(f"{second} is not an ML-DSA-44 key", CANNOT_TELL)
        return Signer(origin, key, other)

    def make_following(self) -> None:
        """Make the next keys of the log, unless they are made already."""
        write_secret(self._following(_LOG_KEY), pem(Ed25519PrivateKey.generate()))
        write_secret(self._following(_LOG_ML_DSA_KEY), pem(MLDSA44PrivateKey.generate()))

    def has_following(self) -> bool:
        """Tell whether next keys were made that did not take their place yet."""
        return any(self._following(name).exists() for name in (_LOG_KEY, _LOG_ML_DSA_KEY))

    def take_following(self) -> None:
        """Put the next keys in the place of the old ones, which are gone then."""
        for name in (_LOG_KEY, _LOG_ML_DSA_KEY):
            if self._following(name).exists():
                self._following(name).replace(self._folder / name)
        sync_folder(self._folder)

    def _following(self, name: str) -> Path:
        return self._folder / f"{name}.next"

    def _file(self, name: str, *, following: bool) -> Path:
        # A kill while the next keys took their place leaves only one of them to be moved.
        waiting = self._following(name)
        return waiting if following and waiting.exists() else self._folder / name

    @cached_property
    def tag(self) -> bytes:
        """The 32 bytes that key the tags of leaf entries.

        Raises:
            CommandError: it is missing or not a key.
        """
        try:
            key = bytes.fromhex(_content(self._folder / _TAG_KEY).decode("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise _damaged(self._folder / _TAG_KEY)
        return key

    @property
    def personal_data(self) -> bytes:
        """The key-encryption key, 32 bytes. KMS is asked once, whatever it answers.

        Raises:
            KeyMissingError: it is missing or damaged, or KMS does not give it.
        """
        if self._personal_data is None:
            try:
                self._personal_data = key_encryption.read(self._folder, self._kms_key_id)
            except KeyMissingError as error:
                self._personal_data = error
        if isinstance(self._personal_data, KeyMissingError):
            raise self._personal_data
        return self._personal_data

    def check(self) -> None:
        """Check that all of them are there; asks KMS nothing.

        Raises:
            CommandError: one is missing or not a key.
        """
        _ = self.log(""), self.tag
        key_encryption.check(self._folder, self._kms_key_id)


def make(folder: Path, kms_key_id: str | None = None) -> None:
    """Make the key files that are missing. An existing key is never replaced.

    Raises:
        CommandError: KMS should make one, and refuses or does not answer.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    sync_folder(folder.parent)
    write_secret(folder / _LOG_KEY, pem(Ed25519PrivateKey.generate()))
    write_secret(folder / _LOG_ML_DSA_KEY, pem(MLDSA44PrivateKey.generate()))
    write_secret(folder / _TAG_KEY, os.urandom(_KEY_BYTES).hex().encode() + b"\n")
    if not (folder / key_encryption.FILE).exists() and not key_encryption.is_kept_by_kms(folder):
        name, content = key_encryption.new_key(kms_key_id)
        write_secret(folder / name, content)


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


def pem(key: Ed25519PrivateKey | MLDSA44PrivateKey) -> bytes:
    """Return a private key as the content of its file."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_key(file: Path) -> PrivateKeyTypes:
    """Read a private key's file.

    Raises:
        CommandError: it is missing, can be read by others, or is no key.
    """
    try:
        return load_pem_private_key(_content(file), password=None)
    except ValueError:
        raise _damaged(file) from None


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
        if wrong := key_files.shared(file):
            raise CommandError(wrong, CANNOT_TELL)
        return content
    except FileNotFoundError:
        raise CommandError(
            f"key file {file} is missing. Restore it from its backup.", CANNOT_TELL
        ) from None
    except PermissionError:
        raise CommandError(f"key file {file} cannot be read", CANNOT_TELL) from None


def _damaged(file: Path) -> CommandError:
    return CommandError(f"key file {file} is damaged. Restore it from its backup.", CANNOT_TELL)
