"""The key-encryption key, which wraps the streams' keys: in a file, or kept encrypted by AWS KMS.

With KMS the data folder holds the key as KMS encrypted it, and each command asks KMS once, at most,
to decrypt it. Everything below, stream keys and sealing, is done here and asks nobody.
"""

import base64
import binascii
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from eventstore.errors import KeyMissingError
from orderproof.errors import CANNOT_TELL, CommandError

FILE = "personal-data.key"
KMS_FILE = "personal-data.kms.json"

KEY_BYTES = 32

# KMS binds the ciphertext to it and writes it into its own audit log, in the clear.
_CONTEXT = {"orderproof": "key-encryption-key"}

# Seconds and tries: who waits for KMS hears within a minute that it does not answer.
_CONNECT, _READ, _TRIES = 5, 10, 3


class KmsUnavailableError(KeyMissingError):
    """AWS KMS does not give the key-encryption key."""


class _Kept(msgspec.Struct):
    """What the file of a KMS key holds: the ARN of the KMS key, and the ciphertext in base64."""

    key_id: str
    ciphertext: str


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
        answer = _ask(
            "make",
            lambda kms: kms.generate_data_key(
                KeyId=kms_key_id, NumberOfBytes=KEY_BYTES, EncryptionContext=_CONTEXT
            ),
        )
    except KmsUnavailableError as error:
        raise CommandError(str(error), CANNOT_TELL) from None
    ciphertext = base64.b64encode(answer["CiphertextBlob"]).decode()
    return KMS_FILE, msgspec.json.encode(_Kept(answer["KeyId"], ciphertext)) + b"\n"


def is_kept_by_kms(folder: Path) -> bool:
    """Tell whether a folder of keys has its key-encryption key from KMS."""
    return (folder / KMS_FILE).exists()


def check(folder: Path, kms_key_id: str | None) -> None:
    """Check that the key, or what KMS decrypts to it, is there; asks KMS nothing.

    Raises:
        CommandError: it is missing or damaged, or KMS is named and the key is in a file.
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
        KeyMissingError: it is missing or damaged, KMS does not give it, or KMS is named and the
            key is in a file.
    """
    if not is_kept_by_kms(folder):
        return _from_file(folder / FILE, kms_key_id)
    kept = _kept(folder)
    answer = _ask(
        "decrypt",
        lambda kms: kms.decrypt(
            KeyId=kms_key_id or kept.key_id,
            CiphertextBlob=base64.b64decode(kept.ciphertext),
            EncryptionContext=_CONTEXT,
        ),
    )
    key: bytes = answer["Plaintext"]
    if len(key) != KEY_BYTES:
        raise KeyMissingError(f"what AWS KMS decrypted is not {KEY_BYTES} bytes")
    return key


def _ask(what: str, question: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    # Imported here: it takes a third of a second, and most installations keep the key in a file.
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    # At its noisiest botocore logs whole answers, and this answer is the key.
    logging.getLogger("botocore").setLevel(logging.INFO)
    config = Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
    )
    try:
        return question(boto3.client("kms", config=config))
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise KmsUnavailableError(
            f"AWS KMS refuses to {what} the key-encryption key ({code}). Look at the KMS key's "
            "state and policy and at this service's credentials, then run the same command again."
        ) from None
    except (BotoCoreError, ValueError) as error:
        raise KmsUnavailableError(
            f"AWS KMS could not be asked to {what} the key-encryption key ({type(error).__name__})."
            " Look at network, region and credentials, then run the same command again."
        ) from None


def _kept(folder: Path) -> _Kept:
    file = folder / KMS_FILE
    try:
        kept = msgspec.json.decode(_content(file), type=_Kept)
        base64.b64decode(kept.ciphertext, validate=True)
    except (msgspec.DecodeError, binascii.Error):
        raise KeyMissingError(f"key file {file} is damaged. Restore it from its backup.") from None
    return kept


def _from_file(file: Path, kms_key_id: str | None) -> bytes:
    content = _content(file)
    if kms_key_id is not None:
        raise KeyMissingError(
            f"ORDERPROOF_KMS_KEY_ID is set, and this data folder keeps its key in {file}: which of "
            "the two was decided by `orderproof init`. Unset it."
        )
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMissingError(f"key file {file} is damaged. Restore it from its backup.")
    return key


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise KeyMissingError(
            f"key file {file} is missing. Restore it from its backup; a new key cannot open what "
            "the old one sealed."
        ) from None
    except PermissionError:
        raise KeyMissingError(f"key file {file} cannot be read") from None
