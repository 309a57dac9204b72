"""The page of the order desk: the tracking table, in the sequence of the work."""

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter, Request, Response

from api.access import DESK, Token
from api.cursors import Cursors
from api.pages.rendering import Pages, address, language_of, twin, wants_json
from api.problem import Problem
from api.reading import asked, encoded
from api.tracking import Count, Quadrant, Row, TableAsked, Tracking


class TablePlace(msgspec.Struct, frozen=True):
    """Where the table goes on."""

    after: tuple[int | str, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the table as JSON; see `api.tracking.TableFound`."""

    as_of: int
    at: str
    columns: dict[str, str]
    quadrants: list[Quadrant]
    overdue: Count
    silence: int
    rows: list[Row]
    next: str | None


def router(pages: Pages, tracking: Tracking, cursors: Cursors) -> APIRouter:
    """Return the route of this page.

    Args:
        pages: renders it, and lets people in.
        tracking: reads the table.
        cursors: seal and open where the table goes on.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk.json")
    @routes.get("/desk")
    async def desk(request: Request) -> Response:
        async def page(token: Token) -> Response:
            wanted = _table_asked(request.query_params)
            walk = ["desk", token.id, wanted.shop, wanted.quadrant, wanted.overdue]
            cursor = request.query_params.get("cursor")
            if cursor:
                place = cursors.open(walk, cursor, TablePlace)
                wanted = msgspec.structs.replace(wanted, after=place.after)
            found = await asked(lambda: tracking.table(token, wanted, language_of(request)))
            following = None if found.last is None else cursors.seal(walk, TablePlace(found.last))
            given = msgspec.structs.asdict(found)
            del given["last"]
            table = Table(**given, next=following)
            if wants_json(request):
                return encoded(table)
            return pages.render(
                request, "desk.html", token, page=table, asked=wanted,
                at=lambda **changes: address(request, cursor="", **changes),
                next_at=address(request, cursor=following or ""),
                json_at=twin(request, "/desk.json"),
            )  # fmt: skip

        return await pages.show(request, page, DESK)

    return routes


def _table_asked(query: Mapping[str, str]) -> TableAsked:
    shop, quadrant, overdue = (query.get(name) or None for name in ("shop", "quadrant", "overdue"))
    if shop is not None and ("\0" in shop or len(shop) > 200):
        raise Problem("invalid")
    if quadrant not in (None, "1", "2", "3", "4") or overdue not in (None, "1"):
        raise Problem("invalid", "quadrant is 1 to 4, overdue is 1")
    return TableAsked(
        shop=shop, quadrant=None if quadrant is None else int(quadrant), overdue=overdue is not None
    )
