"""Events in over HTTP: CloudEvents 1.0 in structured, batch and binary mode.

Answered after the commit alone, with where each event stands in the log; whoever hears no answer
sends again, and gets the same one. Source: CloudEvents 1.0.2, HTTP protocol binding.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match, Route
from starlette.types import Scope

from api.access import INTAKE, Token
from api.bodies import read_body
from api.gathering import Gathering, Record
from api.limiting import Entrance
from api.problem import Problem, problems
from domain.errors import InvalidInputError
from domain.event import Fact
from domain.stream import split_order_stream
from eventstore.recording import Outcome
from sources import cloudevents, strict_json
from sources.rejected import Rejected

MOST = 1_000
"""Events of a batch."""

_STRUCTURED = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_JSON = "application/json"
_TYPES = (_STRUCTURED, _BATCH, _JSON)
_PREFIX = "ce-"


class Recorded(msgspec.Struct, frozen=True):
    """Where an event stands: the same answer, however often it is sent."""

    source: str
    id: str
    position: int
    version: int


def events_of(headers: Headers, body: bytes) -> list[Fact]:
    """Return the events of a request, in the mode that its headers say.

    Raises:
        Problem: the media type is none of CloudEvents', or an event breaks a rule; all that break
            one are named by their place.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    named = [name for name in headers if name.lower().startswith(_PREFIX)]
    if named:
        return [_binary(headers, named, body)]
    if media_type not in _TYPES:
        raise Problem("media-type", f"taken are {', '.join(_TYPES)}, and ce- headers with JSON")
    items = list(cloudevents.read(io.BytesIO(body)))
    if not items:
        raise Problem("invalid", "the body holds no event")
    if len(items) > MOST:
        raise Problem("too-large", f"at most {MOST} events")
    broken = [one for one in enumerate(items) if isinstance(one[1], Rejected)]
    if broken:
        raise Problem("invalid", _said(broken[0][1]), errors=[_error(n, one) for n, one in broken])
    if media_type == _STRUCTURED and len(items) != 1:
        raise Problem("invalid", f"several events are sent as {_BATCH}")
    return [item for item in items if isinstance(item, Fact)]


def _said(item: Fact | Rejected) -> str | None:
    return item.message if isinstance(item, Rejected) else None


def _error(number: int, item: Fact | Rejected) -> dict[str, object]:
    if isinstance(item, Fact):
        return {"index": number}
    return {"index": number, "place": item.place, "code": item.code, "message": item.message}


def _binary(headers: Headers, named: Sequence[str], body: bytes) -> Fact:
    attributes: dict[str, Any] = {}
    try:
        for name in named:
            values = headers.getlist(name)
            if len(values) != 1:
                raise InvalidInputError(
                    "attribute-form", f"/{name.lower()}", "a header is sent once"
                )
            attributes[name.lower().removeprefix(_PREFIX)] = unquote(values[0], errors="strict")
        if "data" in attributes or "data_base64" in attributes:
            raise InvalidInputError("attribute-name", "", "data is the body, not a header")
        content_type = headers.get("content-type")
        if content_type is not None:
            attributes["datacontenttype"] = content_type
        attributes["data"] = strict_json.parse(body)
        return cloudevents.to_fact(attributes)
    except UnicodeDecodeError:
        raise Problem("invalid", "a header is not UTF-8, escaped with percent signs") from None
    except InvalidInputError as error:
        broken = {"index": 0, "place": error.place, "code": error.code, "message": str(error)}
        raise Problem("invalid", str(error), errors=[broken]) from None


def for_token(facts: list[Fact], token: Token) -> list[Fact]:
    """Return facts of shops that a token is for.

    Raises:
        Problem: one is of another shop.
    """
    for fact in facts:
        shop, _ = split_order_stream(fact.stream) or ("", "")
        if not token.is_for(shop):
            raise Problem("shop-refused")
    return facts


