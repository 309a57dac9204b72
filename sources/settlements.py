"""Settlement files and bank statements: the refunds in them, whatever wrote them.

A file is read by the translator of its source, or by a mapping; what counts are the refunds that it
tells of as paid or come back.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from domain.event import Fact
from domain.money import is_currency
from domain.reading import read_amount, read_text
from domain.reconciling import Line
from domain.time import read_date
from sources import payloads, window
from sources.format import Format
from sources.mapped import rows
from sources.mapped.mapping import Mapping
from sources.mapped.rows import MappedRows
from sources.message import Message, Told
from sources.payloads import Payload
from sources.rejected import Rejected
from sources.window import Readable

_PAID = frozenset(("refund.succeeded", "refund.settled"))
_BACK = frozenset(("refund.failed", "refund.bounced"))
_UNKNOWN = "nothing in it is known of its source; is it the right file, and the right --format?"
_REFERENCE = "refund.reference_recorded"
_SUBMITTED = "refund.submitted"


class Settlement(msgspec.Struct, frozen=True):
    """A refund in a file: what it is matched by, and what the file says of it.

    Args:
        line: for `domain.reconciling`.
        told: as an event would say it.
        occurred_at: when, by the file.
        psp: the provider, where the file names it.
        identity: names the row, whichever file it is in.
    """

    line: Line
    told: Told
    occurred_at: str
    psp: str | None
    identity: str


def read(stream: Readable, file: int, reader: Mapping | Format) -> Iterator[Settlement | Rejected]:
    """Find the refunds in a file. No input raises.

    Args:
        stream: the file.
        file: its number, from 1.
        reader: a mapping for CSV, or the source whose JSON it is.
    """
    found: Iterator[MappedRows | Payload | Fact | Rejected]
    if isinstance(reader, Mapping):
        found = rows.read(stream, reader)
    else:
        found = payloads.read(stream, (reader,))
    count = 0
    for each in found:
        if isinstance(each, Rejected):
            yield each
        elif isinstance(each, Payload) and each.kind == payloads.UNKNOWN:
            line = window.Line(each.line, each.raw, len(each.raw))
            yield line.reject("payload-unknown", "", _UNKNOWN)
        elif isinstance(each, MappedRows | Payload):
            count += 1
            # Several payloads may stand on one line.
            yield from _settlements(each.message(), file, each.line, count)


def _settlements(message: Message, file: int, line: int, number: int) -> Iterator[Settlement]:
    reference = _first(message.told, _REFERENCE, "reference")
    idempotency_key = _first(message.told, _SUBMITTED, "idempotency_key")
    ended: dict[tuple[str | None, bool], Told] = {}
    for told in message.told:
        if told.type in _PAID | _BACK:
            # What left the provider says more than that it will.
            name = read_text(told.data.get("psp_refund_id")) or read_text(
                told.data.get("refund_id")
            )
            ended[name, told.type in _BACK] = told
    for index, told in enumerate(ended.values()):
        data = told.data
        payments = [read_text(data.get("payment_id")), *message.links]
        shown = _money(data, "presentment_")
        amount = _money(data, "")
        at = told.occurred_at or message.occurred_at
        yield Settlement(
            line=Line(
                file=file,
                line=line,
                about=f"{number}.{index}",
                came_back=told.type in _BACK,
                refund_id=read_text(data.get("refund_id")),
                psp_refund_id=read_text(data.get("psp_refund_id")),
                reference=reference,
                idempotency_key=idempotency_key,
                payment_ids=tuple(dict.fromkeys(each for each in payments if each)),
                amount=None if amount is None else amount[0],
                currency=None if amount is None else amount[1],
                shown=shown,
                day=_day(data, at),
            ),
            told=told,
            occurred_at=at,
            psp=read_text(data.get("psp")),
            identity=f"{message.id}/{index}",
        )


def _first(told: Sequence[Told], type: str, name: str) -> str | None:
    found = (read_text(each.data.get(name)) for each in told if each.type == type)
    return next((each for each in found if each is not None), None)


def _money(data: dict[str, object], prefix: str) -> tuple[int, str] | None:
    # A file of money that went out may write it below zero.
    stated = data.get(f"{prefix}amount")
    amount = read_amount(abs(stated) if type(stated) is int else stated)
    currency = data.get(f"{prefix}currency")
    if amount is None or not isinstance(currency, str) or not is_currency(currency):
        return None
    return amount, currency


def _day(data: dict[str, object], at: str) -> date | None:
    return read_date(data.get("settled_on")) or read_date(at)
