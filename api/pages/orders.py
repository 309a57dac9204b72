"""The pages of orders: search, the answer to a claim, the timeline, one event with its proof."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import answers, proving
from api.access import Token
from api.cursors import Cursors
from api.orders import OrdersPlace
from api.pages import story
from api.pages.rendering import (
    Pages,
    address,
    language_of,
    order_at,
    twin,
    unless_missing,
    unless_unreadable,
    wants_json,
)
from api.problem import Problem
from api.reading import MOST, asked, encoded
from api.record import Answers, OrdersAsked, look_at, window_of


def router(pages: Pages, record: Answers, proofs: proving.Proofs, cursors: Cursors) -> APIRouter:
    """Return the routes of the pages of orders.

    Args:
        pages: renders them, and lets people in.
        record: answers.
        proofs: proves from the archive.
        cursors: seal and open where a list goes on.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/index.json")
    @routes.get("/")
    async def search(request: Request) -> Response:
        async def page(token: Token) -> Response:
            query = request.query_params
            wanted = orders_asked(token, query)
            walk = ["page", token.id, wanted.q, wanted.shop, wanted.first_day, wanted.last_day]
            cursor = query.get("cursor")
            place = cursors.open(walk, cursor, OrdersPlace) if cursor else OrdersPlace()
            found = await asked(
                lambda: record.orders(
                    token,
                    msgspec.structs.replace(
                        wanted, as_of=place.as_of, before=place.before, outside=place.outside
                    ),
                )
            )
            after = OrdersPlace(found.as_of, found.last, found.outside)
            shown = answers.Orders(
                as_of=found.as_of,
                items=found.items,
                next=None if found.last is None else cursors.seal(walk, after),
                window=answers.Window(wanted.first_day, wanted.last_day),
                outside_window=found.outside,
            )
            if wants_json(request):
                return encoded(shown)
            if wanted.q and len(shown.items) == 1:
                one = shown.items[0]
                return RedirectResponse(order_at(one.shop, one.order), 303)
            return pages.render(
                request, "search.html", token, page=shown, asked=wanted, person=None, cut=False,
                next_at=address(request, cursor=shown.next or ""),
                json_at=twin(request, "/index.json"),
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/orders/{shop}/{number:path}/timeline.json")
    @routes.get("/orders/{shop}/{number:path}/timeline")
    async def timeline(request: Request, shop: str, number: str) -> Response:
        async def page(token: Token) -> Response:
            order, events, masked = await asked(
                lambda: record.timeline(
                    token, look_at(pages.entrance, record, token, shop, number), None
                )
            )
            if wants_json(request):
                return encoded({"order": order, "items": events, "masked_fields": masked})
            kind, newest = _shown(request.query_params)
            told = story.told(events)
            if newest:
                told.reverse()
            counts = Counter(one.kind for one in told)
            return pages.render(
                request, "timeline.html", token, order=order, masked=masked, story=told, kind=kind,
                newest=newest, counts=counts, left_out=len(told) - counts[kind] if kind else 0,
                at=lambda **changes: address(request, **changes),
                json_at=f"{order_at(shop, number)}/timeline.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/orders/{shop}/{number:path}/timeline/{version:int}.json")
    @routes.get("/orders/{shop}/{number:path}/timeline/{version:int}")
    async def event(request: Request, shop: str, number: str, version: int) -> Response:
        async def page(token: Token) -> Response:
            stream = await asked(lambda: look_at(pages.entrance, record, token, shop, number))
            _, events, _ = await asked(lambda: record.timeline(token, stream, None))
            found = [each for each in events if each.version == version]
            if not found:
                raise Problem("not-found")
            one = found[0]
            line = await asked(lambda: record.event(token, one.id, one.source))
            subject = f"{shop}/{number}"
            _, reads, more = await asked(lambda: record.reads(token, subject, 0, None, MOST))
            proof = await unless_missing(lambda: proofs.proof(token, one.id, one.source))
            if wants_json(request):
                return encoded({"event": one, "line": line.line, "proof": proof})
            return pages.render(
                request, "event.html", token, one=one, line=line.line, proof=proof,
                reads=reads, more_reads=more is not None,
                json_at=f"{order_at(shop, number)}/timeline/{one.version}.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/orders/{shop}/{number:path}")
    async def claim(request: Request, shop: str, number: str) -> Response:
        as_json = wants_json(request)
        number = number.removesuffix(".json")

        async def page(token: Token) -> Response:
            stream = await asked(lambda: look_at(pages.entrance, record, token, shop, number))
            day = datetime.now(UTC).date()
            found = await asked(lambda: record.claim(token, stream, day, language_of(request)))
            order, events, masked = await asked(lambda: record.timeline(token, stream, None))
            told = story.told(events)
            steps = story.money(told)
            checkpoint, read = await unless_unreadable(lambda: proofs.checkpoint(None))
            if as_json:
                return encoded(
                    {**found, "money": steps, "checkpoint": checkpoint, "archive_read": read}
                )
            sealed, found_out = await unless_unreadable(lambda: proofs.is_sealed(token, stream))
            return pages.render(
                request, "claim.html", token, claim=found, money_steps=steps, masked=masked,
                versions={one.event.id: one.event.version for one in told},
                corrections=[one for one in told if one.corrects], position=order.as_of,
                sealed=sealed, archive_read=read and found_out,
                printed=datetime.now(UTC).isoformat(" ", "seconds"), checkpoint=checkpoint,
                json_at=f"{order_at(shop, number)}.json",
            )  # fmt: skip

        return await pages.show(request, page)

    return routes


def _shown(query: Mapping[str, str]) -> tuple[str | None, bool]:
    kind, order = query.get("kind") or None, query.get("order") or "oldest"
    if kind not in (None, *story.KINDS) or order not in ("oldest", "newest"):
        raise Problem("invalid")
    return kind, order == "newest"


def orders_asked(token: Token, query: Mapping[str, str]) -> OrdersAsked:
    """Return what is asked for by the fields of the search page.

    Raises:
        Problem: 422.
    """
    shop, q = query.get("shop") or None, (query.get("q") or "").strip() or None
    for text, most in ((shop, 200), (q, 8192)):
        if text is not None and ("\0" in text or len(text) > most):
            raise Problem("invalid")
    try:
        first, last = (
            date.fromisoformat(query[name]) if query.get(name) else None for name in ("from", "to")
        )
    except ValueError:
        raise Problem("invalid", "a day is YYYY-MM-DD") from None
    window = window_of(token, first, last)
    return OrdersAsked(q=q, shop=shop, first_day=window.from_, last_day=window.to)
