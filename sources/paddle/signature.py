"""The signature of Paddle Classic's alerts: in the alert itself, by Paddle's private key.

Signed are all other fields, sorted by name, as PHP serialises an array of strings; RSA with SHA-1,
which is Paddle's choice. No time is signed that says when it was sent: repeats have the same id.

Source: https://developer.paddle.com/webhook-reference/verifying-webhooks.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sources.format import Headers, SignatureError

FIELD = "p_signature"


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:  # noqa: ARG001
    """Check that Paddle signed an alert, a form or the same as JSON; see `Format.check`.

    Args:
        raw: the body.
        headers: not used.
        secrets: Paddle's public keys, PEM.
        now: not used.
    """
    fields = _fields(raw)
    stated = fields.pop(FIELD, "")
    if not stated:
        raise SignatureError("signature-missing", f"the field {FIELD} is missing")
    try:
        signature = base64.b64decode(stated, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("signature-form", f"the field {FIELD} is not in Base64") from error
    signed = _serialised(fields)
    if not [key for key in secrets if _is_by(key, signature, signed)]:
        raise SignatureError("signature-wrong", "the signature is not made with a key of ours")


def _is_by(pem: str, signature: bytes, signed: bytes) -> bool:
    try:
        key = serialization.load_pem_public_key(pem.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    except (InvalidSignature, ValueError):
        return False
    return True


def _fields(raw: bytes) -> dict[str, str]:
    try:
        body = raw.decode()
        if body.lstrip().startswith("{"):
            read = json.loads(body)
        else:
            read = dict(parse_qsl(body, keep_blank_values=True, errors="strict"))
    except (ValueError, RecursionError) as error:
        raise SignatureError("signature-form", "the alert cannot be read") from error
    if not all(isinstance(value, str) for value in read.values()):
        raise SignatureError("signature-form", "an alert has fields of text only")
    return dict(read)


def _serialised(fields: dict[str, str]) -> bytes:
    pairs = sorted((name.encode(errors="replace"), value.encode(errors="replace"))
                   for name, value in fields.items())  # fmt: skip
    parts = [b's:%d:"%b";' % (len(each), each) for pair in pairs for each in pair]
    return b"a:%d:{%b}" % (len(pairs), b"".join(parts))
