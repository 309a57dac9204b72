"""The signature of EasyPost's webhooks: HMAC-SHA256 of the body, by a secret in Unicode form NFKD.

EasyPost signs no time, so that a repeat is told by the id of its event alone.

Source: docs.easypost.com/guides/webhooks-guide, and `validate_webhook` of its libraries.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence

from sources.format import Headers, SignatureError
from sources.signing import header, require_one

_FORM = "hmac-sha256-hex="


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:  # noqa: ARG001
    """Check `X-Hmac-Signature`; see `Format.check`."""
    given = header(headers, "X-Hmac-Signature")
    if not given.startswith(_FORM):
        raise SignatureError("signature-form", f"the signature does not begin with {_FORM}")
    require_one(
        [given.removeprefix(_FORM).encode(errors="replace")], [_sign(raw, each) for each in secrets]
    )


def _sign(raw: bytes, secret: str) -> bytes:
    key = unicodedata.normalize("NFKD", secret).encode()
    return hmac.new(key, raw, hashlib.sha256).hexdigest().encode()
