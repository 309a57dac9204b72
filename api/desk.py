"""Commands of the order desk over HTTP: what staff decide about an order, one at a time."""

from typing import Annotated, Any, Protocol

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta

from api import answers
from api.access import DESK, Token
from api.bodies import read_json
from api.limiting import Entrance
from api.problem import Problem, problems
from api.reading import REFUSED, Number, Shop, asked, encoded
from domain.errors import (
    CommandRefusedError,
    CommandReusedError,
    ConflictError,
    InvalidInputError,
    OrderUnknownError,
)
from domain.stream import order_stream

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class CommandAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command: the type of the event that it becomes, and that event's data."""

    type: Annotated[str, Meta(max_length=100, examples=["order.owner_assigned"])]
    data: Annotated[dict[str, Any], Meta(examples=[{"owner": "staff-7", "department": "refunds"}])]
    command_id: Annotated[
        Name | None,
        Meta(description="Yours: given again, it is carried out once, and answered the same."),
    ] = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was carried out: what became of it, and whether it was before."""

    order: str
    command_id: str
    type: str
    version: int
    position: int
    repeated: bool


KINDS = (CommandAsked, Done)


class Desk(Protocol):
    """Carries out commands."""

    def carry_out(self, token: Token, stream: str, asked: CommandAsked) -> Done:
        """Carry out a command on an order.

        Raises:
            LookupError: there is no such order that the token may see, or no such command.
            InvalidInputError: the command's data is not what it needs.
            DomainError: a rule stands against it, or it cannot be decided now.
        """


def router(entrance: Entrance, desk: Desk) -> APIRouter:
    """Return the route of the order desk.

    Args:
        entrance: lets in who works at the desk.
        desk: carries out commands.
    """
    routes = APIRouter(prefix="/v1", tags=["desk"])
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/CommandAsked"}}}

    @routes.post(
        "/orders/{shop}/{number:path}/commands",
        operation_id="carryOutCommand",
        response_class=Response,
        responses={
            200: answers.answer(Done, "It is carried out."),
            **problems(*REFUSED, "refused", "too-large", "media-type"),
        },
        openapi_extra={
            "security": [{"token": []}],
            "requestBody": {"required": True, "content": body},
        },
    )
    async def carry_out_command(request: Request, shop: Shop, number: Number) -> Response:
        """Carry out a command of the order desk; who gave it is in the event."""
        token = await entrance.admit(request, DESK)
        wanted = await read_json(request, CommandAsked)

        def work() -> Done:
            try:
                return desk.carry_out(token, order_stream(shop, number), wanted)
            except InvalidInputError as error:
                raise Problem("invalid", error.message, place=error.place) from None
            except CommandRefusedError as error:
                raise Problem("refused", str(error), code=error.code) from None
            except CommandReusedError as error:
                raise Problem("refused", str(error), code="command-reused") from None
            except ConflictError as error:
                raise Problem("conflict", str(error)) from None
            except OrderUnknownError:
                raise Problem("not-found") from None

        return encoded(await asked(work))

    return routes
