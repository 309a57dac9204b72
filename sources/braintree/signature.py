"""The signature of Braintree's webhooks: beside the payload, in the form that is posted.

It is HMAC-SHA1 of the payload by the SHA-1 of the private key, which is Braintree's choice, after
the public key that tells which one it is. A secret of ours is `public key|private key`.

Source: https://developer.paypal.com/braintree/docs/guides/webhooks/parse, and the libraries of
Braintree (`webhook_notification_gateway`, `digest`).
"""

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl

from sources import signing
from sources.format import Headers, SignatureError


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:  # noqa: ARG001
    """Check `bt_signature` over `bt_payload`; see `Format.check`. No time is signed beside them."""
    try:
        fields = dict(parse_qsl(raw.decode(), errors="strict"))
    except ValueError as error:
        raise SignatureError("signature-form", "the body is no form") from error
    payload, stated = fields.get("bt_payload"), fields.get("bt_signature")
    if not payload or not stated:
        raise SignatureError("signature-missing", "bt_signature or bt_payload is missing")
    given = [each.encode(errors="replace") for each in stated.split("&")]
    # Braintree's own libraries allow that a line's end got lost on the way.
    signed = (payload, f"{payload}\n")
    expected = [_sign(secret, each) for secret in secrets for each in signed]
    signing.require_one(given, [each for each in expected if each is not None])


def _sign(secret: str, payload: str) -> bytes | None:
    public, bar, private = secret.partition("|")
    if not bar:
        return None
    key = hashlib.sha1(private.encode()).digest()  # noqa: S324
    digest = hmac.new(key, payload.encode(errors="replace"), hashlib.sha1).hexdigest()
    return f"{public}|{digest}".encode()
