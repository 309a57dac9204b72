"""Exports over HTTP: a preview, a job, its progress, and its files with their signed manifest."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from msgspec import Meta

from api.access import EXPORT, Token
from api.answers import answer
from api.bodies import Reason, read_json
from api.limiting import Entrance
from api.problem import Problem, problems
from api.reading import REFUSED, asked, described, encoded, refuse_unknown

Part = Literal["data", "manifest", "signature"]
DayText = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="UTC day.")]


class ExportAsked(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    rename={"from_": "from"},
):  # fmt: skip
    """What is to be exported, and what for."""

    kind: Literal["orders", "events", "refunds", "contacts"]
    format: Literal["jsonl", "csv", "xlsx", "parquet"] = "jsonl"
    shop: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00/]*$")] | None = None
    from_: DayText | None = None
    to: DayText | None = None
    bom: Annotated[bool, Meta(description="Begin a CSV file with Excel's mark of UTF-8.")] = False
    reason: Reason


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What an export would hold, before it is asked for.

    `sample` are its first rows, at most five; of events and contacts those among the first 50,000
    positions of the log, so there may be none though the export has some.
    """

    as_of: int
    orders: int
    events: int
    left_out_by_filter: int
    masked: str
    columns: list[str]
    sample: list[dict[str, Any]]


class Job(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """An export: what, as of when, and how far it is. `expected` rows are an estimate."""

    id: str
    state: Literal["queued", "running", "done", "failed", "expired"]
    kind: str
    format: str
    as_of: int
    shop: str | None
    from_: str | None
    to: str | None
    reason: str
    rows: int
    expected: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    expires_at: str | None
    file: str | None
    media_type: str
    manifest_sha256: str | None
    error: str | None


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """The exports of a token, the newest first."""

    items: list[Job]


KINDS = (ExportAsked, Preview, Job, JobList)


class Exports(Protocol):
    """Makes exports of what a token may see. LookupError: it has no such job, or file yet."""

    def preview(self, token: Token, asked: ExportAsked) -> Preview:
        """Return what an export would hold, with its first rows."""

    def start(self, token: Token, asked: ExportAsked) -> Job:
        """Queue an export."""

    def find(self, token: Token, own: str) -> Job:
        """Return a job of a token's own."""

    def every(self, token: Token) -> list[Job]:
        """Return the jobs of a token, the newest first."""

    def file(self, token: Token, own: str, part: str) -> Path:
        """Return a file of a finished job."""


def require_days(asked: ExportAsked) -> None:
    """Require that the days of an export are days: no schema knows how long a month is.

    Raises:
        Problem: one is none.
    """
    for name, day in (("from", asked.from_), ("to", asked.to)):
        try:
            date.fromisoformat(day or "2000-01-01")
        except ValueError:
            raise Problem("invalid", f"{name} is no day") from None


def router(entrance: Entrance, exports: Exports) -> APIRouter:
    """Return the routes of exports.

    Args:
        entrance: lets in who may export.
        exports: makes them.
    """
    routes = APIRouter(prefix="/v1", tags=["exports"], dependencies=[Depends(refuse_unknown)])
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ExportAsked"}}},
    }

    async def enter(request: Request) -> Token:
        return await entrance.admit(request, EXPORT)

    async def wanted(request: Request) -> ExportAsked:
        found = await read_json(request, ExportAsked)
        require_days(found)
        return found

    taken = problems(*REFUSED, "too-large", "media-type")

    @routes.post(
        "/exports/preview",
        operation_id="previewExport",
        response_class=Response,
        responses={200: answer(Preview, "What it would hold."), **taken},
        openapi_extra={"security": [{"token": []}], "requestBody": body},
    )
    async def preview_export(request: Request) -> Response:
        """Tell what an export would hold: counts, what is left out, its first rows."""
        token = await enter(request)
        found = await wanted(request)
        return encoded(await asked(lambda: exports.preview(token, found)))

    @routes.post(
        "/exports",
        operation_id="startExport",
        status_code=202,
        response_class=Response,
        responses={202: answer(Job, "It is queued."), **taken},
        openapi_extra={"security": [{"token": []}], "requestBody": body},
    )
    async def start_export(request: Request) -> Response:
        """Start an export, pinned to what is recorded by now. It goes on without the caller."""
        token = await enter(request)
        found = await wanted(request)
        job = await asked(lambda: exports.start(token, found))
        headers = {"Location": f"/v1/exports/{job.id}"}
        return Response(msgspec.json.encode(job), 202, headers, media_type="application/json")

    @routes.get("/exports", operation_id="listExports", **described(JobList, "The jobs."))
    async def list_exports(request: Request) -> Response:
        """List the exports that this token asked for."""
        token = await enter(request)
        return encoded(JobList(items=await asked(lambda: exports.every(token))))

    @routes.get("/exports/{id}", operation_id="getExport", **described(Job, "The job."))
    async def get_export(request: Request, id: Annotated[str, InPath(max_length=64)]) -> Response:
        """Tell how far an export is. One without a manifest is incomplete, and is not given out."""
        token = await enter(request)
        return encoded(await asked(lambda: exports.find(token, id)))

    @routes.get(
        "/exports/{id}/{part}",
        operation_id="downloadExport",
        response_class=FileResponse,
        responses={
            200: {
                "description": "The file, its manifest, or the manifest's signature (CMS).",
                "content": {"application/octet-stream": {"schema": {"format": "binary"}}},
            },
            **problems(*REFUSED),
        },
        openapi_extra={"security": [{"token": []}]},
    )
    async def download_export(
        request: Request, id: Annotated[str, InPath(max_length=64)], part: Part
    ) -> Response:
        """Download a finished export, its manifest or the signature, whole or from a byte on."""
        token = await enter(request)
        path = await asked(lambda: exports.file(token, id, part))
        return FileResponse(path, media_type="application/octet-stream", filename=path.name)

    return routes
