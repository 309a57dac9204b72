"""The signature of Shopify's webhooks.

Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https: the base64 of the HMAC-SHA256
of the body, in the header X-Shopify-Hmac-Sha256, with the app's client secret. No time is signed,
so it does not tell how old a webhook is; the same webhook twice is recorded once.
"""

from collections.abc import Sequence

from sources.format import Headers
from sources.signing import require_base64_hmac

HEADER = "X-Shopify-Hmac-Sha256"


def check_signature(raw: bytes, headers: Headers, secrets: Sequence[str], _now: int) -> None:
    """Check a webhook; see `sources.format.Format`."""
    require_base64_hmac(raw, headers, HEADER, secrets)
