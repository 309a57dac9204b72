"""The signature of Standard Webhooks, for senders that have no scheme of their own.

Source: https://www.standardwebhooks.com, 1.0.0: `webhook-signature` holds one or more signatures,
`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; a secret is base64 behind `whsec_`.
Signatures of other versions do not count.
"""

import base64
import hmac
from collections.abc import Sequence

from sources import signing
from sources.format import Headers, SignatureError

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"

_PREFIX = "whsec_"


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:
    """Check that one of the secrets signed a webhook, not long ago.

    Raises:
        SignatureError: it did not.
    """
    own = signing.header(headers, ID)
    stated = signing.header(headers, TIMESTAMP)
    parts = [part.partition(",") for part in signing.header(headers, SIGNATURE).split(" ")]
    given = [value.encode() for version, _, value in parts if version == "v1" and value]
    if not given:
        raise SignatureError("signature-form", f"the header {SIGNATURE} has no v1 signature")
    signed = b"%b.%b.%b" % (own.encode(), stated.encode(), raw)
    expected = [
        base64.b64encode(hmac.digest(key, signed, "sha256")) for key in map(_key, secrets) if key
    ]
    signing.require_one(given, expected)
    signing.require_recent(stated, now)


def _key(secret: str) -> bytes:
    """Return the bytes of a secret, none of what is no base64."""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return b""
