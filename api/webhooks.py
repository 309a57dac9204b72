"""Webhooks in over HTTP, each proved by its source's own signature over the bytes that came."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import INTAKE, Gate
from api.bodies import read_body
from api.intake import ACCEPTED, accepted, answered
from api.limiting import Entrance
from api.problem import Problem, problems
from domain.errors import InvalidInputError
from domain.event import Fact
from eventstore.recording import Outcome
from sources.format import Headers, SignatureError
from sources.strict_json import MAX_EVENT


class Hook(msgspec.Struct, frozen=True):
    """A webhook as it came.

    Args:
        source: whose it says it is.
        shop: whose orders it is about.
        raw: its body.
        headers: by their names in lower case.
    """

    source: str
    shop: str
    raw: bytes
    headers: Headers


class Received(msgspec.Struct, frozen=True):
    """What a webhook said, and what became of each fact."""

    facts: Sequence[Fact]
    outcomes: Sequence[Outcome]


class Door(msgspec.Struct, frozen=True):
    """What takes webhooks in.

    Args:
        is_signed: checks a webhook's signature; False where its source signs nothing, so that a
            token has to be shown. Raises LookupError where there is no such source, and
            SignatureError.
        receive: records what it says, after the commit. Raises InvalidInputError, and what a store
            raises.
    """

    is_signed: Callable[[Hook], bool]
    receive: Callable[[Hook], Received]


def router(entrance: Entrance, gate: Gate, door: Door) -> APIRouter:
    """Return the routes of webhooks.

    Args:
        entrance: counts who asks.
        gate: lets in who may send events, for sources that sign nothing.
        door: takes webhooks in.
    """
    routes = APIRouter(prefix="/v1", tags=["intake"])

    @routes.post(
        "/webhooks/{source}/{shop}",
        operation_id="receiveWebhook",
        status_code=202,
        response_class=Response,
        responses={
            **ACCEPTED,
            **problems(
                "signature-refused",
                "shop-refused",
                "not-found",
                "too-large",
                "media-type",
                "invalid",
                "too-many",
                "unavailable",
            ),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {}},
                    "application/x-www-form-urlencoded": {"schema": {}},
                },
            },
            # Most sources sign; of one that does not, a token is asked for.
            "security": [{}, {"token": []}],
        },
    )
    async def receive_webhook(
        request: Request,
        source: Annotated[str, Path(max_length=64, description="As `import --format` names it.")],
        shop: Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$")],
    ) -> Response:
        """Take in a webhook of a payment provider, shop or carrier."""
        entrance.refuse_guessing(request)
        raw = await read_body(request, MAX_EVENT)
        headers = {name.lower(): value for name, value in request.headers.items()}
        hook = Hook(source, shop, raw, headers)

        def work() -> Received:
            _let_in(gate, door, hook)
            entrance.take(request, "intake", f"{source}/{shop}")
            return _receive(door, hook)

        try:
            received = await run_in_threadpool(work)
        except Problem as problem:
            entrance.note(request, problem)
            raise
        recorded, replayed = answered(received.facts, received.outcomes)
        return accepted(recorded, replayed=replayed)

    return routes


def _let_in(gate: Gate, door: Door, hook: Hook) -> None:
    try:
        signed = door.is_signed(hook)
    except LookupError:
        raise Problem("not-found", "no such source of webhooks") from None
    except SignatureError as error:
        raise Problem("signature-refused", error.message, code=error.code) from None
    token = None if signed else gate.admit(hook.headers.get("authorization"), INTAKE)
    if token is not None and not token.is_for(hook.shop):
        raise Problem("shop-refused")


def _receive(door: Door, hook: Hook) -> Received:
    try:
        return door.receive(hook)
    except SignatureError as error:  # of what is encrypted inside
        raise Problem("signature-refused", error.message, code=error.code) from None
    except InvalidInputError as error:
        broken = {"place": error.place, "code": error.code, "message": error.message}
        raise Problem("invalid", error.message, errors=[broken]) from None
