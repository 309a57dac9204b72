"""The page that describes the HTTP API, for whoever reads it before they have a token."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.pages.calling import bodies_of, curl, text_of
from api.pages.rendering import VARY, Pages, wants_json
from api.reading import encoded


def router(pages: Pages) -> APIRouter:
    """Return the route of this page.

    Args:
        pages: renders it.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs.json")
    @routes.get("/docs")
    async def reference(request: Request) -> Response:
        document = request.app.openapi()
        if wants_json(request):
            return encoded(document, {"Vary": VARY})
        return pages.render(
            request, "reference.html", None, document=document, kinds=_kinds(document),
            json_at="/openapi.json", curl=curl, bodies_of=bodies_of, text_of=text_of,
        )  # fmt: skip

    return routes


def _kinds(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """Return method, path and description of each operation, by the kind that it is of."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return found
