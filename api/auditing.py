"""Reading the record over HTTP: orders, their events and claims, and who looked at them.

Nothing here writes to the record but the note that somebody looked.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BeforeValidator
from starlette.concurrency import run_in_threadpool

from api import answers
from api.access import READ, Token
from api.answers import answer
from api.cursors import Cursors
from api.intake import problems
from api.limiting import Entrance
from api.problem import NotModified, Problem
from domain.stream import order_stream, split_order_stream

_JSON = "application/json"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_T = TypeVar("_T")

MASKED = "masked"
"""What of personal data somebody was shown: none."""

MOST = 200
"""Items of a page."""


class OrdersAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders: see `projections.order_summary.Asked`; `q` names one by any reference."""

    q: str | None = None
    shop: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    as_of: int | None = None
    before: tuple[str, int] | None = None
    outside: int | None = None
    limit: int = 50


class OrdersFound(msgspec.Struct, frozen=True, kw_only=True):
    """A page; `last` is where the next one begins, None where there is none."""

    as_of: int
    items: list[answers.Order]
    outside: int
    last: tuple[str, int] | None


class SeveralEventsError(Exception):
    """Several events have an id.

    Args:
        sources: of them.
    """

    def __init__(self, sources: list[str]) -> None:
        super().__init__("several events have this id")
        self.sources = sources


class Answers(Protocol):
    """Answers what a token may see, and nothing else. LookupError: nothing that it may see."""

    def orders(self, token: Token, asked: OrdersAsked) -> OrdersFound:
        """List orders."""

    def timeline(
        self, token: Token, stream: str, as_of: int | None
    ) -> tuple[answers.OneOrder, list[answers.TimelineEvent], int]:
        """Return an order, all its events up to a position, and how many parts are masked."""

    def claim(self, token: Token, stream: str, day: date, language: str) -> dict[str, Any]:
        """Return the answer to a claim."""

    def events(
        self, token: Token, shop: str | None, type: str | None, after: int, upto: int, limit: int
    ) -> tuple[list[answers.Event], int | None, int]:
        """List events; return where the next page begins, and how many parts are masked."""

    def event(self, token: Token, id: str, source: str | None) -> answers.OneEvent:
        """Return an event by its id, or by its position where no event has that id."""

    def size(self, token: Token) -> int:
        """Return the newest position."""

    def reads(self, token: Token, subject: str) -> answers.Reads:
        """Return who looked at the orders of a subject."""

    def note(self, token: Token, stream: str, fields: str, reason: str | None) -> None:
        """Record that somebody looks at an order that they may see."""

    def note_all(self, token: Token, streams: Sequence[str]) -> None:
        """Record that somebody was shown events of these orders, masked."""


def refuse_unknown(request: Request) -> None:
    """Refuse parameters that nobody declared: a filter that is not applied would be a lie.

    Raises:
        Problem: 422.
    """
    known = {each.alias for each in request.scope["route"].dependant.query_params}
    if unknown := sorted(set(request.query_params) - known):
        raise Problem(
            "invalid",
            f"no such parameter here; known are {', '.join(sorted(known))}",
            errors=[{"place": name[:100], "code": "parameter-unknown"} for name in unknown],
        )


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


def look_at(entrance: Entrance, record: Answers, token: Token, shop: str, number: str) -> str:
    """Count and record that a token opens an order; return the order's stream.

    Raises:
        LookupError: there is none that it may see.
        Problem: it opens too many.
    """
    stream = order_stream(shop, number)
    entrance.open_order(token, stream)
    record.note(token, stream, ", ".join(sorted(token.opens)) or MASKED, None)
    return stream


def look_at_all(entrance: Entrance, record: Answers, token: Token, found: Iterable[str]) -> None:
    """Count and record that a token sees events of these orders."""
    streams = sorted(set(found))
    for stream in streams:
        entrance.open_order(token, stream)
    record.note_all(token, streams)


def engagement_of(token: Token) -> answers.Engagement:
    """Tell what a token may see."""
    limit = token.engagement
    ends = min(token.expires_at, limit.expires_at) if limit else token.expires_at
    return answers.Engagement(
        token=token.id,
        role=token.role,
        label=token.label,
        shops=[shop for shop in token.sees.shops if shop],
        window=window_of(token, None, None),
        fields=sorted(token.opens),
        purpose=limit.purpose if limit else None,
        expires_at=ends.isoformat(timespec="seconds"),
    )


def router(entrance: Entrance, record: Answers, cursors: Cursors) -> APIRouter:
    """Return the routes that read orders and events.

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
                "description": "The answer, as `orderproof claim --json` gives it.",
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

    @routes.get("/reads", operation_id="listReads", **described(answers.Reads, "Who looked."))
    async def list_reads(
        request: Request,
        subject: Annotated[
            str, Query(min_length=1, max_length=8192, pattern=r"^[^\x00]+$",
                       description="An order, shop/number."),
        ],
    ) -> Response:  # fmt: skip
        """Tell who looked at an order over HTTP or at the desk, when, and why."""
        token = await enter(request)
        return encoded(await asked(lambda: record.reads(token, subject)))

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


class OrdersPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk over orders goes on."""

    as_of: int | None = None
    before: tuple[str, int] | None = None
    outside: int | None = None


class EventsPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk over events goes on."""

    as_of: int | None = None
    after: int = 0


def window_of(token: Token, first: date | None, last: date | None) -> answers.Window:
    """Return the days that are asked for, as far as the token may see them."""
    sees = token.sees
    starts = [day for day in (sees.first_day, first and first.isoformat()) if day]
    ends = [day for day in (sees.last_day, last and last.isoformat()) if day]
    return answers.Window(max(starts, default=None), min(ends, default=None))


def shop_and_number(stream: str) -> tuple[str | None, str | None]:
    """Return shop and number of an order's stream, neither of another one."""
    return split_order_stream(stream) or (None, None)
