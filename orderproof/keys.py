"""The key files of a data folder, each readable by its owner alone.

| file | what it is | what is lost with it |
|---|---|---|
| `log-ed25519`, `log-mldsa44`, each `.pem` or `.kms.json` | sign checkpoints | nothing old |
| `evidence-key`, `.pem` or `.kms.json`: see `evidence_key` | signs evidence packs | nothing old |
| `tag.key` | keys the tags of leaf entries | auditors cannot match tags to order numbers |
| `personal-data`, `.key` or `.kms.json` | wraps the streams' keys | all personal data, for good |

A key is read when it is first needed, so that what needs none goes on without it.
"""

import os
from functools import cached_property
from pathlib import Path

from archive.durable import sync_folder
from archive.signing import Signer
from eventstore.errors import KeyMissingError
from orderproof import key_encryption, key_files
from orderproof.key_files import write_secret
from orderproof.log_keys import LogKeys

_TAG_KEY = "tag.key"
_KEY_BYTES = 32


class Keys:
    """The secrets of an installation.

    Args:
        folder: of the key files.
        kms_key_id: see `key_encryption.read`.

    Attributes:
        of_log: the keys that sign checkpoints, and those that will sign next.
    """

    def __init__(self, folder: Path, kms_key_id: str | None = None) -> None:
        self._folder = folder
        self._kms_key_id = kms_key_id
        self._personal_data: bytes | KeyMissingError | None = None
        self.of_log = LogKeys(folder, kms_key_id)

    def __repr__(self) -> str:
        return "Keys(…)"

    def log(self, origin: str) -> Signer:
        """Return the keys that sign checkpoints of a log; errors as `LogKeys.signer`."""
        return self.of_log.signer(origin)

    @cached_property
    def tag(self) -> bytes:
        """The 32 bytes that key the tags of leaf entries.

        Raises:
            CommandError: it is missing or not a key.
        """
        try:
            content = key_files.content(self._folder / _TAG_KEY)
            key = bytes.fromhex(content.decode("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise key_files.damaged(self._folder / _TAG_KEY)
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
        self.of_log.check()
        _ = self.tag
        key_encryption.check(self._folder, self._kms_key_id)


def make(folder: Path, kms_key_id: str | None = None) -> Keys:
    """Make the key files that are missing. An existing key is never replaced.

    Returns:
        The keys; those of the log, made now, are in memory.

    Raises:
        CommandError: KMS should make or encrypt one, and refuses or does not answer.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    sync_folder(folder.parent)
    if not (folder / key_encryption.FILE).exists() and not key_encryption.is_kept_by_kms(folder):
        name, content = key_encryption.new_key(kms_key_id)
        write_secret(folder / name, content)
    write_secret(folder / _TAG_KEY, os.urandom(_KEY_BYTES).hex().encode() + b"\n")
    keys = Keys(folder, kms_key_id)
    keys.of_log.make()
    return keys
