"""Proof that a webhook comes from PayPal.

PayPal signs `<transmission id>|<transmission time>|<webhook id>|<CRC-32 of the body>` with
RSA-SHA256, and names the address of its certificate in a header. Nothing is fetched from there: the
certificate is configured, so the check works offline and no header decides whom to believe.

A secret is `<webhook id>:<certificates>`. The id is the one that PayPal gave this webhook. The
certificates are PEM, one or several: the one that the header PAYPAL-CERT-URL names, and beside it
the next one when PayPal changes it. `\\n` written out counts as a line break, so that a secret fits
on one line. Certificates that are not valid at the time prove nothing.

CRC-32 alone would not protect the body: who has one signed webhook can make another body with its
checksum, as anybody can. What makes that useless is the time, which is signed too.

Source: https://developer.paypal.com/api/rest/webhooks/rest/.
"""

import base64
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from domain.time import read_instant
from sources.format import Headers, SignatureError
from sources.signing import header, require_recent

_SECOND = 1_000_000
_ALGORITHM = "SHA256WITHRSA"


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:
    """Check the signature of a webhook.

    Args:
        raw: the body.
        headers: by their names in lower case.
        secrets: `<webhook id>:<PEM>` each, of which any may be the one.
        now: seconds since 1970.

    Raises:
        SignatureError: a header is missing or garbled, it was sent long ago, or it is not signed
            for one of our webhooks with one of our certificates.
    """
    transmission = header(headers, "paypal-transmission-id")
    sent = header(headers, "paypal-transmission-time")
    given = header(headers, "paypal-transmission-sig")
    if headers.get("paypal-auth-algo", _ALGORITHM).upper() != _ALGORITHM:
        raise SignatureError(
            "signature-form", "the signature is of another kind than SHA256withRSA"
        )
    try:
        signature = base64.b64decode(given, validate=True)
    except ValueError:
        raise SignatureError("signature-form", "the signature is no base64") from None
    if "|" in transmission or "|" in sent:
        raise SignatureError("signature-form", "a header that is signed holds a bar")
    at = read_instant(sent)
    if at is None:
        raise SignatureError("signature-form", "the time of transmission is no RFC 3339 time")
    for secret in secrets:
        webhook, _, certificates = secret.strip().partition(":")
        signed = f"{transmission}|{sent}|{webhook}|{zlib.crc32(raw)}".encode(errors="replace")
        if any(_signed(key, signature, signed) for key in _keys(certificates, now)):
            require_recent(str(max(at // _SECOND, 0)), now)
            return
    raise SignatureError(
        "signature-wrong", "it is not signed for a webhook of ours with a certificate of ours"
    )


def _keys(certificates: str, now: int) -> list[rsa.RSAPublicKey]:
    try:
        found = x509.load_pem_x509_certificates(certificates.replace("\\n", "\n").encode())
    except ValueError:
        return []
    at = datetime.fromtimestamp(now, UTC)
    valid = (each for each in found if each.not_valid_before_utc <= at <= each.not_valid_after_utc)
    keys = (each.public_key() for each in valid)
    return [key for key in keys if isinstance(key, rsa.RSAPublicKey)]


def _signed(key: rsa.RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
