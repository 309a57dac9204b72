"""The signature of AfterShip's webhooks: HMAC-SHA256 of the body, in base64. No time is signed.

Source: aftership.com/docs/tracking/webhook/webhook-signature; newer products of AfterShip name the
header `as-signature-hmac-sha256`.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from sources.format import Headers, SignatureError
from sources.signing import header, require_one

_HEADER = "aftership-hmac-sha256"
_NEWER = "as-signature-hmac-sha256"


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:  # noqa: ARG001
    """Check the signature under either name; see `Format.check`."""
    stated = header(headers, _NEWER if headers.get(_NEWER) else _HEADER)
    try:
        given = base64.b64decode(stated, validate=True)
    except ValueError as error:
        raise SignatureError("signature-form", "the signature is no base64") from error
    require_one([given], [hmac.digest(each.encode(), raw, hashlib.sha256) for each in secrets])
