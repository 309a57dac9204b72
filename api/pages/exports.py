"""The page of exports: asked for, followed, downloaded."""

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from api.access import EXPORT, Token
from api.exporting import ExportAsked, Exports, JobList, require_days
from api.pages import session
from api.pages.rendering import Pages, wants_json
from api.problem import Problem
from api.reading import asked, encoded


def router(pages: Pages, exports: Exports) -> APIRouter:
    """Return the routes of this page.

    Args:
        pages: renders it, and lets people in.
        exports: makes them.
    """
    routes = APIRouter(include_in_schema=False)

    async def export_page(
        request: Request, token: Token, given: Mapping[str, str], *, wrong: bool
    ) -> Response:
        jobs = await asked(lambda: exports.every(token))
        if wants_json(request):
            return encoded(JobList(items=jobs))
        shown = {
            name: given.get(name) for name in ("kind", "format", "shop", "from", "to", "reason")
        }
        return pages.render(
            request, "exports.html", token, 422 if wrong else 200, jobs=jobs, given=shown,
            wrong=wrong, json_at="/exports.json",
        )  # fmt: skip

    @routes.get("/exports.json")
    @routes.get("/exports")
    async def export_form(request: Request) -> Response:
        async def page(token: Token) -> Response:
            return await export_page(request, token, request.query_params, wrong=False)

        return await pages.show(request, page, EXPORT)

    @routes.post("/exports")
    async def start_export(request: Request) -> Response:
        async def page(token: Token) -> Response:
            fields = await session.form(request, pages.key)
            wanted = _export_asked(fields)
            if wanted is None:
                return await export_page(request, token, fields, wrong=True)
            await asked(lambda: exports.start(token, wanted))
            return RedirectResponse("/exports", 303)

        return await pages.show(request, page, EXPORT)

    @routes.get("/exports/{own}/{part}")
    async def download(request: Request, own: str, part: str) -> Response:
        async def page(token: Token) -> Response:
            if part not in ("data", "manifest", "signature"):
                raise Problem("not-found")
            path = await asked(lambda: exports.file(token, own, part))
            return FileResponse(path, media_type="application/octet-stream", filename=path.name)

        return await pages.show(request, page, EXPORT)

    return routes


def _export_asked(fields: Mapping[str, str]) -> ExportAsked | None:
    given = {name: value for name, value in fields.items() if name != "csrf" and value}
    try:
        wanted = msgspec.convert(given, ExportAsked)
        require_days(wanted)
    except (msgspec.ValidationError, Problem):
        return None
    return wanted
