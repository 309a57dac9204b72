"""Whether the service lives, and whether it could do its work now."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.problem import Problem, problems


def router(check: Callable[[], None]) -> APIRouter:
    """Return the routes that ask after the service's health.

    Args:
        check: raises where the service could not do its work now.
    """
    routes = APIRouter(tags=["health"])
    text = {"description": "It does.", "content": {"text/plain": {"schema": {"type": "string"}}}}

    @routes.get("/healthz", operation_id="lives", response_class=Response, responses={200: text})
    async def lives() -> Response:
        """Tell that the process answers."""
        return Response("ok\n", media_type="text/plain")

    @routes.get(
        "/readyz",
        operation_id="isReady",
        response_class=Response,
        responses={200: text, **problems("unavailable")},
    )
    async def is_ready() -> Response:
        """Tell whether what is sent now could be recorded."""
        try:
            await run_in_threadpool(check)
        except Exception as error:
            raise Problem("unavailable", headers={"Retry-After": "1"}) from error
        return Response("ready\n", media_type="text/plain")

    return routes
