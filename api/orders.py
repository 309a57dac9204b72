"""Orders over HTTP: lists, an order's state, its timeline, the answer to a claim.

Nothing here writes to the record but the note that somebody looked.
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from api import answers
from api.access import READ, Token
from api.cursors import Cursors
from api.limiting import Entrance
from api.problem import problems
from api.reading import (
    MOST,
    REFUSED,
    AsOf,
    CursorText,
    Day,
    Limit,
    Number,
    Shop,
    asked,
    described,
    encoded,
    etag_of,
    refuse_unknown,
)
from api.record import Answers, OrdersAsked, look_at, window_of

_JSON = "application/json"


class OrdersPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk over orders goes on."""

    as_of: int | None = None
    before: tuple[str, int] | None = None
    outside: int | None = None


class EventsPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk over events goes on."""

    as_of: int | None = None
    after: int = 0


def router(entrance: Entrance, record: Answers, cursors: Cursors) -> APIRouter:
    """Return the routes that read orders.

    Args:
        entrance: lets in who may read.
        record: answers.
        cursors: seal and open where a walk goes on.
    """
    routes = APIRouter(prefix="/v1", tags=["record"], dependencies=[Depends(refuse_unknown)])

    async def enter(request: Request) -> Token:
        return await entrance.admit(request, READ)

    @routes.get(
        "/orders",
        operation_id="listOrders",
        **described(answers.Orders, "A page.", "cursor-refused"),
    )
    async def list_orders(
        request: Request,
        q: Annotated[
            str | None,
            Query(
                max_length=8192,
                pattern=r"^[^\x00]+$",
                description="Number, tracking number or reference.",
            ),
        ] = None,
        shop: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00/]+$")] = None,
        from_: Annotated[Day | None, Query(alias="from", description="First UTC day.")] = None,
        to: Annotated[Day | None, Query(description="Last UTC day.")] = None,
        as_of: AsOf = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Response:
        """List orders, the newest first. A page after the first shows the state of the first."""
        token = await enter(request)
        walk = ["orders", token.id, q, shop, from_, to]
        place = (
            cursors.open(walk, cursor, OrdersPlace) if cursor is not None else OrdersPlace(as_of)
        )
        window = window_of(token, from_, to)
        wanted = OrdersAsked(
            q=q, shop=shop, first_day=window.from_, last_day=window.to, as_of=place.as_of,
            before=place.before, outside=place.outside, limit=limit,
        )  # fmt: skip
        found = await asked(lambda: record.orders(token, wanted))
        after = OrdersPlace(found.as_of, found.last, found.outside)
        return encoded(
            answers.Orders(
                as_of=found.as_of,
                items=found.items,
                next=None if found.last is None else cursors.seal(walk, after),
                window=window,
                outside_window=found.outside,
            )
        )

    @routes.get(
        "/orders/{shop}/{number:path}/events",
        operation_id="listEventsOfOrder",
        **described(answers.Timeline, "A page.", "cursor-refused", "altered"),
    )
    async def list_events_of_order(
        request: Request, shop: Shop, number: Number, as_of: AsOf = None, limit: Limit = MOST,
        cursor: CursorText = None,
    ) -> Response:  # fmt: skip
        """List an order's events, the oldest first, personal data masked."""
        token = await enter(request)
        walk = ["timeline", token.id, shop, number]
        place = (
            cursors.open(walk, cursor, EventsPlace) if cursor is not None else EventsPlace(as_of)
        )

        def work() -> tuple[answers.OneOrder, list[answers.TimelineEvent], int]:
            return record.timeline(
                token, look_at(entrance, record, token, shop, number), place.as_of
            )

        order, events, masked = await asked(work)
        shown = [each for each in events if each.version > place.after]
        more = len(shown) > limit
        shown = shown[:limit]
        after = EventsPlace(order.as_of, shown[-1].version if shown else 0)
        page = answers.Timeline(
            as_of=order.as_of, shop=shop, order=number, head=order.head, items=shown,
            next=cursors.seal(walk, after) if more else None, window=answers.Window(),
            outside_window=0, masked_fields=masked,
        )  # fmt: skip
        return encoded(page, etag_of(request, order.head))

    @routes.get(
        "/orders/{shop}/{number:path}/claim",
        operation_id="answerClaim",
        response_class=Response,
        responses={
            200: {
                "description": "The answer, as `orderproof claim --json` gives it, and `missing`: "
                "what was looked for, what it means, and who is to be asked for what is missing.",
                "content": {_JSON: {"schema": {"type": "object"}}},
            },
            **problems(*REFUSED, "altered"),
        },
        openapi_extra={"security": [{"token": []}]},
    )
    async def answer_claim(
        request: Request, shop: Shop, number: Number,
        day: Annotated[Day | None, Query(description="Day of the answer; today if none.")] = None,
        lang: Annotated[str, Query(pattern="^(en|zh)$")] = "en",
    ) -> Response:  # fmt: skip
        """Answer "my refund never came" for an order."""
        token = await enter(request)
        on = day or datetime.now(UTC).date()
        found = await asked(
            lambda: record.claim(token, look_at(entrance, record, token, shop, number), on, lang)
        )
        return encoded(found)

    @routes.get(
        "/orders/{shop}/{number:path}",
        operation_id="getOrder",
        **described(answers.OneOrder, "The order.", "altered"),
    )
    async def get_order(
        request: Request, shop: Shop, number: Number, as_of: AsOf = None
    ) -> Response:
        """Return an order's state. Its ETag is the hash of its newest event."""
        token = await enter(request)
        order, _, _ = await asked(
            lambda: record.timeline(token, look_at(entrance, record, token, shop, number), as_of)
        )
        return encoded(order, etag_of(request, order.head))

    return routes
