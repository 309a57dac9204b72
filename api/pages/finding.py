"""The box that finds orders. What is typed into it comes in a body, as it may name a person."""

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import URL

from api import answers
from api.access import REVEAL, Token
from api.pages import session
from api.pages.orders import orders_asked
from api.pages.rendering import Pages, order_at
from api.reading import asked
from api.record import Answers, OrdersAsked
from api.searching import SearchAsked, Searcher, found_for
from domain.person import is_address_of_a_person


def router(pages: Pages, record: Answers, searcher: Searcher) -> APIRouter:
    """Return the route that the box of the search page leads to.

    Args:
        pages: renders what was found, and lets people in.
        record: finds orders by their numbers and references.
        searcher: finds them by their people.
    """
    routes = APIRouter(include_in_schema=False)

    def render(
        request: Request, token: Token, wanted: OrdersAsked, shown: answers.Orders,
        status: int = 200, person: str | None = None, *, cut: bool = False,
    ) -> Response:  # fmt: skip
        return pages.render(
            request, "search.html", token, status, page=shown, asked=wanted, person=person,
            cut=cut, next_at="", json_at="/index.json",
        )  # fmt: skip

    @routes.post("/")
    async def find(request: Request) -> Response:
        async def page(token: Token) -> Response:
            fields = await session.form(request, pages.key)
            wanted = orders_asked(token, fields)
            if wanted.q is None:
                return _plain(fields)
            found = await asked(lambda: record.orders(token, wanted))
            if len(found.items) == 1:
                return _at(found.items[0])
            if found.items:
                return _plain(fields)  # several shops know it, so it is nobody's address
            shown = answers.Orders(
                as_of=found.as_of, items=[], next=None,
                window=answers.Window(wanted.first_day, wanted.last_day),
                outside_window=found.outside,
            )  # fmt: skip
            if not is_address_of_a_person(wanted.q):
                return render(request, token, wanted, shown)
            if not token.may(REVEAL):
                return render(request, token, wanted, shown, 403, "refused")
            reason = fields.get("reason", "").strip()
            why = _why(wanted.q, reason)
            if why is None:
                return render(request, token, wanted, shown, 422 if reason else 200, "reason")
            theirs = await asked(lambda: found_for(pages.entrance, searcher, token, why))
            if len(theirs.items) == 1 and not theirs.more:
                return _at(theirs.items[0])
            shown = msgspec.structs.replace(shown, as_of=theirs.as_of, items=theirs.items)
            return render(request, token, wanted, shown, person="found", cut=theirs.more)

        return await pages.show(request, page)

    return routes


def _plain(fields: session.Fields) -> Response:
    given = {name: fields[name] for name in ("q", "shop", "from", "to") if fields.get(name)}
    return RedirectResponse(str(URL("/").include_query_params(**given)), 303)


def _at(one: answers.Order) -> Response:
    return RedirectResponse(order_at(one.shop, one.order), 303)


def _why(key: str, reason: str) -> SearchAsked | None:
    try:
        return msgspec.convert({"key": key, "reason": reason}, SearchAsked)
    except msgspec.ValidationError:
        return None
