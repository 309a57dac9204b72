"""RSA signatures with SHA-256 (PKCS #1 v1.5), by public keys that were configured.

A key is a PEM text, of a public key or of a certificate, or the bare base64 of a public key as
Alipay's console shows it. Nothing is fetched.
"""

import base64
import binascii
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sources.format import SignatureError


def require_signed(content: bytes, stated: str, keys: Sequence[str]) -> None:
    """Require that one of the keys made a signature.

    Args:
        content: what was signed.
        stated: the signature, base64.
        keys: of which any may have signed; texts that are no RSA keys are passed over.
    """
    try:
        given = base64.b64decode(stated, validate=True)
    except ValueError as error:
        raise SignatureError("signature-form", "the signature is no base64") from error
    for key in filter(None, map(_public_key, keys)):
        try:
            key.verify(given, content, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            continue
        return
    raise SignatureError("signature-wrong", "the signature is not made with a key that we know")


def _public_key(text: str) -> RSAPublicKey | None:
    key: object
    try:
        if "-----BEGIN CERTIFICATE" in text:
            key = x509.load_pem_x509_certificate(text.encode()).public_key()
        elif "-----BEGIN" in text:
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        return None
    return key if isinstance(key, RSAPublicKey) else None
