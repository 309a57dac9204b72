"""What the page of a claim does: records the answer with its letter, hands out the history."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from api import proving
from api.access import DESK, Token
from api.claiming import ClaimAsked, ClaimRecorded, Claims, recorded
from api.pages import session
from api.pages.rendering import Pages, language_of
from api.reading import asked
from api.record import Answers, look_at
from domain.errors import CommandRefusedError


def router(pages: Pages, record: Answers, proofs: proving.Proofs, claims: Claims) -> APIRouter:
    """Return the routes of the claim's actions.

    Args:
        pages: renders them, and lets people in.
        record: records that somebody looked.
        proofs: hands out sealed histories.
        claims: answers and records.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.post("/orders/{shop}/{number:path}/answer")
    async def answer(request: Request, shop: str, number: str) -> Response:
        async def page(token: Token) -> Response:
            await session.form(request, pages.key)
            wanted = ClaimAsked(language="zh" if language_of(request) == "zh" else "en")

            def work() -> ClaimRecorded | CommandRefusedError:
                stream = look_at(pages.entrance, record, token, shop, number)
                try:
                    return recorded(claims, token, stream, wanted)
                except CommandRefusedError as error:
                    return error

            found = await asked(work)
            refused = isinstance(found, CommandRefusedError)
            return pages.render(
                request, "letter.html", token, 409 if refused else 200, shop=shop, number=number,
                recorded=None if refused else found, refused=found if refused else None,
            )  # fmt: skip

        return await pages.show(request, page, DESK)

    @routes.get("/orders/{shop}/{number:path}/history")
    async def history(request: Request, shop: str, number: str) -> Response:
        async def page(token: Token) -> Response:
            found = await proving.proved(
                lambda: proofs.history(
                    token, look_at(pages.entrance, record, token, shop, number), None
                )
            )
            name = quote(found.name, safe="")
            return Response(
                found.data,
                media_type=proving.GZIP,
                headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
            )

        return await pages.show(request, page)

    return routes
