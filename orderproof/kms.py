"""Keys that AWS KMS keeps encrypted: what their files hold, and what is asked of KMS."""

import base64
import binascii
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from eventstore.errors import KeyMissingError

SUFFIX = ".kms.json"

# Seconds and tries: who waits for KMS hears within a minute that it does not answer.
_CONNECT, _READ, _TRIES = 5, 10, 3


class KmsUnavailableError(KeyMissingError):
    """AWS KMS does not give a key."""


class Kept(msgspec.Struct, frozen=True):
    """What the file of such a key holds: the ARN of the KMS key, and the ciphertext in base64."""

    key_id: str
    ciphertext: str

    def encode(self) -> bytes:
        """Return the content of the file."""
        return msgspec.json.encode(self) + b"\n"


def parse(file: Path, content: bytes) -> Kept:
    """Read the file of such a key; asks KMS nothing.

    Raises:
        KeyMissingError: it is damaged.
    """
    try:
        kept = msgspec.json.decode(content, type=Kept)
        base64.b64decode(kept.ciphertext, validate=True)
    except (msgspec.DecodeError, binascii.Error):
        raise KeyMissingError(f"key file {file} is damaged. Restore it from its backup.") from None
    return kept


def generate(key_id: str, name: str, count: int) -> Kept:
    """Have KMS make a secret of some bytes.

    Args:
        key_id: id, ARN or alias of the KMS key.
        name: of the secret: KMS binds the ciphertext to it and writes it into its own audit log,
            in the clear.
        count: of bytes.

    Raises:
        KmsUnavailableError: KMS refuses or does not answer.
    """
    answer = ask(
        "make",
        name,
        lambda kms: kms.generate_data_key(
            KeyId=key_id, NumberOfBytes=count, EncryptionContext=_context(name)
        ),
    )
    return _kept(answer)


def encrypt(key_id: str, name: str, secret: bytes) -> Kept:
    """Have KMS encrypt a secret of at most 4,096 bytes; arguments and errors as `generate`."""
    answer = ask(
        "encrypt",
        name,
        lambda kms: kms.encrypt(KeyId=key_id, Plaintext=secret, EncryptionContext=_context(name)),
    )
    return _kept(answer)


def decrypt(kept: Kept, name: str, key_id: str | None) -> bytes:
    """Have KMS decrypt a secret.

    Args:
        kept: its file.
        name: of the secret, as when it was encrypted.
        key_id: the KMS key to name in the question; None names the one that encrypted it.

    Raises:
        KmsUnavailableError: KMS refuses or does not answer.
    """
    answer = ask(
        "decrypt",
        name,
        lambda kms: kms.decrypt(
            KeyId=key_id or kept.key_id,
            CiphertextBlob=base64.b64decode(kept.ciphertext),
            EncryptionContext=_context(name),
        ),
    )
    secret: bytes = answer["Plaintext"]
    return secret


def ask(what: str, name: str, question: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Ask KMS one thing.

    Args:
        what: shall be done, a verb for messages.
        name: of the secret.
        question: calls the client.

    Raises:
        KmsUnavailableError: KMS refuses or does not answer.
    """
    # Imported here: it takes a third of a second, and most installations keep keys in files.
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
            f"AWS KMS refuses to {what} the {name} ({code}). Look at the KMS key's "
            "state and policy and at this service's credentials, then run the same command again."
        ) from None
    except (BotoCoreError, ValueError) as error:
        raise KmsUnavailableError(
            f"AWS KMS could not be asked to {what} the {name} ({type(error).__name__})."
            " Look at network, region and credentials, then run the same command again."
        ) from None


def _kept(answer: dict[str, Any]) -> Kept:
    return Kept(answer["KeyId"], base64.b64encode(answer["CiphertextBlob"]).decode())


def _context(name: str) -> dict[str, str]:
    return {"orderproof": name.replace(" ", "-")}
