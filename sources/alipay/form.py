"""The form in which Alipay sends notifications, as a JSON object of the same fields.

Source: opendocs.alipay.com, asynchronous notification: `application/x-www-form-urlencoded` in the
character set that its field `charset` names.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl

import msgspec

from domain.errors import InvalidInputError
from sources import strict_json
from sources.format import SignatureError

_CHARSETS = ("utf-8", "gbk", "gb2312", "gb18030")
_MAX_FIELDS = 200


def charset(fields: dict[str, str]) -> str:
    """Return the character set of a notification."""
    stated = fields.get("charset", "utf-8").lower()
    if stated not in _CHARSETS:
        raise SignatureError(
            "signature-form", "the notification names no character set of Alipay's"
        )
    return stated


def fields(raw: bytes) -> dict[str, str]:
    """Return the fields of a notification, a form or a JSON object of texts.

    Raises:
        SignatureError: it is neither (`signature-form`).
    """
    if raw.lstrip()[:1] == b"{":
        return _object(raw)
    try:
        text = raw.decode("ascii")
        first = dict(parse_qsl(text, encoding="latin-1", max_num_fields=_MAX_FIELDS))
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=True,
            encoding=charset(first),
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise SignatureError("signature-form", "the body is no form") from error
    if len(dict(pairs)) < len(pairs):
        raise SignatureError("signature-form", "a field of the form stands there twice")
    return dict(pairs)


def _object(raw: bytes) -> dict[str, str]:
    try:
        value = strict_json.parse(raw)
    except InvalidInputError as error:
        raise SignatureError("signature-form", "the body is no JSON") from error
    if not all(isinstance(each, str) for each in value.values()):
        raise SignatureError("signature-form", "a field of the notification is no text")
    return dict(value)


def opened(raw: bytes, secrets: Sequence[str]) -> bytes:  # noqa: ARG001
    """Return the JSON of a form; see `Format.opened`."""
    if raw.lstrip()[:1] in (b"{", b"[", b""):
        return raw
    return msgspec.json.encode(fields(raw))
