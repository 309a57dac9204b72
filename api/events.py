"""Events over HTTP: a walk through the log, one event, who looked, and what one may see."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api import answers
from api.access import READ, Token
from api.cursors import Cursors
from api.limiting import Entrance
from api.orders import EventsPlace
from api.reading import (
    MOST,
    AsOf,
    CursorText,
    Limit,
    asked,
    described,
    encoded,
    etag_of,
    refuse_unknown,
)
from api.record import Answers, engagement_of, look_at, look_at_all, window_of
from domain.stream import order_stream


def router(entrance: Entrance, record: Answers, cursors: Cursors) -> APIRouter:
    """Return the routes that read events, and who read what.

    Args:
        entrance: lets in who may read.
        record: answers.
        cursors: seal and open where a walk goes on.
    """
    routes = APIRouter(prefix="/v1", tags=["record"], dependencies=[Depends(refuse_unknown)])

    async def enter(request: Request) -> Token:
        return await entrance.admit(request, READ)

    @routes.get(
        "/events",
        operation_id="listEvents",
        **described(answers.Events, "A page; it may be empty and not the last.", "cursor-refused"),
    )
    async def list_events(
        request: Request,
        type: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")] = None,
        shop: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00/]+$")] = None,
        after: Annotated[int, Query(ge=0, le=2**53, description="Begin behind this position.")] = 0,
        as_of: AsOf = None,
        limit: Limit = MOST,
        cursor: CursorText = None,
    ) -> Response:
        """Walk the log, the oldest first, up to the position at which the walk began."""
        token = await enter(request)
        walk = ["events", token.id, type, shop]
        first = EventsPlace(as_of, after)
        place = cursors.open(walk, cursor, EventsPlace) if cursor is not None else first

        def work() -> tuple[int, tuple[list[answers.Event], int | None, int]]:
            size = record.size(token)
            upto = size if place.as_of is None else min(place.as_of, size)
            found = record.events(token, shop, type, place.after, upto, limit)
            orders = [(each.shop, each.order) for each in found[0]]
            seen = (order_stream(of, own) for of, own in orders if of is not None and own)
            look_at_all(entrance, record, token, seen)
            return upto, found

        upto, (items, last, masked) = await asked(work)
        return encoded(
            answers.Events(
                as_of=upto, items=items,
                next=None if last is None else cursors.seal(walk, EventsPlace(upto, last)),
                window=window_of(token, None, None), outside_window=0, masked_fields=masked,
            )
        )  # fmt: skip

    @routes.get(
        "/events/{id:path}",
        operation_id="getEvent",
        **described(answers.OneEvent, "The event.", "several", "altered"),
    )
    async def get_event(
        request: Request,
        id: Annotated[str, Path(min_length=1, max_length=512, pattern=r"^[^\x00]+$")],
        source: Annotated[
            str | None, Query(max_length=512, description="Where several sources have the id.")
        ] = None,
    ) -> Response:
        """Return an event by its id, or by its position where no event has that id."""
        token = await enter(request)

        def work() -> answers.OneEvent:
            found = record.event(token, id, source)
            if found.event.shop is not None:
                look_at(entrance, record, token, found.event.shop, found.event.order or "")
            return found

        found = await asked(work)
        return encoded(found, etag_of(request, found.event.hash))

    @routes.get(
        "/reads",
        operation_id="listReads",
        **described(answers.Reads, "Who looked.", "cursor-refused"),
    )
    async def list_reads(
        request: Request,
        subject: Annotated[
            str, Query(min_length=1, max_length=8192, pattern=r"^[^\x00]+$",
                       description="An order, shop/number."),
        ],
        as_of: AsOf = None,
        limit: Limit = MOST,
        cursor: CursorText = None,
    ) -> Response:  # fmt: skip
        """Tell who looked at an order over HTTP or at the desk, when, and why; the oldest first."""
        token = await enter(request)
        walk = ["reads", token.id, subject]
        first = EventsPlace(as_of, 0)
        place = cursors.open(walk, cursor, EventsPlace) if cursor is not None else first
        upto, items, last = await asked(
            lambda: record.reads(token, subject, place.after, place.as_of, limit)
        )
        return encoded(
            answers.Reads(
                as_of=upto, items=items,
                next=None if last is None else cursors.seal(walk, EventsPlace(upto, last)),
                window=window_of(token, None, None),
            )
        )  # fmt: skip

    @routes.get(
        "/engagements/me",
        operation_id="getEngagement",
        **described(answers.Engagement, "What this token may see."),
    )
    async def get_engagement(request: Request) -> Response:
        """Tell what this token may see, for what, and until when."""
        token = await enter(request)
        return encoded(engagement_of(token))

    return routes
