"""Proofs over HTTP: checkpoints, keys, that the log holds an event, and sealed histories as files.

What is answered here can be checked without us: by RFC 9162, or with `orderproof-verify.py`.
"""

import json
from collections.abc import Callable
from typing import Annotated, Any, Protocol
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api import answers
from api.access import KEYS, READ, Token
from api.cursors import Cursors
from api.limiting import Entrance
from api.problem import Problem, problems
from api.reading import (
    REFUSED,
    CursorText,
    Limit,
    Number,
    Shop,
    asked,
    described,
    encoded,
    etag_of,
    refuse_unknown,
)
from api.record import Answers, look_at, shop_and_number
from api.standing import Locks, Verification
from archive.errors import ArchiveError, MissingFileError, NoArchiveError

GZIP = "application/gzip"
_IMMUTABLE = "private, max-age=31536000, immutable"

Size = Annotated[int, Path(ge=0, le=2**53)]


class History(msgspec.Struct, frozen=True):
    """A sealed history as a file.

    Args:
        name: of the file.
        data: its bytes.
        sha256: of them, hex.
        revisions: of the order that there are.
    """

    name: str
    data: bytes
    sha256: str
    revisions: list[int]


class Proofs(Protocol):
    """Proves from the archive. LookupError: nothing there; ArchiveError: it cannot be read."""

    def history(self, token: Token, stream: str, revision: int | None) -> History:
        """Return a sealed history of an order, the newest where no revision is named."""

    def is_sealed(self, token: Token, stream: str) -> bool:
        """Tell whether an order has a sealed history."""

    def proof(self, token: Token, id: str, source: str | None) -> answers.Proof:
        """Return the proof that the newest checkpoint holds an event, else NotPublished."""

    def runs(self, before: int | None, limit: int) -> tuple[int, list[answers.Run]]:
        """Return archive runs below a position, the newest first, and the log's size."""

    def verifications(self, limit: int) -> list[Verification]:
        """Return the newest verifications that are on record, the newest first."""

    def locks(self) -> Locks:
        """Return until which years the newest sealed histories are kept."""

    def checkpoint(self, size: int | None) -> answers.Checkpoint:
        """Return a signed checkpoint, the newest where no size is named."""

    def consistency(self, first: int, second: int) -> answers.Consistency:
        """Return the proof that the log at one size begins with all of a smaller one."""

    def keys(self) -> answers.Keys:
        """Return the keyring."""


class NotPublished(Exception):  # noqa: N818  # no error
    """No signed checkpoint holds it yet."""


