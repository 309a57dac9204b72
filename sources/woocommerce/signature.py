"""The signature of WooCommerce's webhooks.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks: the base64 of the
HMAC-SHA256 of the body, in the header X-WC-Webhook-Signature, with the webhook's secret. No time is
signed, so it does not tell how old a webhook is; the same webhook twice is recorded once.
"""

from collections.abc import Sequence

from sources.format import Headers
from sources.signing import require_base64_hmac

HEADER = "X-WC-Webhook-Signature"


def check_signature(raw: bytes, headers: Headers, secrets: Sequence[str], _now: int) -> None:
    """Check a webhook; see `sources.format.Format`."""
    require_base64_hmac(raw, headers, HEADER, secrets)
