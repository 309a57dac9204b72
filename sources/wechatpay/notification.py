"""Opening a notification: its resource is encrypted with the shop's APIv3 key, AES-256-GCM.

Source: pay.weixin.qq.com/doc/v3/merchant/4012268885, on decrypting `resource`.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import InvalidInputError
from sources import strict_json
from sources.format import SignatureError

_ALGORITHM = "AEAD_AES_256_GCM"
_KEY_BYTES = 32


def is_notification(payload: Mapping[str, Any]) -> bool:
    """Tell whether a payload is a notification, opened or not."""
    resource = payload.get("resource")
    return (
        isinstance(payload.get("event_type"), str)
        and bool(payload.get("event_type"))
        and isinstance(resource, dict)
        and resource.get("algorithm") == _ALGORITHM
        and isinstance(resource.get("ciphertext"), str)
    )


def opened(raw: bytes, secrets: Sequence[str]) -> bytes:
    """Return a notification with what it says beside the ciphertext, as `resource.plaintext`.

    Args:
        raw: the body.
        secrets: APIv3 keys, of which any may have encrypted it; other secrets are passed over.

    Returns:
        The body with `resource.plaintext`; as it came where it is no notification.

    Raises:
        SignatureError: none of the keys opens it (`signature-wrong`), or what is in it is no JSON
            object (`signature-form`).
    """
    try:
        payload = strict_json.parse(raw)
    except InvalidInputError:
        return raw
    if not isinstance(payload, dict) or not is_notification(payload):
        return raw
    resource = payload["resource"]
    text = next(_opened(resource, secrets), None)
    if text is None:
        raise SignatureError("signature-wrong", "no APIv3 key of ours opens the notification")
    try:
        plaintext = strict_json.parse(text)
    except InvalidInputError as error:
        raise SignatureError("signature-form", "what is in the notification is no JSON") from error
    return msgspec.json.encode(payload | {"resource": resource | {"plaintext": plaintext}})


def _opened(resource: Mapping[str, Any], secrets: Sequence[str]) -> Iterator[bytes]:
    data = resource.get("associated_data")
    nonce = resource.get("nonce")
    if not isinstance(nonce, str) or not isinstance(data, str | None):
        return
    for key in (each.encode() for each in secrets):
        if len(key) != _KEY_BYTES:
            continue
        try:
            ciphertext = base64.b64decode(resource["ciphertext"], validate=True)
            yield AESGCM(key).decrypt(nonce.encode(), ciphertext, (data or "").encode())
        except (InvalidTag, ValueError):
            continue
