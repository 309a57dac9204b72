"""The key-encryption key, which wraps the streams' keys: in a file, or kept encrypted by AWS KMS.

With KMS the data folder holds the key as KMS encrypted it, and each command asks KMS once, at most,
to decrypt it. Everything below, stream keys and sealing, is done here and asks nobody.
"""

import os
from pathlib import Path

from eventstore.errors import KeyMissingError
from orderproof import key_files, kms
from orderproof.errors import CANNOT_TELL, CommandError

FILE = "personal-data.key"
KMS_FILE = f"personal-data{kms.SUFFIX}"

KEY_BYTES = 32

_NAME = "key-encryption key"


def new_key(kms_key_id: str | None) -> tuple[str, bytes]:
    """Make a key and return the name and the content of the file that keeps it.

    Args:
        kms_key_id: id, ARN or alias of the KMS key; None keeps the key itself in the file.

    Raises:
        CommandError: KMS refuses or does not answer.
    """
    if kms_key_id is None:
        return FILE, os.urandom(KEY_BYTES).hex().encode() + b"\n"
    try:
        return KMS_FILE, kms.generate(kms_key_id, _NAME, KEY_BYTES).encode()
    except kms.KmsUnavailableError as error:
        raise CommandError(str(error), CANNOT_TELL) from None


def is_kept_by_kms(folder: Path) -> bool:
    """Tell whether a folder of keys has its key-encryption key from KMS."""
    return (folder / KMS_FILE).exists()


def check(folder: Path, kms_key_id: str | None) -> None:
    """Check that the key, or what KMS decrypts to it, is there; asks KMS nothing.

    Raises:
        CommandError: it is missing, damaged or open to others, or KMS is named and the key is in
            a file.
    """
    try:
        if is_kept_by_kms(folder):
            _kept(folder)
        else:
            _from_file(folder / FILE, kms_key_id)
    except KeyMissingError as error:
        raise CommandError(str(error), CANNOT_TELL) from None


def read(folder: Path, kms_key_id: str | None) -> bytes:
    """Return the key-encryption key, 32 bytes.

    Args:
        folder: of the keys.
        kms_key_id: the KMS key to name in the question; None names the one that made it.

    Raises:
        KeyMissingError: it is missing, damaged or open to others, KMS does not give it, or KMS is
            named and the key is in a file.
    """
    if not is_kept_by_kms(folder):
        return _from_file(folder / FILE, kms_key_id)
    key = kms.decrypt(_kept(folder), _NAME, kms_key_id)
    if len(key) != KEY_BYTES:
        raise KeyMissingError(f"what AWS KMS decrypted is not {KEY_BYTES} bytes")
    return key


def _kept(folder: Path) -> kms.Kept:
    file = folder / KMS_FILE
    return kms.parse(file, _content(file))


def _from_file(file: Path, kms_key_id: str | None) -> bytes:
    content = _content(file)
    if kms_key_id is not None:
        raise KeyMissingError(key_files.not_by_kms(file))
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMissingError(f"key file {file} is damaged. Restore it from its backup.")
    return key


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
        if wrong := key_files.shared(file):
            raise KeyMissingError(wrong)
        return content
    except FileNotFoundError:
        raise KeyMissingError(
            f"key file {file} is missing. Restore it from its backup; a new key cannot open what "
            "the old one sealed."
        ) from None
    except PermissionError:
        raise KeyMissingError(f"key file {file} cannot be read") from None
