"""What goes wrong, told as RFC 9457 problem details: one table of all there are."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg2
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from eventstore.connection import is_away
from eventstore.errors import (
    EventRefusedError,
    EventStoreError,
    KeyMissingError,
    StoreAlteredError,
    StoreUnavailableError,
)

MEDIA_TYPE = "application/problem+json"


class Kind(msgspec.Struct, frozen=True):
    """A kind of problem: the status, and what it means and what to do, in a sentence each."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "cursor-refused": Kind(400, "This cursor is not of this list; begin at its first page."),
    "token-missing": Kind(401, "No access token: send Authorization: Bearer oak_…"),
    "token-refused": Kind(401, "This access token is unknown, revoked or expired."),
    "signature-refused": Kind(401, "This webhook is not proved to come from its source."),
    "form-refused": Kind(403, "This form is not of a page of your session; load the page again."),
    "scope-missing": Kind(403, "The role of this access token may not do this."),
    "shop-refused": Kind(403, "This access token is not for that shop."),
    "not-found": Kind(404, "There is nothing here."),
    "method-not-allowed": Kind(405, "This address does not take this method."),
    "too-slow": Kind(408, "The request did not come in time; send it again."),
    "altered": Kind(409, "The record was changed after it was made; answer from the archive."),
    "not-published": Kind(404, "No signed checkpoint holds this yet; the next archive run does."),
    "refused": Kind(409, "A rule stands against this; `code` names it."),
    "several": Kind(409, "Several events have this id; name the `source` of one."),
    "conflict": Kind(409, "Somebody else came first; ask again."),
    "too-large": Kind(413, "The request is larger than is taken."),
    "media-type": Kind(415, "The body is of a media type that is not taken here."),
    "invalid": Kind(422, "The request says something that cannot be recorded."),
    "idempotency-mismatch": Kind(
        422, "This source and id are recorded already, with another body; nothing was changed."
    ),
    "too-many": Kind(429, "Too many requests; Retry-After says when to go on."),
    "internal": Kind(500, "Something went wrong here; nothing that was acknowledged is lost."),
    "unavailable": Kind(503, "The store cannot be reached; what was sent may be sent again."),
}
"""By the last part of `type`."""

_QUOTING = {"Invalid": "a value that is not taken", "Object contains": "an unknown member"}
_RETRY = {"Retry-After": "1"}
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "media-type"}


class Problem(Exception):  # noqa: N818  # the RFC's word
    """Ends a request with problem details.

    Args:
        kind: one of `KINDS`.
        detail: what is wrong in this case; never what was sent.
        headers: of the answer.
        more: further members.
    """

    def __init__(
        self,
        kind: str,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> Response:
        """Return the answer."""
        known = KINDS[self.kind]
        body: dict[str, Any] = {
            "type": f"/problems/{self.kind}",
            "title": known.title,
            "status": known.status,
        }
        if self.detail is not None:
            body["detail"] = self.detail
        headers = dict(self.headers)
        if known.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return Response(
            msgspec.json.encode(body | self.more), known.status, headers, media_type=MEDIA_TYPE
        )


def unquoted(error: msgspec.ValidationError) -> str:
    """Return what is wrong with a body and where, without the value or the name that was sent."""
    told = str(error)
    place = re.search(r" - at `\$[^`]*`$", told)
    for begin, plain in _QUOTING.items():
        if told.startswith(begin):
            return plain + (place[0] if place else "")
    return told


def _allowed(request: Request) -> str:
    """Return the methods that a request's address takes, as the description has them."""
    for template, operations in request.app.openapi()["paths"].items():
        # The last part of an address may hold slashes.
        pattern = re.sub(r"{(number|id)}", ".+", template)
        if re.fullmatch(re.sub(r"{[a-z]+}", "[^/]+", pattern), request.url.path, re.DOTALL):
            return ", ".join(method.upper() for method in operations)
    return ""


class NotModified(Exception):  # noqa: N818  # no error
    """Ends a request with 304: the reader has the answer already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def of_store(error: Exception) -> Problem | None:
    """Return the problem that a store's error is told as; None where it is a fault of ours."""
    if isinstance(error, StoreUnavailableError):
        return Problem("unavailable", str(error), _RETRY)
    if isinstance(error, KeyMissingError):
        return Problem("unavailable", "the keys of personal data are away", _RETRY)
    if isinstance(error, StoreAlteredError):
        return Problem("altered", str(error))
    if isinstance(error, EventRefusedError):
        return Problem("invalid", "an event cannot be stored as it is")
    if isinstance(error, psycopg2.errors.QueryCanceled):
        return Problem("unavailable", "that took too long", {"Retry-After": "5"})
    return Problem("unavailable", headers=_RETRY) if is_away(error) else None


def install(app: FastAPI) -> None:
    """Have an application tell all its errors as problem details, the framework's own as well."""

    @app.exception_handler(Problem)
    async def ours(_request: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(psycopg2.Error)
    @app.exception_handler(EventStoreError)
    async def of_the_store(_request: Request, error: Exception) -> Response:
        problem = of_store(error)
        if problem is None:
            raise error
        return problem.response()

    @app.exception_handler(NotModified)
    async def nothing_new(_request: Request, known: NotModified) -> Response:
        headers = {"ETag": known.tag, "Cache-Control": "private, no-cache"}
        return Response(status_code=304, headers=headers)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        kind = _BY_STATUS.get(error.status_code, "invalid")
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # The framework names those of the first route of this address alone.
            headers["Allow"] = _allowed(request) or headers.get("Allow", "GET")
        return Problem(kind, headers=headers).response()

    @app.exception_handler(RequestValidationError)
    async def of_parameters(_request: Request, error: RequestValidationError) -> Response:
        places = [".".join(map(str, each["loc"])) for each in error.errors()]
        return Problem("invalid", f"see {', '.join(places)}").response()

    @app.get("/problems/{kind}", include_in_schema=False)
    def explain(kind: str) -> Response:
        known = KINDS.get(kind)
        if known is None:
            raise Problem("not-found")
        return Response(f"{known.status} {known.title}\n", media_type="text/plain")


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the answers of an operation that tell of problems, for its description.

    Each kind has an example; where several have a status, the last one's words describe it.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        known = KINDS[kind]
        before = found.get(known.status, {"content": {MEDIA_TYPE: {"examples": {}}}})
        examples = before["content"][MEDIA_TYPE]["examples"]
        content = {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": examples | {kind: {"$ref": f"#/components/examples/{kind}"}},
        }
        found[known.status] = {"description": known.title, "content": {MEDIA_TYPE: content}}
    return found
