"""Lemon Squeezy: orders that were paid and paid back, and payments of subscriptions."""

import hashlib
import hmac
from collections.abc import Sequence

from sources import signing
from sources.format import Format, Headers
from sources.lemonsqueezy.messages import kind_of, translate


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:  # noqa: ARG001
    """Check `X-Signature`, HMAC-SHA256 of the body in hexadecimal; see `Format.check`.

    No time is signed: a repeat has the same id.
    Source: https://docs.lemonsqueezy.com/help/webhooks/signing-requests.
    """
    given = signing.header(headers, "X-Signature")
    expected = [
        hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode() for secret in secrets
    ]
    signing.require_one([given.encode(errors="replace")], expected)


FORMAT = Format(
    name="lemonsqueezy",
    title="Lemon Squeezy",
    kind_of=kind_of,
    translate=translate,
    check=check,
)