def answered(facts: Sequence[Fact], outcomes: Sequence[Outcome]) -> tuple[list[Recorded], bool]:
    """Return where events stand and whether all were there already.

    Raises:
        Problem: one is there with another body.
    """
    differing = [(number, one) for number, one in enumerate(outcomes) if one.result == "mismatch"]
    if differing:
        raise Problem(
            "idempotency-mismatch",
            errors=[
                {
                    "index": number,
                    "code": "idempotency-mismatch",
                    "digest": one.digest.hex(),
                    "recorded_digest": (one.stored_digest or b"").hex(),
                    "position": one.position,
                }
                for number, one in differing
            ],
        )
    recorded = [
        Recorded(fact.source, fact.id, one.position or 0, one.version)
        for fact, one in zip(facts, outcomes, strict=True)
    ]
    return recorded, all(one.result == "duplicate" for one in outcomes)


def accepted(recorded: Sequence[Recorded], *, replayed: bool) -> Response:
    """Return the answer to what was recorded."""
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return Response(msgspec.json.encode({"events": recorded}), 202, headers, media_type=_JSON)


_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 512},
        "source": {"type": "string", "minLength": 1, "maxLength": 512},
        "type": {"type": "string", "minLength": 1, "maxLength": 200},
        "subject": {"type": "string", "description": "<shop>/<order number>"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["source", "id", "position", "version"],
                "properties": {
                    "source": {"type": "string"},
                    "id": {"type": "string"},
                    "position": {"type": "integer", "minimum": 1},
                    "version": {"type": "integer", "minimum": 1},
                },
            },
        }
    },
}
ACCEPTED: Mapping[int | str, dict[str, Any]] = {
    202: {
        "description": "Recorded, and where each event stands.",
        "content": {_JSON: {"schema": _ANSWER}},
        "headers": {
            "Idempotent-Replayed": {
                "description": "`true` where all of it was recorded before.",
                "schema": {"type": "string"},
            }
        },
    }
}
"""The answer to what was recorded, for the description of an operation."""

_DATA = {
    "type": "object",
    "description": "The event's data, in binary mode: its attributes are headers, `ce-specversion`,"
    " `ce-id`, `ce-source`, `ce-type`, `ce-subject` and `ce-time`, percent-encoded, and `ce-` with"
    " the name of each extension.",
}
_REQUEST = {
    "required": True,
    "content": {
        _STRUCTURED: {"schema": _EVENT},
        _BATCH: {"schema": {"type": "array", "items": _EVENT, "maxItems": MOST}},
        _JSON: {"schema": {"anyOf": [_EVENT, _DATA]}},
    },
}


def router(entrance: Entrance, record: Record) -> APIRouter:
    """Return the routes of the intake.

    Args:
        entrance: lets in who may send events.
        record: records them.
    """
    gathering = Gathering(record)
    routes = APIRouter(prefix="/v1", tags=["intake"])

    @routes.post(
        "/events",
        operation_id="recordEvents",
        status_code=202,
        response_class=Response,
        responses={
            **ACCEPTED,
            **problems(
                "token-missing",
                "scope-missing",
                "too-large",
                "media-type",
                "invalid",
                "too-many",
                "unavailable",
            ),
        },
        openapi_extra={"requestBody": _REQUEST, "security": [{"token": []}]},
    )
    async def record_events(
        request: Request,
    ) -> Response:
        """Record one CloudEvent, or a batch of them.

        `application/cloudevents+json` has one event, `application/cloudevents-batch+json` an array.
        In binary mode, `application/json`, the body is the event's `data` and its attributes are
        headers: `ce-specversion`, `ce-id`, `ce-source`, `ce-type`, `ce-subject`, `ce-time`.
        """
        token = await entrance.admit(request, INTAKE)
        body = await read_body(request)

        def facts() -> list[Fact]:
            return for_token(events_of(request.headers, body), token)

        recorded, replayed = answered(*await gathering.record(facts, len(body)))
        return accepted(recorded, replayed=replayed)

    return routes


def direct(described: APIRouter) -> Route:
    """Return the route by which most requests come, to be asked before all others.

    FastAPI's own way to a handler that reads its body itself costs as much time as all the rest.

    Args:
        described: what `router` returned.
    """
    [route] = [each for each in described.routes if isinstance(each, APIRoute)]
    return _Direct(route.path, route.endpoint, methods=route.methods)


class _Direct(Route):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match, and tell the measures which route it was."""
        match, found = super().matches(scope)
        return match, {**found, "route": self}
