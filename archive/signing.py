"""Signing what the log says about itself at one size."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import checkpoint, cosigned, note
from archive.checkpoint import Checkpoint
from archive.note import COSIGNATURE, ED25519, ML_DSA_44, Signature, VerifierKey


@dataclass(frozen=True)
class Signer:
    """The log's private keys.

    Args:
        origin: name of the log, and of its keys.
        ed25519: signs first; its line is the one that histories hold.
        mldsa: signs second, for the day when the first kind of signature can be forged.
    """

    origin: str
    ed25519: Ed25519PrivateKey
    mldsa: MLDSA44PrivateKey

    def __repr__(self) -> str:
        return f"Signer({self.origin})"

    @property
    def vkeys(self) -> tuple[VerifierKey, VerifierKey]:
        """Return the public keys in the order of their lines."""
        return (
            VerifierKey(self.origin, self.ed25519.public_key().public_bytes_raw(), ED25519),
            VerifierKey(self.origin, self.mldsa.public_key().public_bytes_raw(), ML_DSA_44),
        )

    def sign(self, said: Checkpoint, now: int) -> bytes:
        """Return the signed note of a checkpoint of this log. Every call gives another one.

        Args:
            said: what to sign.
            now: seconds since 1970, which the second line claims.

        Raises:
            FormatError: the checkpoint cannot be signed: its origin is no name of a key.
        """
        text = said.text()
        return note.write(
            text,
            [
                ed25519_signature(text, self.origin, self.ed25519),
                cosignature(text, self.origin, self.mldsa, now),
            ],
        )


def ed25519_signature(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """Return the signature line of a plain Ed25519 key, over the text of a note."""
    key_id = VerifierKey(name, key.public_key().public_bytes_raw(), ED25519).key_id
    return Signature(name, key_id, key.sign(text.encode()))


def cosignature(
    text: str, name: str, key: Ed25519PrivateKey | MLDSA44PrivateKey, now: int
) -> Signature:
    """Return the signature line, with a time, of somebody who vouches for a checkpoint.

    Args:
        text: of the checkpoint's note.
        name: of the key.
        key: private key.
        now: seconds since 1970.

    Raises:
        FormatError: the text is no checkpoint, or the name or the time cannot be signed.
    """
    public = key.public_key().public_bytes_raw()
    if isinstance(key, Ed25519PrivateKey):
        key_type, signature = COSIGNATURE, key.sign(cosigned.ed25519_message(text, now))
    else:
        key_type, signature = ML_DSA_44, key.sign(cosigned.ml_dsa_message(text, name, now))
    key_id = VerifierKey(name, public, key_type).key_id
    return Signature(name, key_id, now.to_bytes(8, "big") + signature)


def open_checkpoint(data: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Verify a checkpoint's note with every one of some keys and return what it says.

    Raises:
        FormatError: the bytes are not a note, or its text is not a checkpoint.
        SignatureMissingError: a key has no signature line.
        SignatureBadError: a line by one of the keys does not verify.
    """
    signed = note.parse(data)
    for key in keys:
        key.verify(signed)
    return checkpoint.parse(signed.text)
