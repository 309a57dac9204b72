"""The signatures of Alipay (RSA2 over the sorted fields) and of Antom (header `Signature`).

Alipay repeats a notification for a day until it is taken, and nothing says that the time in it is
then another; so its age is no reason to refuse it. A repeat is told by its bytes. Antom signs the
time of the request.

Sources: opendocs.alipay.com, checking the signature of notifications (all fields but `sign` and
`sign_type`); docs.antom.com/ac/ams/digital_signature.
"""

from collections.abc import Sequence
from urllib.parse import unquote

from domain.time import read_instant
from sources.alipay.form import charset, fields
from sources.format import Headers, SignatureError
from sources.rsa_signature import require_signed
from sources.signing import header, require_recent

_UNSIGNED = ("sign", "sign_type")
_METHOD, PATH = ":method", ":path"
"""Names under which the caller puts the line of the request, which Antom signs too."""


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:
    """Check a notification by Alipay's or Antom's public keys; see `Format.check`.

    Antom's signature covers the address to which the notification was sent. The headers hold it as
    `:path`, and the method as `:method` (`POST` where it is missing).
    """
    if headers.get("signature"):
        _check_antom(raw, headers, secrets, now)
    else:
        _check_alipay(raw, secrets)


def _check_alipay(raw: bytes, keys: Sequence[str]) -> None:
    stated = fields(raw)
    if not stated.get("sign"):
        raise SignatureError("signature-missing", "the field sign is missing")
    if stated.get("sign_type", "RSA2") != "RSA2":
        raise SignatureError("signature-form", "the notification is not signed with RSA2")
    signed = sorted((name, value) for name, value in stated.items() if name not in _UNSIGNED)
    content = "&".join(f"{name}={value}" for name, value in signed)
    try:
        encoded = content.encode(charset(stated))
    except UnicodeError as error:
        raise SignatureError("signature-form", "a field cannot be written as it says") from error
    require_signed(encoded, stated["sign"], keys)


def _check_antom(raw: bytes, headers: Headers, keys: Sequence[str], now: int) -> None:
    parts = dict(part.strip().split("=", 1) for part in header(headers, "Signature").split(",")
                 if "=" in part)  # fmt: skip
    if parts.get("algorithm") != "RSA256" or not parts.get("signature"):
        raise SignatureError("signature-form", "the header Signature names no RSA256 signature")
    at, client = header(headers, "Request-Time"), header(headers, "Client-Id")
    method = headers.get(_METHOD) or "POST"
    content = f"{method} {header(headers, PATH)}\n{client}.{at}.".encode(errors="replace") + raw
    require_signed(content, unquote(parts["signature"]), keys)
    require_recent(_seconds(at), now)


def _seconds(at: str) -> str:
    """Return the time of a request, in milliseconds or as RFC 3339, in seconds since 1970."""
    instant = read_instant(at)
    if instant is not None:
        return str(instant // 1_000_000)
    return at[:-3] if at.isdecimal() and len(at) == 13 else at
