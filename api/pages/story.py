"""What a page tells of an order's events: their kinds, long silence, corrections, the money."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from api.answers import TimelineEvent

KINDS = ("money", "contact", "goods", "staff", "system")
SILENCE = 30
"""Days without an event that are shown as a gap."""

_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("payment", "refund", "dispute", "compensation", "invoice", "carrier_claim", "psp_account"),
        "money",
    ),
    **dict.fromkeys(("message", "call", "survey", "review", "promise", "customer"), "contact"),
    **dict.fromkeys(
        ("shipment", "stock", "picking", "production", "qc", "parcel", "label", "customs",
         "warehouse", "outbound", "consolidation", "return", "exchange", "tracking", "carrier"),
        "goods",
    ),
    **dict.fromkeys(
        ("order", "claim", "aftersales", "exception", "ticket", "correction", "hold", "cart",
         "root_cause", "improvement", "evidence"),
        "staff",
    ),
}  # fmt: skip
"""By the first part of a type; all others are the system's own."""

_MONEY = ("payment", "refund", "dispute", "compensation")
_CORRECTION = "correction.recorded"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event in a story.

    Args:
        event: itself.
        kind: one of `KINDS`.
        silence: days of silence between it and the event before it; 0 for less than `SILENCE`.
        corrected_by: version of the event that says that it was wrong.
        corrects: version of the event that it says was wrong.
    """

    event: TimelineEvent
    kind: str
    silence: int = 0
    corrected_by: int | None = None
    corrects: int | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the money: the event that says so, and the hash of its line."""

    version: int
    type: str
    occurred_at: str
    source: str
    amount: int | None
    currency: str | None
    hash: str
    corrected_by: int | None


def kind_of(type_: str) -> str:
    """Return the kind of a type of event."""
    return _KINDS.get(type_.partition(".")[0], "system")


def told(events: Sequence[TimelineEvent]) -> list[Told]:
    """Return the story of an order's events, which come oldest first."""
    named = {(event.source, event.id): event.version for event in events}
    corrects = {
        event.version: _corrected(event.data, named)
        for event in events
        if event.type == _CORRECTION
    }
    by = {wrong: version for version, wrong in corrects.items() if wrong is not None}
    before: TimelineEvent | None = None
    found = []
    for event in events:
        found.append(
            Told(
                event=event,
                kind=kind_of(event.type),
                silence=0 if before is None else _silence(before.occurred_at, event.occurred_at),
                corrected_by=by.get(event.version),
                corrects=corrects.get(event.version),
            )
        )
        before = event
    return found


def money(story: Sequence[Told]) -> list[Step]:
    """Return the steps of the money, oldest first."""
    return [
        Step(
            version=one.event.version,
            type=one.event.type,
            occurred_at=one.event.occurred_at,
            source=one.event.source,
            amount=_whole(one.event.data.get("amount")),
            currency=_text(one.event.data.get("currency")),
            hash=one.event.hash,
            corrected_by=one.corrected_by,
        )
        for one in story
        if one.event.type.partition(".")[0] in _MONEY
    ]


def _corrected(data: Mapping[str, Any], named: Mapping[tuple[str, str], int]) -> int | None:
    source, id_ = data.get("event_source"), data.get("event_id")
    return named.get((source, id_)) if isinstance(source, str) and isinstance(id_, str) else None


def _silence(before: str, after: str) -> int:
    try:
        days = (datetime.fromisoformat(after) - datetime.fromisoformat(before)).days
    except (ValueError, TypeError):
        return 0  # a time that a source claims need not be one
    return days if days >= SILENCE else 0


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
