"""The page of the order desk: the tracking table, in the sequence of the work."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec
from fastapi import APIRouter, Request, Response

from api.access import DESK, Token
from api.cursors import Cursors
from api.pages.rendering import Pages, address, language_of, twin, wants_json
from api.problem import Problem
from api.reading import asked, encoded
from api.tracking import TableAsked, Tracking

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIRST = date(1970, 1, 1)


class TablePlace(msgspec.Struct, frozen=True):
    """Where the table goes on."""

    after: tuple[int | str, ...]


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
            walk = [
                "desk", token.id, wanted.shop, wanted.quadrant, wanted.overdue, wanted.owner,
                wanted.undecided, wanted.day,
            ]  # fmt: skip
            cursor = request.query_params.get("cursor")
            if cursor:
                place = cursors.open(walk, cursor, TablePlace)
                wanted = msgspec.structs.replace(wanted, after=place.after)
            found, last = await asked(lambda: tracking.table(token, wanted, language_of(request)))
            following = None if last is None else cursors.seal(walk, TablePlace(last))
            table = msgspec.structs.replace(found, next=following)
            if wants_json(request):
                return encoded(table)
            return pages.render(
                request, "desk.html", token, page=table, asked=wanted,
                today=datetime.now(UTC).date(), step=timedelta(days=1),
                at=lambda **changes: address(request, cursor="", **changes),
                next_at=address(request, cursor=following or ""),
                json_at=twin(request, "/desk.json"),
            )  # fmt: skip

        return await pages.show(request, page, DESK)

    return routes


def _table_asked(query: Mapping[str, str]) -> TableAsked:
    shop, owner = query.get("shop") or None, query.get("owner") or None
    for text in (shop, owner):
        if text is not None and ("\0" in text or len(text) > 200):
            raise Problem("invalid")
    quadrant = query.get("quadrant") or None
    if quadrant not in (None, "1", "2", "3", "4"):
        raise Problem("invalid", "quadrant is 1 to 4")
    overdue, undecided = _flag(query, "overdue"), _flag(query, "undecided")
    if overdue and (owner is not None or undecided):
        raise Problem("invalid", "overdue goes without owner and undecided")
    return TableAsked(
        shop=shop,
        quadrant=None if quadrant is None else int(quadrant),
        owner=owner,
        overdue=overdue,
        undecided=undecided,
        day=_past_day(query.get("day") or None, datetime.now(UTC).date()),
    )


def _flag(query: Mapping[str, str], name: str) -> bool:
    value = query.get(name) or None
    if value not in (None, "1"):
        raise Problem("invalid", f"{name} is 1")
    return value is not None


def _past_day(text: str | None, today: date) -> date | None:
    """Return a past day; None for today, which is now."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not _FIRST <= day <= today:
        raise Problem("invalid", "day is YYYY-MM-DD, from 1970-01-01 to today")
    return None if day == today else day
