"""The application: its routes, and what holds for each answer."""

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from itertools import count
from secrets import token_hex
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    answers,
    claiming,
    desk,
    events,
    evidence,
    exporting,
    health,
    intake,
    orders,
    proving,
    revealing,
    searching,
    webhooks,
)
from api import metrics as measuring
from api.access import Gate
from api.cursors import Cursors
from api.examples.adding import add_examples
from api.gathering import Record
from api.limiting import Entrance, Limits
from api.pages import acting, finding, integrity, login, operations, reference
from api.pages import desk as desk_pages
from api.pages import exports as export_pages
from api.pages import orders as order_pages
from api.pages.rendering import Pages
from api.pages.session import Sessions
from api.problem import Problem, install
from api.record import Answers
from api.tracking import Tracking

TITLE = "Orderproof"
_LOG = logging.getLogger("orderproof.http")
_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of each answer that says nothing else."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes work with.

    Args:
        gate: lets in who shows a token.
        record: records facts, and returns after the commit.
        door: takes webhooks in.
        answers: reads the record for who may see it.
        revealer: opens personal data.
        searcher: finds orders of a person.
        proofs: proves from the archive.
        exports: makes exports.
        sessions: knows who is logged in to the pages.
        cursor_key: signs where walks go on, and guards forms; 32 bytes.
        limits: how often somebody may ask.
        desk: carries out commands of staff.
        tracking: reads their tracking table.
        claims: answers claims and records that.
        evidence: keeps files that are attached to orders.
        state: tells the state of the store, for measures.
        check: raises where the service could not do its work now.
        version: of this release.
    """

    gate: Gate
    record: Record
    door: webhooks.Door
    answers: Answers
    revealer: revealing.Revealer
    searcher: searching.Searcher
    proofs: proving.Proofs
    exports: exporting.Exports
    sessions: Sessions
    cursor_key: bytes
    limits: Limits = Limits()
    desk: desk.Desk
    tracking: Tracking
    claims: claiming.Claims
    evidence: evidence.Evidence
    state: Callable[[], measuring.State]
    check: Callable[[], None]
    version: str


class OfEveryAnswer:
    """What holds for each answer: its headers, its own id, and that nothing is told by accident.

    Args:
        app: the application.
        metrics: counts requests.
    """

    def __init__(self, app: ASGIApp, metrics: measuring.Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._process = token_hex(4)
        self._numbers = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = f"{self._process}{next(self._numbers):08x}"
        began = time.perf_counter()
        begun = False
        state = scope.setdefault("state", {})

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                route = getattr(scope.get("route"), "path_format", "none")
                self._metrics.count(scope["method"], route, message["status"], began)
                headers = MutableHeaders(scope=message)
                for name, value in (*_HEADERS.items(), *state.get("rate", {}).items()):
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = own
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception as error:
            # Its message may hold data of a customer: only its kind and its place are written down.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error(
                "request %s: %s at %s:%s", own, type(error).__name__, place.name, place.lineno
            )
            if begun:
                raise
            await Problem("internal").response()(scope, receive, told)


def make(service: Service) -> FastAPI:
    """Return the application."""
    app = FastAPI(title=TITLE, version=service.version, docs_url=None, redoc_url=None)
    install(app)
    metrics = measuring.Metrics()
    app.add_middleware(OfEveryAnswer, metrics=metrics)
    entrance = Entrance(service.gate, service.limits)
    cursors = Cursors(service.cursor_key)
    events_in = intake.router(entrance, service.record)
    app.router.routes.insert(0, intake.direct(events_in))
    app.include_router(events_in)
    app.include_router(webhooks.router(entrance, service.gate, service.door))
    # Before the routes whose last part may hold slashes.
    app.include_router(desk.router(entrance, service.desk))
    app.include_router(claiming.router(entrance, service.answers, service.claims))
    app.include_router(evidence.router(entrance, service.answers, service.evidence))
    app.include_router(measuring.router(metrics, service.state))
    app.include_router(exporting.router(entrance, service.exports))
    app.include_router(revealing.router(entrance, service.revealer))
    app.include_router(searching.router(entrance, service.searcher))
    app.include_router(proving.router(entrance, service.answers, service.proofs, cursors))
    app.include_router(orders.router(entrance, service.answers, cursors))
    app.include_router(events.router(entrance, service.answers, cursors))
    pages = Pages(entrance, service.gate, service.sessions, service.cursor_key)
    app.include_router(login.router(pages))
    app.include_router(reference.router(pages))
    app.include_router(desk_pages.router(pages, service.tracking, cursors))
    app.include_router(operations.router(pages, service.state))
    app.include_router(integrity.router(pages, service.proofs))
    app.include_router(export_pages.router(pages, service.exports))
    app.include_router(finding.router(pages, service.answers, service.searcher))
    app.include_router(acting.router(pages, service.answers, service.proofs, service.claims))
    app.include_router(order_pages.router(pages, service.answers, service.proofs, cursors))
    app.include_router(health.router(service.check))

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way to extend the document
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        routes=app.routes,
        description="The record of e-commerce orders: events in, answers and proofs out.",
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    }
    components["schemas"] |= answers.schemas(
        revealing.Revealed,
        revealing.RevealAsked,
        *exporting.KINDS,
        *desk.KINDS,
        *claiming.KINDS,
        *evidence.KINDS,
        *searching.KINDS,
    )
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token, made by `orderproof token new`; or one of the "
            "identity provider, for whom such a token was made.",
        }
    }
    add_examples(document)
    return document
