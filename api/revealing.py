"""Personal data in the clear, for who says why; the reason is on the record before the answer."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta

from api import answers
from api.access import REVEAL, Token
from api.bodies import Reason, read_json
from api.limiting import Entrance
from api.problem import problems
from api.reading import REFUSED, Number, Shop, asked, encoded
from domain.stream import order_stream

Purpose = Literal["contact", "fraud", "tax"]


class Revealer(Protocol):
    """Opens personal data. LookupError: there is no such order that the token may see."""

    def note(self, token: Token, stream: str, fields: str, reason: str | None) -> None:
        """Record who looks, and why."""

    def revealed(
        self, token: Token, stream: str, purposes: frozenset[str]
    ) -> Sequence[answers.TimelineEvent]:
        """Return an order's events with personal data of these purposes."""


class RevealAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be seen, and why."""

    reason: Reason
    fields: Annotated[list[Purpose], Meta(min_length=1, max_length=3)] = msgspec.field(
        default_factory=lambda: ["contact"]
    )


class Revealed(msgspec.Struct, frozen=True, kw_only=True):
    """An order's events with personal data, as far as it was not erased."""

    shop: str
    order: str
    fields: Sequence[str]
    items: Sequence[answers.TimelineEvent]


def router(entrance: Entrance, revealer: Revealer) -> APIRouter:
    """Return the route that shows personal data.

    Args:
        entrance: lets in who may see it.
        revealer: opens it.
    """
    routes = APIRouter(prefix="/v1", tags=["personal data"])

    @routes.post(
        "/orders/{shop}/{number:path}/reveal",
        operation_id="revealPersonalData",
        response_class=Response,
        responses={
            200: answers.answer(Revealed, "The events."),
            **problems(*REFUSED, "too-large", "media-type"),
        },
        openapi_extra={
            "security": [{"token": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/RevealAsked"}}
                },
            },
        },
    )
    async def reveal_personal_data(request: Request, shop: Shop, number: Number) -> Response:
        """Show personal data of one order. Who asked, when and why can be read by `/v1/reads`."""
        token = await entrance.admit(request, REVEAL)
        wanted = await read_json(request, RevealAsked)
        stream = order_stream(shop, number)
        fields = sorted(set(wanted.fields))

        def work() -> Sequence[answers.TimelineEvent]:
            entrance.open_order(token, stream)
            revealer.note(token, stream, ", ".join(fields), wanted.reason)
            return revealer.revealed(token, stream, frozenset(fields))

        items = await asked(work)
        return encoded(Revealed(shop=shop, order=number, fields=fields, items=items))

    return routes
