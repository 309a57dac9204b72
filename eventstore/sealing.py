"""Sealing of personal data inside an event.

Each stream has a random key per purpose. Each event has keys of its own, derived from it, so that
destroying the one key makes all of them unreadable, everywhere, and every hash still verifies.

Sources: AES-256-GCM (NIST SP 800-38D), HKDF (RFC 5869), AES key wrap (RFC 3394).
"""

import base64
import hashlib
import hmac
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from domain import canonical
from eventstore.errors import KeyMissingError

_KEY_BYTES = 32
_NONCE_BYTES = 12


def new_wrapped_key(key_encryption_key: bytes) -> bytes:
    """Make a random stream key and return it wrapped, the only form in which it is stored."""
    return aes_key_wrap(key_encryption_key, os.urandom(_KEY_BYTES))


def wrap_key(key_encryption_key: bytes, key: bytes) -> bytes:
    """Wrap a stream key that came in the clear."""
    return aes_key_wrap(key_encryption_key, key)


def unwrap_key(key_encryption_key: bytes, wrapped: bytes) -> bytes:
    """Return a stream key.

    Raises:
        KeyMissingError: it was wrapped by another key-encryption key.
    """
    try:
        return aes_key_unwrap(key_encryption_key, wrapped)
    except InvalidUnwrap as error:
        raise KeyMissingError("a stream's key was wrapped by another key-encryption key") from error


def seal(
    key: bytes, purpose: str, stream: str, source: str, id: str, values: Any
) -> dict[str, str]:
    """Seal values under the event's own keys.

    The nonce is an HMAC of the plaintext, so the same event seals to the same bytes and a repeat
    can be told from a change. AES-GCM does not commit to its key; the commitment does.
    """
    encryption_key, nonce_key, commitment = _event_keys(key, purpose, source, id)
    plaintext = canonical.encode(values)
    nonce = hmac.digest(nonce_key, plaintext, hashlib.sha256)[:_NONCE_BYTES]
    box = AESGCM(encryption_key).encrypt(nonce, plaintext, stream.encode())
    return {
        "box": base64.b64encode(box).decode(),
        "commitment": commitment.hex(),
        "nonce": base64.b64encode(nonce).decode(),
    }


def unseal(
    key: bytes, purpose: str, stream: str, source: str, id: str, sealed: dict[str, str]
) -> bytes:
    """Return the sealed values as canonical JSON.

    Raises:
        KeyMissingError: the key is not the one that the event commits to.
    """
    encryption_key, _, commitment = _event_keys(key, purpose, source, id)
    try:
        if not hmac.compare_digest(commitment.hex().encode(), sealed["commitment"].encode()):
            raise KeyMissingError("the key is not the one that the event commits to")
        nonce = base64.b64decode(sealed["nonce"], validate=True)
        box = base64.b64decode(sealed["box"], validate=True)
        return AESGCM(encryption_key).decrypt(nonce, box, stream.encode())
    except (InvalidTag, ValueError, KeyError) as error:
        raise KeyMissingError("the sealed part does not open with the stream's key") from error


def seal_file(key: bytes, purpose: str, stream: str, data: bytes) -> bytes:
    """Seal a file under a key of its own, so that the same file seals to the same bytes."""
    encryption_key, nonce = _file_key(key, purpose, hashlib.sha256(data).digest())
    return AESGCM(encryption_key).encrypt(nonce, data, stream.encode())


def unseal_file(key: bytes, purpose: str, stream: str, digest: bytes, sealed: bytes) -> bytes:
    """Return a sealed file.

    Args:
        key: the stream's.
        purpose: of the key.
        stream: name of the stream.
        digest: SHA-256 of the file, which its key was derived from.
        sealed: what `seal_file` returned.

    Raises:
        KeyMissingError: it does not open with this key.
    """
    encryption_key, nonce = _file_key(key, purpose, digest)
    try:
        data = AESGCM(encryption_key).decrypt(nonce, sealed, stream.encode())
    except (InvalidTag, ValueError) as error:
        raise KeyMissingError("the attachment does not open with the stream's key") from error
    # AES-GCM does not commit to its key; the digest does.
    if hashlib.sha256(data).digest() != digest:
        raise KeyMissingError("the attachment opens to another file than was attached")
    return data


def _file_key(key: bytes, purpose: str, digest: bytes) -> tuple[bytes, bytes]:
    info = b"\0".join([b"orderproof/1 attachment", purpose.encode(), digest])
    length = _KEY_BYTES + _NONCE_BYTES
    derived = HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(key)
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def _event_keys(key: bytes, purpose: str, source: str, id: str) -> tuple[bytes, bytes, bytes]:
    info = b"\0".join([b"orderproof/1 event", purpose.encode(), source.encode(), id.encode()])
    derived = HKDF(algorithm=SHA256(), length=3 * _KEY_BYTES, salt=None, info=info).derive(key)
    return derived[:32], derived[32:64], derived[64:]
