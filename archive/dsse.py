"""DSSE envelopes: a payload with signatures of several people over it.

Source: https://github.com/secure-systems-lab/dsse, version 1, with Ed25519 keys.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from archive import canonical, strict_base64
from archive.errors import FormatError, SignatureBadError

_FIELDS = {"payload", "payloadType", "signatures"}
_KEY_ID = re.compile(r"[0-9a-f]{64}")
_MAX_SIGNATURES = 200


@dataclass(frozen=True)
class Envelope:
    """A payload and who signed it.

    Args:
        payload: the bytes that are signed.
        payload_type: what they are; it is signed with them.
        signatures: by id of the key.
    """

    payload: bytes
    payload_type: str
    signatures: dict[str, bytes]

    def encode(self) -> bytes:
        """Return the envelope as canonical JSON and a newline, signatures by key id."""
        value = {
            "payload": strict_base64.encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": key_id, "sig": strict_base64.encode(self.signatures[key_id])}
                for key_id in sorted(self.signatures)
            ],
        }
        return canonical.encode(value) + b"\n"

    def signed_by(self, keys: Iterable[bytes]) -> set[str]:
        """Return the ids of those public keys that signed.

        Raises:
            SignatureBadError: a signature that says it is by one of the keys does not verify.
        """
        message = pae(self.payload_type, self.payload)
        found = set()
        for public in keys:
            signature = self.signatures.get(key_id(public))
            if signature is None:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
            except (InvalidSignature, ValueError) as error:
                raise SignatureBadError(
                    f"the signature by the key {key_id(public)[:16]}… does not verify"
                ) from error
            found.add(key_id(public))
        return found

    def signed(self, key: Ed25519PrivateKey) -> "Envelope":
        """Return the envelope with one more signature."""
        signature = key.sign(pae(self.payload_type, self.payload))
        mine = key_id(key.public_key().public_bytes_raw())
        return Envelope(self.payload, self.payload_type, self.signatures | {mine: signature})


def key_id(public: bytes) -> str:
    """Return the id of an Ed25519 key: SHA-256, hex, of its 32 bytes."""
    return hashlib.sha256(public).hexdigest()


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: `DSSEv1`, and type and payload with their lengths."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse(data: bytes, payload_type: str) -> Envelope:
    """Read an envelope strictly; signatures are not verified.

    Args:
        data: canonical JSON and a newline.
        payload_type: what the payload must be.

    Raises:
        FormatError: the bytes are not in the form of `Envelope.encode`.
    """
    if not data.endswith(b"\n"):
        raise FormatError("does not end with a newline")
    value = canonical.decode(data[:-1])
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise FormatError("its fields are not those of a signed envelope")
    payload, found = value["payload"], value["signatures"]
    if value["payloadType"] != payload_type:
        raise FormatError(f"it is not a {payload_type}")
    if not isinstance(payload, str) or not isinstance(found, list):
        raise FormatError("its payload or its signatures have the wrong type")
    if len(found) > _MAX_SIGNATURES:
        raise FormatError("it has too many signatures")
    signatures = dict(map(_signature, found))
    envelope = Envelope(strict_base64.decode(payload), payload_type, signatures)
    if envelope.encode() != data:
        raise FormatError("its signatures are not in the order of their keys, or one is twice")
    return envelope


def _signature(entry: object) -> tuple[str, bytes]:
    if not isinstance(entry, dict) or set(entry) != {"keyid", "sig"}:
        raise FormatError("a signature in it has other fields than keyid and sig")
    key, signature = entry["keyid"], entry["sig"]
    if not isinstance(key, str) or not isinstance(signature, str) or not _KEY_ID.fullmatch(key):
        raise FormatError("a signature in it is not by a key id")
    return key, strict_base64.decode(signature)
