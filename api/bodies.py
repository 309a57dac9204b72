"""Bodies of requests: read with limits of size and time, as bytes or as JSON of a kind."""

import asyncio
from typing import Annotated, TypeVar

import msgspec
from fastapi import Request
from msgspec import Meta

from api.problem import Problem, unquoted

LARGEST = 8 * 1024 * 1024
"""Bytes of a body; one event has at most a mebibyte of them."""

PATIENCE = 30.0
"""Seconds in which a body has to come, so that nobody keeps a place by sending slowly."""

Reason = Annotated[
    str,
    Meta(
        min_length=5,
        max_length=500,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
        description="Why, for the record. It must name nobody: it is kept for good.",
        examples=["claim C-118: the customer asks for a call back"],
    ),
]
"""Why somebody wants what is not shown to everybody; printable, and not blank."""

_COMMAND = 64 * 1024  # bytes of a body that is no event
_JSON = "application/json"
_CLOSE = {"Connection": "close"}

_T = TypeVar("_T")


async def read_body(request: Request, largest: int = LARGEST) -> bytes:
    """Read a request's body.

    Raises:
        Problem: it is larger than is taken, or packed.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("media-type", "a body is sent as it is, not packed")
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    # What follows is not read: the connection is of no more use.
                    raise Problem("too-large", f"at most {largest} bytes", _CLOSE)
    except TimeoutError:
        raise Problem("too-slow", headers=_CLOSE) from None
    return bytes(body)


async def read_json(request: Request, kind: type[_T]) -> _T:
    """Read a request's body as JSON of a kind.

    Raises:
        Problem: it is no such JSON, or too large.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _JSON:
        raise Problem("media-type", f"taken is {_JSON}")
    try:
        return msgspec.json.decode(await read_body(request, _COMMAND), type=kind)
    except msgspec.ValidationError as error:
        raise Problem("invalid", unquoted(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("invalid", "the body is no JSON") from None
