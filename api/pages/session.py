"""Who looks at a page: a session behind a cookie, and the mark that guards its forms."""

import hmac
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from fastapi import Request, Response

from api.access import Gate, Token
from api.bodies import read_body
from api.problem import Problem

COOKIE = "__Host-session"
"""Bound by browsers to this host, all of it, and HTTPS; a browser takes loopback for safe."""

Fields = Mapping[str, str]
"""What a form brings, by name."""

_FORM = 16 * 1024
_MOST = 50  # fields


class Sessions(Protocol):
    """Begins, finds and ends sessions."""

    def begin(self, token: Token) -> str:
        """Begin a session of a token, and return the secret for the cookie."""

    def find(self, secret: str) -> str | None:
        """Return the id of the token that a session stands for; None where it has ended."""

    def end(self, secret: str) -> None:
        """End a session."""


def token_of(request: Request, sessions: Sessions, gate: Gate) -> Token | None:
    """Return the token of a request's session, if it has one and both still count."""
    secret = request.cookies.get(COOKIE)
    own = sessions.find(secret) if secret else None
    return None if own is None else gate.known(own)


def keep(response: Response, secret: str) -> None:
    """Have the browser keep a session."""
    response.set_cookie(COOKIE, secret, secure=True, httponly=True, samesite="strict", path="/")


def forget(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict", path="/")


def mark(request: Request, key: bytes) -> str:
    """Return what a form has to bring back: nobody else's page can know it."""
    secret = request.cookies.get(COOKIE, "")
    return hmac.digest(key, b"form\0" + secret.encode(), "sha256").hex()


async def form(request: Request, key: bytes | None) -> Fields:
    """Return the fields of a form.

    Args:
        request: brings it.
        key: of its mark; None for a form that needs none.

    Raises:
        Problem: it is none, or was not made by a page of this session.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise Problem("media-type")
    try:
        text = (await read_body(request, _FORM)).decode()
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST))
    except ValueError:
        raise Problem("invalid", "the form cannot be read") from None
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if foreign or (
        key is not None and not hmac.compare_digest(fields.get("csrf", ""), mark(request, key))
    ):
        raise Problem("form-refused")
    return fields
