"""Proof that a webhook comes from Adyen.

Each item is signed by itself: HMAC-SHA256, base64, over eight of its members with colons between.
What it holds beside them, such as the reason and the time, is not covered: HTTPS has to guard
that. Notices about bank accounts are signed as a whole, in a header. Adyen signs no time; a replay
is found out by its id.

Source: https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures.
"""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.errors import InvalidInputError
from sources import strict_json
from sources.format import Headers, SignatureError
from sources.payload_values import member
from sources.signing import header, require_one

NOTICES = ("ach.notificationOfChange", "eft.notificationOfChange")
"""Types of the notices about a bank account, which have no items."""

_MEMBERS = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
_SHOPS = 3  # which of them the shop makes up


def check(raw: bytes, headers: Headers, secrets: Sequence[str], _now: int) -> None:
    """Check that all of a webhook is signed, each item of a batch by itself.

    Everything that would be understood as a message is checked, wherever in the body it stands.

    Args:
        raw: the body.
        headers: by their names in lower case.
        secrets: HMAC keys in hexadecimal digits, of which any may have signed.
        _now: not needed, since no time is signed.

    Raises:
        SignatureError: something in it is not signed, or not with a key of ours.
    """
    try:
        body = strict_json.parse(raw)
    except InvalidInputError:
        raise SignatureError("signature-form", "the body is no JSON") from None
    keys = _keys(secrets)
    signed = 0
    for payload in _messages(body):
        signed += 1
        if "eventCode" in payload:
            given = member(payload, "additionalData", "hmacSignature")
            if not isinstance(given, str) or not given:
                raise SignatureError("signature-missing", "an item has no hmacSignature")
            _require(given, _signed_text(payload).encode(errors="replace"), keys)
        else:
            _require(header(headers, "hmacsignature"), raw, keys)
    if not signed:
        raise SignatureError("signature-missing", "there is no item in it that could be signed")


def _messages(value: Any) -> Iterator[Mapping[str, Any]]:
    """Find what would be read as a message and, unlike the reading, what lies inside it too."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "eventCode" in part or part.get("type") in NOTICES:
                yield part
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


def _keys(secrets: Sequence[str]) -> list[bytes]:
    found = []
    for secret in secrets:
        try:
            found.append(binascii.unhexlify(secret.strip()))
        except ValueError:
            continue  # a key that is none can have signed nothing
    return [key for key in found if key]


def _require(given: str, signed: bytes, keys: Sequence[bytes]) -> None:
    try:
        digest = base64.b64decode(given, validate=True)
    except ValueError:
        raise SignatureError("signature-form", "a signature is no base64") from None
    require_one([digest], [hmac.digest(key, signed, "sha256") for key in keys])


def _signed_text(item: Mapping[str, Any]) -> str:
    values = [_shown(item.get(name)) for name in _MEMBERS]
    values += [_shown(member(item, "amount", name)) for name in ("value", "currency")]
    values += [_shown(item.get(name)) for name in ("eventCode", "success")]
    text = ":".join(values)
    # A colon in the shop's own reference is harmless; elsewhere it could stand in for another
    # member, so that two items had one signature.
    if text.count(":") - values[_SHOPS].count(":") != len(values) - 1:
        raise SignatureError("signature-form", "a member that is signed holds a colon")
    return text


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
