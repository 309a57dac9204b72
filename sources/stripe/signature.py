"""The signature of Stripe's webhooks.

Source: https://docs.stripe.com/webhooks#verify-manually: the header holds the time and one or more
signatures, HMAC-SHA256 in hexadecimal over `time.body`; schemes other than `v1` do not count.
"""

import hashlib
import hmac
from collections.abc import Sequence

from sources import signing
from sources.format import Headers, SignatureError

HEADER = "Stripe-Signature"


def check(body: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:
    """Check that one of the secrets signed a webhook, not long ago.

    Raises:
        SignatureError: it did not.
    """
    stated = signing.header(headers, HEADER)
    parts = [part.strip().partition("=") for part in stated.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value.encode() for name, _, value in parts if name == "v1" and value]
    if len(times) != 1 or not given:
        raise SignatureError("signature-form", f"the header {HEADER} has not one t and a v1")
    signed = times[0].encode() + b"." + body
    expected = [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets
    ]
    signing.require_one(given, expected)
    signing.require_recent(times[0], now)
