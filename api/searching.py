"""Orders of a person, for who may see personal data and says why; addresses name nobody."""

from typing import Annotated, Literal, Protocol

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta

from api import answers
from api.access import REVEAL, Token
from api.bodies import Reason, read_json
from api.limiting import Entrance
from api.problem import problems
from api.reading import REFUSED, asked, encoded
from domain.stream import order_stream


class SearchAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What orders are looked for by, and why."""

    key: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8192,
            pattern=r"^[^\x00]+$",
            description="Number, tracking number, reference, e-mail or phone number, whole.",
            examples=["74987500000000000000001"],
        ),
    ]
    reason: Reason


class SearchFound(msgspec.Struct, frozen=True, kw_only=True):
    """Orders, the newest first, masked."""

    understood: Annotated[
        Literal["reference", "person"], Meta(description="How what was asked was understood.")
    ]
    as_of: int
    items: list[answers.Order]
    more: Annotated[bool, Meta(description="Whether there are more than are shown.")]


KINDS = (SearchAsked, SearchFound)


class Searcher(Protocol):
    """Finds orders."""

    def search(self, token: Token, key: str) -> SearchFound:
        """Return the orders that a key names and the token may see."""

    def note(self, token: Token, stream: str, fields: str, reason: str | None) -> None:
        """Record who looks, and why."""


def router(entrance: Entrance, searcher: Searcher) -> APIRouter:
    """Return the route that finds orders of a person.

    Args:
        entrance: lets in who may see personal data.
        searcher: finds orders.
    """
    routes = APIRouter(prefix="/v1", tags=["personal data"])
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/SearchAsked"}}}

    @routes.post(
        "/search",
        operation_id="searchOrders",
        response_class=Response,
        responses={
            200: answers.answer(SearchFound, "The orders."),
            **problems(*REFUSED, "too-large", "media-type"),
        },
        openapi_extra={
            "security": [{"token": []}],
            "requestBody": {"required": True, "content": body},
        },
    )
    async def search_orders(request: Request) -> Response:
        """Find orders by any reference or by their person; nobody is found by a part of a name."""
        token = await entrance.admit(request, REVEAL)
        wanted = await read_json(request, SearchAsked)

        return encoded(await asked(lambda: found_for(entrance, searcher, token, wanted)))

    return routes


def found_for(
    entrance: Entrance, searcher: Searcher, token: Token, wanted: SearchAsked
) -> SearchFound:
    """Return what is found for somebody who may, each order of it noted with their reason.

    Raises:
        Problem: 429, they look at too many.
    """
    found = searcher.search(token, wanted.key)
    for one in found.items:
        stream = order_stream(one.shop, one.order)
        entrance.open_order(token, stream)
        searcher.note(token, stream, f"found by {found.understood}", wanted.reason)
    return found
