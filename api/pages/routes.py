"""The routes of the pages. Each page's address plus `.json` is the same data."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import psycopg2
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from api import answers, exporting, proving
from api.access import EXPORT, READ, Gate, Token
from api.cursors import Cursors
from api.exporting import ExportAsked
from api.limiting import Entrance
from api.orders import OrdersPlace
from api.pages import session
from api.pages.session import Sessions
from api.pages.words import LANGUAGES, TAGS, chosen, words
from api.problem import KINDS, Problem, of_store
from api.reading import asked, encoded
from api.record import Answers, OrdersAsked, engagement_of, look_at, window_of
from domain.money import format_money
from eventstore.errors import EventStoreError

STEPS = ("requested", "approved", "submitted", "succeeded", "settled", "failed")
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_KEPT = {"Cache-Control": "max-age=3600"}
_LANGUAGE = "language"
_RUNS = 50
_SAID = {404: "not_found", 403: "forbidden", 429: "too_many", 503: "unavailable"}

_ENVIRONMENT = Environment(
    loader=PackageLoader("api.pages"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_STYLE = files("api.pages").joinpath("style.css").read_text(encoding="utf-8")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#1a4fc4"'
    ' stroke-width="1.75"><circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.1 2.1L11 6.3"/></svg>'
)

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
        asked_for = request.query_params.get("lang")
        accepted = request.headers.get("accept-language", "")
        language = chosen(asked_for, request.cookies.get(_LANGUAGE), accepted)
        text = _ENVIRONMENT.get_template(name).render(
            w=words(language),
            language=language,
            languages=LANGUAGES,
            tags=TAGS,
            tag=TAGS[language],
            token=token,
            may_export=token is not None and token.may(EXPORT),
            csrf=session.mark(request, self.key),
            at_language=lambda code: _address(request, lang=code),
            order_at=order_at,
            money=_money,
            pretty=lambda value: json.dumps(value, ensure_ascii=False, indent=1),
            steps=STEPS,
            json_at=more.pop("json_at", None),
            **more,
        )
        headers = {"Content-Security-Policy": _CSP, "Content-Language": TAGS[language],
                   "Vary": "Cookie, Accept-Language"}  # fmt: skip
        response = Response(text, status, headers, media_type="text/html")
        if asked_for in LANGUAGES:
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
                to = urlencode({"next": _address(request)})
                return RedirectResponse(f"/login?{to}", 303)
            self.entrance.take(request, "requests", token.id)
            if not token.may(scope):
                raise Problem("scope-missing")
            return await page(token)
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
        language = chosen(
            request.query_params.get("lang"),
            request.cookies.get(_LANGUAGE),
            request.headers.get("accept-language", ""),
        )
        said = words(language)[name] if name else KINDS[problem.kind].title
        response = self.render(request, "problem.html", token, status, said=said, code=status)
        for header, value in problem.headers.items():
            response.headers[header] = value
        return response


def router(
    pages: Pages,
    record: Answers,
    proofs: proving.Proofs,
    exports: exporting.Exports,
    cursors: Cursors,
) -> APIRouter:
    """Return the routes of the pages.

    Args:
        pages: renders them, and lets people in.
        record: answers.
        proofs: proves from the archive.
        exports: makes exports.
        cursors: seal and open where a list goes on.
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
            token = await run_in_threadpool(pages.gate.admit, header, READ)
            secret = await run_in_threadpool(pages.sessions.begin, token.id)
        except Problem as problem:
            pages.entrance.note(request, problem)
            return pages.render(request, "login.html", None, 401, next=to, refused=True)
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

    @routes.get("/index.json")
    @routes.get("/")
    async def search(request: Request) -> Response:
        async def page(token: Token) -> Response:
            query = request.query_params
            wanted = _orders_asked(token, query)
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
            if request.url.path.endswith(".json"):
                return encoded(shown)
            if wanted.q and len(shown.items) == 1:
                one = shown.items[0]
                return RedirectResponse(order_at(one.shop, one.order), 303)
            return pages.render(
                request, "search.html", token, page=shown, asked=wanted,
                next_at=_address(request, cursor=shown.next or ""),
                json_at=_twin(request, "/index.json"),
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
            if request.url.path.endswith(".json"):
                return encoded({"order": order, "items": events, "masked_fields": masked})
            return pages.render(
                request, "timeline.html", token, order=order, events=events, masked=masked,
                json_at=f"{order_at(shop, number)}/timeline.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/orders/{shop}/{number:path}/timeline/{version}.json")
    @routes.get("/orders/{shop}/{number:path}/timeline/{version}")
    async def event(request: Request, shop: str, number: str, version: str) -> Response:
        async def page(token: Token) -> Response:
            stream = await asked(lambda: look_at(pages.entrance, record, token, shop, number))
            _, events, _ = await asked(lambda: record.timeline(token, stream, None))
            found = [each for each in events if str(each.version) == version]
            if not found:
                raise Problem("not-found")
            one = found[0]
            line = await asked(lambda: record.event(token, one.id, one.source))
            reads = await asked(lambda: record.reads(token, f"{shop}/{number}"))
            proof = await _unless_missing(lambda: proofs.proof(token, one.id, one.source))
            if request.url.path.endswith(".json"):
                return encoded({"event": one, "line": line.line, "proof": proof})
            return pages.render(
                request, "event.html", token, one=one, line=line.line, proof=proof,
                reads=reads.items, json_at=f"{request.url.path}.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/orders/{shop}/{number:path}")
    async def claim(request: Request, shop: str, number: str) -> Response:
        as_json = number.endswith(".json")
        number = number.removesuffix(".json")

        async def page(token: Token) -> Response:
            language = chosen(
                request.query_params.get("lang"),
                request.cookies.get(_LANGUAGE),
                request.headers.get("accept-language", ""),
            )
            found = await asked(
                lambda: record.claim(
                    token,
                    look_at(pages.entrance, record, token, shop, number),
                    datetime.now(UTC).date(),
                    language,
                )
            )
            if as_json:
                return encoded(found)
            return pages.render(
                request, "claim.html", token, claim=found,
                json_at=f"{order_at(shop, number)}.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/integrity.json")
    @routes.get("/integrity")
    async def integrity(request: Request) -> Response:
        async def page(token: Token) -> Response:
            size, runs = await asked(lambda: proofs.runs(None, _RUNS))
            checkpoint = await _unless_missing(lambda: proofs.checkpoint(None))
            keys = await _unless_missing(proofs.keys)
            if request.url.path.endswith(".json"):
                return encoded({"size": size, "checkpoint": checkpoint, "runs": runs, "keys": keys})
            return pages.render(
                request, "integrity.html", token, size=size, runs=runs, checkpoint=checkpoint,
                keys=keys, json_at="/integrity.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/workspace.json")
    @routes.get("/workspace")
    async def workspace(request: Request) -> Response:
        async def page(token: Token) -> Response:
            me = engagement_of(token)
            if request.url.path.endswith(".json"):
                return encoded(me)
            return pages.render(request, "workspace.html", token, me=me, json_at="/workspace.json")

        return await pages.show(request, page)

    async def export_page(
        request: Request, token: Token, given: Mapping[str, str], *, wrong: bool
    ) -> Response:
        jobs = await asked(lambda: exports.every(token))
        if request.url.path.endswith(".json"):
            return encoded(exporting.JobList(items=jobs))
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


def order_at(shop: str, number: str) -> str:
    """Return the address of an order's page."""
    return f"/orders/{quote(shop, safe='')}/{quote(number, safe='')}"


def _money(value: int | None, currency: str | None) -> str:
    return "–" if value is None else format_money(value, currency)


def _address(request: Request, **changes: str) -> str:
    """Return a request's own address with other parameters; those that are empty go."""
    query = {**request.query_params, **changes}
    given = urlencode({name: value for name, value in query.items() if value})
    path = quote(request.url.path, safe="/%")
    return f"{path}?{given}" if given else path


def _twin(request: Request, path: str) -> str:
    return f"{path}?{request.url.query}" if request.url.query else path


def _local(address: str) -> str:
    """Return an address of this host, whatever somebody wrote into a link."""
    safe = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if safe and address.isprintable() else "/"


def _orders_asked(token: Token, query: Mapping[str, str]) -> OrdersAsked:
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


def _export_asked(fields: Mapping[str, str]) -> ExportAsked | None:
    given = {name: value for name, value in fields.items() if name != "csrf" and value}
    try:
        return msgspec.convert(given, ExportAsked)
    except msgspec.ValidationError:
        return None


async def _unless_missing(work: Callable[[], Any]) -> Any:
    """Do work that reads the archive; None where there is nothing yet."""
    try:
        return await proving.proved(work)
    except Problem as problem:
        if problem.kind not in ("not-published", "not-found"):
            raise
        return None
