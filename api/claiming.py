"""Claims over HTTP: answered from the record and made part of it, with the letter."""

from typing import Annotated, Any, Literal, Protocol

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta

from api import answers
from api.access import DESK, Token
from api.bodies import read_json
from api.limiting import Entrance
from api.problem import Problem, problems
from api.reading import REFUSED, Number, Shop, asked, encoded
from api.record import Answers, look_at
from domain.errors import CommandRefusedError, ConflictError

Line = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*)$")
]


class ClaimAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim of a customer, and how it is to be answered."""

    kind: Literal["refund-not-received"] = "refund-not-received"
    claim_id: Annotated[
        Line | None,
        Meta(
            description="Yours: given again, it is recorded once, until the verdict is another one"
            " or the promised day has come. Else it is the open claim of this kind, or a new one.",
            examples=["C-118"],
        ),
    ] = None
    customer: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500)] | None,
        Meta(description="E-mail or end of the phone number; must be the order's."),
    ] = None
    language: Annotated[
        Literal["en", "zh"] | None, Meta(description="Of the letter; else the customer's.")
    ] = None
    agent: Annotated[Line | None, Meta(description="Who signs the letter.")] = None
    contact: Annotated[Line | None, Meta(description="Where we can be reached.")] = None


class ClaimLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to a customer."""

    language: str
    subject: str
    text: str


class ClaimRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that was answered: which answer stands, and whether it did before."""

    order: str
    claim_id: str
    answer: int
    verdict: str
    repeated: bool
    claim: Annotated[dict[str, Any], Meta(description="As the order's `claim` says it now.")]
    letter: Annotated[
        ClaimLetter | None, Meta(description="As it was recorded; null where it was erased.")
    ]


KINDS = (ClaimAsked, ClaimRecorded)


class Claims(Protocol):
    """Answers claims and records that."""

    def record(self, token: Token, stream: str, asked: ClaimAsked) -> ClaimRecorded | None:
        """Answer and record; None where the order's record is not intact.

        Raises:
            LookupError: there is no such order of that customer.
            CommandRefusedError: a rule stands against it.
            ConflictError: the order changed with every attempt.
        """


def recorded(claims: Claims, token: Token, stream: str, asked: ClaimAsked) -> ClaimRecorded:
    """Answer a claim and record it, what stands against that told as problems.

    Raises:
        CommandRefusedError: a rule stands against it.
        Problem: the order's record is not intact, or changed with every attempt.
    """
    try:
        found = claims.record(token, stream, asked)
    except ConflictError as error:
        raise Problem("conflict", str(error)) from None
    if found is None:
        raise Problem("altered")
    return found


def router(entrance: Entrance, record: Answers, claims: Claims) -> APIRouter:
    """Return the route that records claims.

    Args:
        entrance: lets in who works at the desk.
        record: records that somebody looked.
        claims: answers and records.
    """
    routes = APIRouter(prefix="/v1", tags=["desk"])
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/ClaimAsked"}}}

    @routes.post(
        "/orders/{shop}/{number:path}/claims",
        operation_id="recordClaim",
        response_class=Response,
        responses={
            200: answers.answer(ClaimRecorded, "It is answered, and on the record."),
            **problems(*REFUSED, "refused", "too-large", "media-type"),
        },
        openapi_extra={
            "security": [{"token": []}],
            "requestBody": {"required": True, "content": body},
        },
    )
    async def record_claim(request: Request, shop: Shop, number: Number) -> Response:
        """Answer a claim and record it; an order of somebody else is as one that is not there."""
        token = await entrance.admit(request, DESK)
        wanted = await read_json(request, ClaimAsked)

        def work() -> ClaimRecorded:
            stream = look_at(entrance, record, token, shop, number)
            try:
                return recorded(claims, token, stream, wanted)
            except CommandRefusedError as error:
                raise Problem("refused", str(error), code=error.code) from None

        return encoded(await asked(work))

    return routes
