"""What the signatures of webhooks have in common: secrets in rotation, and how old one may be."""

import base64
import hmac
from collections.abc import Iterable, Sequence

from sources.format import Headers, SignatureError

TOLERANCE = 300
"""Seconds that a signed time may lie off our clock. Source: Standard Webhooks, and Stripe."""


def header(headers: Headers, name: str) -> str:
    """Return a header that has to be there."""
    value = headers.get(name.lower())
    if not value:
        raise SignatureError("signature-missing", f"the header {name} is missing")
    return value


def require_one(given: Iterable[bytes], expected: Sequence[bytes]) -> None:
    """Require that one of the signatures given is one of those expected, in constant time."""
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if not any(matches):
        raise SignatureError("signature-wrong", "the signature is not made with a secret of ours")


def require_recent(stated: str, now: int) -> None:
    """Require that a signed time, in seconds since 1970, is not far from now."""
    if not stated.isdecimal() or len(stated) > 15:
        raise SignatureError("signature-form", "the signed time is no number of seconds")
    if abs(int(stated) - now) > TOLERANCE:
        raise SignatureError("signature-old", f"signed more than {TOLERANCE} s from now")


def require_base64_hmac(raw: bytes, headers: Headers, name: str, secrets: Sequence[str]) -> None:
    """Require that a header holds the base64 of the body's HMAC-SHA256 with one of the secrets."""
    try:
        given = base64.b64decode(header(headers, name), validate=True)
    except ValueError:
        raise SignatureError("signature-form", f"the header {name} is no base64") from None
    require_one(
        [given], [hmac.digest(secret.encode(), raw, "sha256") for secret in secrets if secret]
    )
