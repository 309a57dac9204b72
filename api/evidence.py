"""Evidence over HTTP: a file is attached to an order, listed, and handed out for a reason.

A file's name and what is said about it may name a customer: they are in a header and sealed, and
never in an address. A file is in memory until it is sealed: on disk, what a kill leaves behind
would be somebody's bank statement in the clear.
"""

import asyncio
from collections.abc import Sequence
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Annotated, Protocol

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from msgspec import Meta

from api import answers
from api.access import DESK, READ, REVEAL, Token
from api.bodies import Reason, read_body, read_json
from api.limiting import Entrance
from api.problem import Problem, problems
from api.reading import REFUSED, Number, Shop, asked, described, encoded, refuse_unknown
from api.record import Answers, look_at
from domain.attachment import Kind
from domain.media_type import ContentRefusedError, extension
from domain.stream import order_stream

_AT_ONCE = 4
_LONGEST = 2000
_DISPOSITION = "content-disposition"
_ANY = {"schema": {"type": "string", "format": "binary"}}


class EvidenceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about a file that is attached."""

    kind: Kind
    refund_id: str | None
    claim_id: str | None
    name: str | None
    note: str | None


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is attached to an order; its name and note are sealed."""

    shop: str
    order: str
    id: str
    kind: str
    sha256: str
    size: int
    media_type: str
    sealed_sha256: str | None
    refund_id: str | None
    claim_id: str | None
    by: str | None
    event_id: str
    version: int
    occurred_at: str
    new: Annotated[bool, Meta(description="Whether this request attached it.")] = False


class AttachedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What is attached to an order, the oldest first."""

    items: Sequence[Attached]


class EvidenceAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a file is opened."""

    reason: Reason


KINDS = (Attached, AttachedFiles, EvidenceAsked)


class Evidence(Protocol):
    """Keeps files that are attached to orders."""

    largest: int

    def attach(self, token: Token, stream: str, data: bytes, said: EvidenceSaid) -> Attached:
        """Attach a file; the same bytes again give the first answer.

        Raises:
            ContentRefusedError: it is of a kind that is not kept.
            Problem: what is said about it cannot be recorded.
        """

    def attached(self, stream: str) -> list[Attached]:
        """Return what is attached."""

    def opened(self, stream: str, id: str) -> tuple[Attached, bytes]:
        """Return a file.

        Raises:
            LookupError: there is none, it is kept elsewhere, or it was erased.
        """


def router(entrance: Entrance, record: Answers, evidence: Evidence) -> APIRouter:
    """Return the routes of evidence.

    Args:
        entrance: lets in who works at the desk, reads, or may see personal data.
        record: records that somebody looked.
        evidence: keeps files.
    """
    routes = APIRouter(prefix="/v1", tags=["desk"], dependencies=[Depends(refuse_unknown)])
    places = asyncio.Semaphore(_AT_ONCE)

    @routes.post(
        "/orders/{shop}/{number:path}/evidence",
        operation_id="attachEvidence",
        response_class=Response,
        responses={
            200: answers.answer(Attached, "It is attached."),
            **problems(*REFUSED, "too-large", "media-type", "refused"),
        },
        openapi_extra={
            "security": [{"token": []}],
            "requestBody": {"required": True, "content": {"application/octet-stream": _ANY}},
        },
    )
    async def attach_evidence(
        request: Request,
        shop: Shop,
        number: Number,
        kind: Kind = Kind.OTHER,
        refund_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        claim_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    ) -> Response:
        """Attach a file, as the body is; its first bytes decide what it is.

        `Content-Disposition: attachment; filename*=UTF-8''…; note*=UTF-8''…` names it.
        """
        token = await entrance.admit(request, DESK)
        said = EvidenceSaid(
            kind=kind, refund_id=refund_id, claim_id=claim_id, name=_told(request, "filename"),
            note=_told(request, "note"),
        )  # fmt: skip
        # Before the body is read: for an order that is not there none is taken in.
        stream = await asked(lambda: look_at(entrance, record, token, shop, number))
        async with places:
            data = await read_body(request, evidence.largest)
            if not data:
                raise Problem("invalid", "the file is empty")

            def work() -> Attached:
                try:
                    return evidence.attach(token, stream, data, said)
                except ContentRefusedError as error:
                    raise Problem("media-type", str(error)) from None

            return encoded(await asked(work))

    @routes.get(
        "/orders/{shop}/{number:path}/evidence",
        operation_id="listEvidence",
        **described(AttachedFiles, "What is attached."),
    )
    async def list_evidence(request: Request, shop: Shop, number: Number) -> Response:
        """List what is attached to an order; names and notes are not shown."""
        token = await entrance.admit(request, READ)

        def work() -> AttachedFiles:
            stream = look_at(entrance, record, token, shop, number)
            return AttachedFiles(items=evidence.attached(stream))

        return encoded(await asked(work))

    @routes.post(
        "/orders/{shop}/{number:path}/evidence/{id}/open",
        operation_id="openEvidence",
        response_class=Response,
        responses={
            200: {"description": "The file.", "content": {"application/octet-stream": _ANY}},
            **problems(*REFUSED, "too-large", "media-type"),
        },
        openapi_extra={
            "security": [{"token": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/EvidenceAsked"}}
                },
            },
        },
    )
    async def open_evidence(
        request: Request,
        shop: Shop,
        number: Number,
        id: Annotated[str, Path(max_length=200, pattern=r"^[^\x00/]+$")],
    ) -> Response:
        """Hand out a file that somebody attached. Who asked, when and why is on the record."""
        token = await entrance.admit(request, REVEAL)
        wanted = await read_json(request, EvidenceAsked)
        stream = order_stream(shop, number)

        def work() -> tuple[Attached, bytes]:
            entrance.open_order(token, stream)
            record.note(token, stream, "contact", wanted.reason)
            return evidence.opened(stream, id)

        found, data = await asked(work)
        # Others sent it: it is saved and never shown in place, whatever it says that it is.
        name = f"evidence-{found.id}{extension(found.media_type)}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, 200, headers, media_type="application/octet-stream")

    return routes


def _told(request: Request, name: str) -> str | None:
    """Return a parameter of the header that names the file (RFC 6266, RFC 8187).

    Raises:
        Problem: it cannot be read as text of one line.
    """
    message = Message()
    message[_DISPOSITION] = request.headers.get(_DISPOSITION, "attachment")
    try:
        found = message.get_param(name, header=_DISPOSITION)
        if found is None:
            return None
        # Text beyond ASCII is told as RFC 8187 says, and then in UTF-8 alone.
        known = (found[0] or "").lower() == "utf-8" if isinstance(found, tuple) else found.isascii()
        text = collapse_rfc2231_value(found, errors="strict")
    except (AttributeError, ValueError, TypeError, LookupError):
        known, text = False, ""
    if not (known and text.strip() and text.isprintable() and len(text) <= _LONGEST):
        raise Problem("invalid", "Content-Disposition: one line of text, as filename*=UTF-8''…")
    return text
