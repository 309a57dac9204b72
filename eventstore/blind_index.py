"""The key of the blind indexes, by which orders of a person are found.

Source: HKDF (RFC 5869).
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive_key(key_encryption_key: bytes) -> bytes:
    """Return the 32 bytes that key the digests; who has it can try values, and open nothing."""
    info = b"orderproof/1 blind index"
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key_encryption_key)
