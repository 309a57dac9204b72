"""Claims that are open, and when each customer was promised to hear from us again."""

from collections.abc import Sequence
from datetime import date

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.claim_case import fold_claims
from domain.event import Event
from domain.stream import split_order_stream
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.open_claim"


class OpenClaim(msgspec.Struct, frozen=True, kw_only=True):
    """An open claim.

    Args:
        stream: the order's.
        claim_id: its id.
        kind: what is claimed.
        received_at: when it came, RFC 3339 as its event says.
        verdict: what was answered last; None where nothing was.
        answers: how many times it was answered.
        next_answer: by when the customer was promised another answer.
        events_since: how many events of the order came after the last answer.
        version: of the order's stream.
    """

    stream: str
    claim_id: str
    kind: str | None
    received_at: str
    verdict: str | None
    answers: int
    next_answer: date | None
    events_since: int
    version: int


_COLUMNS = OpenClaim.__struct_fields__[1:]


def read(connection: Connection) -> list[OpenClaim]:
    """Return all open claims, those whose answer is due first before others."""
    return _select(connection, "", ())


def to_look_at(connection: Connection, today: date) -> list[OpenClaim]:
    """Return the open claims that may have to be answered anew.

    Those that were answered, and of which an event came since or whose promised day has come.
    """
    where = "WHERE answers > 0 AND (events_since > 0 OR next_answer <= %s)"
    return _select(connection, where, (today,))


def _select(connection: Connection, where: str, parameters: tuple[object, ...]) -> list[OpenClaim]:
    with connection, connection.cursor() as cursor:
        columns = ", ".join(f"c.{name}" for name in _COLUMNS)
        cursor.execute(
            f"SELECT s.stream, {columns} FROM {TABLE} c JOIN streams s USING (stream_id)"
            f" {where} ORDER BY c.next_answer NULLS LAST, s.stream, c.claim_id",
            parameters,
        )
        rows = cursor.fetchall()
    fields = OpenClaim.__struct_fields__
    return [OpenClaim(**dict(zip(fields, row, strict=True))) for row in rows]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    if not any(event.type == "claim.received" for event in events):
        return []
    shop, _ = split_order_stream(stream) or ("", stream)
    version = events[-1].version
    found = []
    for case in fold_claims(events):
        if not case.closed:
            since = version - case.last_version
            found.append(
                (shop, case.claim_id, case.kind, case.received_at, case.verdict, case.answers,
                 case.next_answer, since, version)
            )  # fmt: skip
    return found


OPEN_CLAIM = Projection(
    name="open_claim",
    version=1,
    columns=("shop", *_COLUMNS),
    key=("stream_id", "claim_id"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
