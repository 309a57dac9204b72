"""What all operations that read share: parameters, descriptions, errors, answers."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Path, Query, Request, Response
from pydantic import BeforeValidator
from starlette.concurrency import run_in_threadpool

from api.answers import answer
from api.problem import NotModified, Problem, problems

_JSON = "application/json"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_T = TypeVar("_T")

MOST = 200
"""Items of a page."""


class SeveralEventsError(Exception):
    """Several events have an id.

    Args:
        sources: of them.
    """

    def __init__(self, sources: list[str]) -> None:
        super().__init__("several events have this id")
        self.sources = sources


def refuse_unknown(request: Request) -> None:
    """Refuse parameters that nobody declared: a filter that is not applied would be a lie.

    Raises:
        Problem: 422.
    """
    known = {each.alias for each in request.scope["route"].dependant.query_params}
    if unknown := set(request.query_params) - known:
        here = ", ".join(sorted(known)) or "none"
        raise Problem("invalid", f"{len(unknown)} unknown parameters; known here: {here}")


Shop = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$")]
Number = Annotated[
    str,
    Path(min_length=1, max_length=8192, pattern=r"^[^\x00]+$", description="May hold slashes."),
]
Limit = Annotated[int, Query(ge=1, le=MOST)]
CursorText = Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")]
AsOf = Annotated[
    int | None, Query(ge=0, le=2**53, description="Position that the answer is pinned to.")
]


def _day(text: object) -> object:
    """Let days through as they are written, and no other form of a day that a library knows."""
    if isinstance(text, str) and not _DAY.fullmatch(text):
        raise ValueError("a day is YYYY-MM-DD")
    return text


Day = Annotated[date, BeforeValidator(_day)]
"""A day in an address."""

REFUSED = ("token-missing", "scope-missing", "not-found", "invalid", "too-many", "unavailable")


def described(kind: type[msgspec.Struct], text: str, *more: str) -> dict[str, Any]:
    """Return how an operation that reads is described."""
    return {
        "response_class": Response,
        "responses": {200: answer(kind, text), **problems(*REFUSED, *more)},
        "openapi_extra": {"security": [{"token": []}]},
    }


def encoded(value: object, headers: dict[str, str] | None = None) -> Response:
    """Return an answer as JSON."""
    return Response(msgspec.json.encode(value), 200, headers, media_type=_JSON)


async def asked(work: Callable[[], _T]) -> _T:
    """Do work that asks the record, in a thread. What its store raises is told by `api.problem`.

    Raises:
        Problem: 404, there is nothing; 409, there are several.
    """
    try:
        return await run_in_threadpool(work)
    except LookupError:
        raise Problem("not-found") from None
    except SeveralEventsError as error:
        raise Problem("several", sources=error.sources) from None


def etag_of(request: Request, head: str) -> dict[str, str]:
    """Return the headers of an answer that changes with an order's head.

    Raises:
        NotModified: the reader has it already.
    """
    tag = f'"{head}"'
    given = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in given or "*" in given:
        raise NotModified(tag)
    return {"ETag": tag, "Cache-Control": "private, no-cache"}
