"""Requests to servers outside: a time limit, a size limit, no redirects, no way into the house.

Hosts that somebody configured may be anywhere. An address that a certificate or an answer names
is asked only where it is on the public internet, or on one of those hosts.
"""

import ipaddress
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from archive.errors import ArchiveError

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_WHOLE = 30.0  # seconds for one answer, which a server can otherwise drag on byte by byte
_PORTS = {"http": 80, "https": 443}


class OutboundError(ArchiveError):
    """A server outside could not be asked; the message names its host and why."""


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Args:
        status: HTTP status.
        kind: media type, in lower case and without parameters.
        content: body.
    """

    status: int
    kind: str
    content: bytes


def host_of(url: str) -> tuple[str, int]:
    """Return host and port of an address.

    Raises:
        OutboundError: it is no http or https address, or has a login in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise OutboundError("an address outside cannot be read") from error
    if not parts.hostname or not port or "@" in parts.netloc:
        raise OutboundError("an address outside has to be http:// or https://, without a login")
    return parts.hostname, port


def ask(
    method: str,
    url: str,
    *,
    configured: Collection[tuple[str, int]],
    limit: int,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request and return what comes back, whatever its status.

    The host is resolved once and asked at that very address, so that its name cannot mean
    another machine a moment later. Certificates of https are checked against the name.

    Args:
        method: GET or POST.
        url: where to.
        configured: hosts and ports that somebody configured.
        limit: largest answer, in bytes.
        content: body of the request.
        headers: of the request.

    Raises:
        OutboundError: no answer came, or it is none that may be followed.
    """
    host, port = host_of(url)
    address = _resolve(host, port, anywhere=(host, port) in configured)
    parts = urlsplit(url)
    pinned = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{pinned}:{port}", fragment="").geturl()
    named = {**(headers or {}), "Host": parts.netloc}
    ends = time.monotonic() + _WHOLE
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method,
                target,
                content=content or None,
                headers=named,
                extensions={"sni_hostname": host},
            ) as response,
        ):
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > limit:
                    raise OutboundError(f"{host} answers with more than {limit} bytes")
                if time.monotonic() > ends:
                    raise OutboundError(f"{host} takes longer than {_WHOLE:.0f} s for an answer")
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, kind, bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise OutboundError(f"{host} does not answer ({type(error).__name__})") from error


def _resolve(host: str, port: int, *, anywhere: bool) -> str:
    """Return the one address to ask."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundError(f"{host} has no address") from error
    addresses = [str(each[4][0]) for each in found]
    if not anywhere and not all(ipaddress.ip_address(each).is_global for each in addresses):
        raise OutboundError(f"{host} is inside the house, and nobody configured it")
    return addresses[0]