def router(entrance: Entrance, record: Answers, proofs: Proofs, cursors: Cursors) -> APIRouter:
    """Return the routes that prove.

    Args:
        entrance: lets in who may read.
        record: notes who looks at an order.
        proofs: proves.
        cursors: seal and open where a walk goes on.
    """
    routes = APIRouter(prefix="/v1", tags=["proof"], dependencies=[Depends(refuse_unknown)])

    async def enter(request: Request) -> Token:
        return await entrance.admit(request, READ)

    async def enter_for_keys(request: Request) -> Token:
        """Let in key officers, too: they read nothing but this."""
        try:
            return await enter(request)
        except Problem as problem:
            if problem.kind != "scope-missing":
                raise
        return await entrance.admit(request, KEYS)

    @routes.get(
        "/orders/{shop}/{number:path}/history",
        operation_id="downloadHistory",
        response_class=Response,
        responses={
            200: {
                "description": "The sealed history, to be checked offline. `Orderproof-Revisions` "
                "names all that there are.",
                "content": {GZIP: {"schema": {"type": "string", "format": "binary"}}},
            },
            **problems(*REFUSED, "not-published"),
        },
        openapi_extra={"security": [{"token": []}]},
    )
    async def download_history(
        request: Request, shop: Shop, number: Number,
        revision: Annotated[int | None, Query(ge=1, le=10**9)] = None,
    ) -> Response:  # fmt: skip
        """Download an order's sealed history; `orderproof verify FILE` checks it offline."""
        token = await enter(request)

        def work() -> History:
            stream = look_at(entrance, record, token, shop, number)
            return proofs.history(token, stream, revision)

        found = await proved(work)
        headers = etag_of(request, found.sha256) | {
            "Cache-Control": _IMMUTABLE,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "Orderproof-Revisions": ", ".join(map(str, found.revisions)),
        }
        return Response(found.data, 200, headers, media_type=GZIP)

    @routes.get(
        "/events/{id:path}/proof",
        operation_id="proveEvent",
        **described(answers.Proof, "The proof.", "not-published", "several"),
    )
    async def prove_event(
        request: Request,
        id: Annotated[str, Path(min_length=1, max_length=512, pattern=r"^[^\x00]+$")],
        source: Annotated[str | None, Query(max_length=512)] = None,
    ) -> Response:
        """Prove that the newest signed checkpoint holds an event."""
        token = await enter(request)

        def work() -> answers.Proof:
            found = proofs.proof(token, id, source)
            shop, number = shop_and_number(json.loads(found.line)["stream"])
            if shop is not None:
                look_at(entrance, record, token, shop, number or "")
            return found

        return encoded(await proved(work))

    @routes.get(
        "/checkpoints",
        operation_id="listCheckpoints",
        **described(answers.Runs, "A page.", "cursor-refused"),
    )
    async def list_checkpoints(
        request: Request, limit: Limit = 50, cursor: CursorText = None
    ) -> Response:
        """List the archive's runs, each with the size of the log that it signed, newest first."""
        token = await enter_for_keys(request)
        walk = ["checkpoints", token.id]
        place = cursors.open(walk, cursor, RunsPlace) if cursor is not None else RunsPlace()
        size, found = await proved(lambda: proofs.runs(place.before, limit + 1))
        shown = found[:limit]
        after = RunsPlace(shown[-1].position) if len(found) > limit else None
        return encoded(
            answers.Runs(
                as_of=size,
                items=shown,
                next=None if after is None else cursors.seal(walk, after),
                window=answers.Window(),
            )
        )

    @routes.get(
        "/checkpoints/latest",
        operation_id="getLatestCheckpoint",
        **described(answers.Checkpoint, "The checkpoint.", "not-published"),
    )
    async def get_latest_checkpoint(request: Request) -> Response:
        """Return the newest signed state of the log, to keep and compare later."""
        await enter_for_keys(request)
        found = await proved(lambda: proofs.checkpoint(None))
        return encoded(found, etag_of(request, found.root))

    @routes.get(
        "/checkpoints/{size}",
        operation_id="getCheckpoint",
        **described(answers.Checkpoint, "The checkpoint.", "not-published"),
    )
    async def get_checkpoint(request: Request, size: Size) -> Response:
        """Return the signed state of the log at a size at which one was signed."""
        await enter_for_keys(request)
        return encoded(await proved(lambda: proofs.checkpoint(size)))

    @routes.get(
        "/checkpoints/{size}/consistency",
        operation_id="proveConsistency",
        **described(answers.Consistency, "The proof.", "not-published"),
    )
    async def prove_consistency(
        request: Request,
        size: Size,
        from_: Annotated[int, Query(alias="from", ge=1, le=2**53, description="The smaller size.")],
    ) -> Response:
        """Prove that the log at a size begins with all of what it was at a smaller one."""
        await enter_for_keys(request)
        if from_ > size:
            raise Problem("invalid", "from is larger than the checkpoint's size")
        return encoded(await proved(lambda: proofs.consistency(from_, size)))

    @routes.get(
        "/keys", operation_id="listKeys", **described(answers.Keys, "The keyring.", "not-published")
    )
    async def list_keys(request: Request) -> Response:
        """Return the keys that sign the log, and the keyring's own envelope."""
        await enter_for_keys(request)
        return encoded(await proved(proofs.keys))

    return routes


class RunsPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk over archive runs goes on."""

    before: int | None = None


async def proved(work: Callable[[], Any]) -> Any:
    """Do work that reads the archive; see `api.reading.asked`."""
    try:
        return await asked(work)
    except (NotPublished, NoArchiveError, MissingFileError):
        raise Problem("not-published") from None
    except ArchiveError as error:
        raise Problem("unavailable", "the archive cannot be read, or not all of it") from error
