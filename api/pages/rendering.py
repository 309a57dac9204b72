"""What all pages share: who looks, the language, the frame around them, and what goes wrong."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlencode

import psycopg2
from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from api import proving
from api.access import READ, Gate, Token
from api.limiting import Entrance
from api.pages import session, story
from api.pages.accepting import prefers_json
from api.pages.session import Sessions
from api.pages.words import LANGUAGES, TAGS, chosen, words
from api.problem import KINDS, Problem, of_store
from domain.money import format_money
from eventstore.errors import EventStoreError

STEPS = ("requested", "approved", "submitted", "succeeded", "settled", "failed")
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_LANGUAGE = "language"
VARY = "Cookie, Accept, Accept-Language"
_SAID = {404: "not_found", 403: "forbidden", 429: "too_many", 503: "unavailable"}

_ENVIRONMENT = Environment(
    loader=PackageLoader("api.pages"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip

Page = Callable[[Token], Awaitable[Response]]


class Pages:
    """Renders pages, and lets in who has a session.

    Args:
        entrance: counts who asks.
        gate: knows the tokens.
        sessions: knows who is logged in.
        key: guards forms.
    """

    def __init__(self, entrance: Entrance, gate: Gate, sessions: Sessions, key: bytes) -> None:
        self.entrance = entrance
        self.gate = gate
        self.sessions = sessions
        self.key = key

    def render(
        self, request: Request, name: str, token: Token | None, status: int = 200, **more: Any
    ) -> Response:
        """Return a page."""
        language = language_of(request)
        text = _ENVIRONMENT.get_template(name).render(
            w=words(language),
            language=language,
            languages=LANGUAGES,
            tags=TAGS,
            tag=TAGS[language],
            token=token,
            may=lambda scope: token is not None and token.may(scope),
            csrf=session.mark(request, self.key),
            at_language=lambda code: address(request, lang=code),
            order_at=order_at,
            money=_money,
            pretty=lambda value: json.dumps(value, ensure_ascii=False, indent=1),
            steps=STEPS,
            event_kinds=story.KINDS,
            json_at=more.pop("json_at", None),
            **more,
        )
        headers = {"Content-Security-Policy": _CSP, "Content-Language": TAGS[language],
                   "Vary": VARY}  # fmt: skip
        response = Response(text, status, headers, media_type="text/html")
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                _LANGUAGE, language, max_age=31536000, samesite="strict", secure=True, httponly=True
            )
        return response

    async def show(self, request: Request, page: Page, scope: str = READ) -> Response:
        """Show a page to who is logged in and may see it; ask anybody else to log in."""
        token = None
        try:
            token = await run_in_threadpool(session.token_of, request, self.sessions, self.gate)
            if token is None:
                to = urlencode({"next": address(request)})
                return RedirectResponse(f"/login?{to}", 303)
            self.entrance.take(request, "requests", token.id)
            if not token.may(scope):
                raise Problem("scope-missing")
            answer = await page(token)
            answer.headers["Vary"] = VARY
            return answer
        except Problem as problem:
            return self.tell(request, token, problem)
        except (psycopg2.Error, EventStoreError) as error:
            known = of_store(error)
            if known is None:
                raise
            return self.tell(request, token, known)

    def tell(self, request: Request, token: Token | None, problem: Problem) -> Response:
        """Return the page that tells of a problem."""
        status = KINDS[problem.kind].status
        name = _SAID.get(status)
        said = words(language_of(request))[name] if name else KINDS[problem.kind].title
        response = self.render(request, "problem.html", token, status, said=said, code=status)
        for header, value in problem.headers.items():
            response.headers[header] = value
        return response


def language_of(request: Request) -> str:
    """Return the language of who asks."""
    return chosen(
        request.query_params.get("lang"),
        request.cookies.get(_LANGUAGE),
        request.headers.get("accept-language", ""),
    )


def wants_json(request: Request) -> bool:
    """Tell whether a page's data is asked for instead of the page: by address, or by `Accept`."""
    named = str(request.scope["path"]).endswith(".json")
    return named or prefers_json(request.headers.get("accept", ""))


def order_at(shop: str, number: str) -> str:
    """Return the address of an order's page."""
    return f"/orders/{quote(shop, safe='')}/{quote(number, safe='')}"


def _money(value: int | None, currency: str | None) -> str:
    return "–" if value is None else format_money(value, currency)


def address(request: Request, **changes: str) -> str:
    """Return a request's own address with other parameters; those that are empty go."""
    query = {**request.query_params, **changes}
    given = urlencode({name: value for name, value in query.items() if value})
    path = quote(request.scope["path"])
    return f"{path}?{given}" if given else path


def twin(request: Request, path: str) -> str:
    """Return the address of a page's data with the page's own parameters."""
    return f"{path}?{request.url.query}" if request.url.query else path


async def unless_missing(work: Callable[[], Any]) -> Any:
    """Do work that reads the archive; None where there is nothing yet."""
    try:
        return await proving.proved(work)
    except Problem as problem:
        if problem.kind not in ("not-published", "not-found"):
            raise
        return None


async def unless_unreadable(work: Callable[[], Any]) -> tuple[Any, bool]:
    """Do work that reads the archive, as `unless_missing`; tell whether it could be read."""
    try:
        return await unless_missing(work), True
    except Problem as problem:
        if problem.kind != "unavailable":
            raise
        return None, False
