"""Logging in and out of the pages, and what they are dressed in."""

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.access import OPERATE, READ, Gate, Token
from api.pages import session
from api.pages.rendering import Pages
from api.problem import Problem

_KEPT = {"Cache-Control": "max-age=3600"}
_STYLE = files("api.pages").joinpath("style.css").read_text(encoding="utf-8")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#1a4fc4"'
    ' stroke-width="1.75"><circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.1 2.1L11 6.3"/></svg>'
)


def router(pages: Pages) -> APIRouter:
    """Return the routes that let people in and out.

    Args:
        pages: renders them.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/style.css")
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css", headers=_KEPT)

    @routes.get("/icon.svg")
    async def icon() -> Response:
        return Response(
            _ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
        )

    @routes.get("/login")
    async def login(request: Request) -> Response:
        return pages.render(
            request, "login.html", None, next=_local(request.query_params.get("next", "/")),
            refused=False,
        )  # fmt: skip

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        try:
            pages.entrance.refuse_guessing(request)
            fields = await session.form(request, None)
        except Problem as problem:
            return pages.tell(request, None, problem)
        to = _local(fields.get("next", "/"))
        header = f"Bearer {fields.get('token', '').strip()}"
        try:
            token = await run_in_threadpool(_admitted, pages.gate, header)
            secret = await run_in_threadpool(pages.sessions.begin, token)
        except Problem as problem:
            pages.entrance.note(request, problem)
            return pages.render(request, "login.html", None, 401, next=to, refused=True)
        if to == "/" and not token.may(READ):
            to = "/operations"
        response = RedirectResponse(to, 303)
        session.keep(response, secret)
        return response

    @routes.post("/logout")
    async def log_out(request: Request) -> Response:
        try:
            await session.form(request, pages.key)
        except Problem as problem:
            return pages.tell(request, None, problem)
        secret = request.cookies.get(session.COOKIE, "")
        await run_in_threadpool(pages.sessions.end, secret)
        response = RedirectResponse("/login", 303)
        session.forget(response)
        return response

    return routes


def _admitted(gate: Gate, header: str) -> Token:
    """Return the token of whoever reads, or keeps the service running: there are pages for both."""
    try:
        return gate.admit(header, READ)
    except Problem as problem:
        if problem.kind != "scope-missing":
            raise
        return gate.admit(header, OPERATE)


def _local(address: str) -> str:
    """Return an address of this host, whatever somebody wrote into a link."""
    safe = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if safe and address.isprintable() else "/"
