"""An event on its way in (`Fact`) and as it is read back (`Event`)."""

from typing import Any

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reported about an order, not recorded yet.

    Args:
        stream: name of the stream it belongs to.
        type: dotted, stable name of what happened, such as `refund.settled`.
        source: who reported it, a CloudEvents `source`; with `id` the identity of the event.
        id: unique within the source.
        occurred_at: when it happened by the source's claim; RFC 3339 with offset, kept as sent.
        data: content, personal data in the clear. Money is in minor units.
        schema: version of the type's data.
        actor: who did it: `kind`, `id`, `role`.
        causation: id of the event that led to this one.
        correlation: id that ties events of one conversation together.
        evidence: digests of what stands behind it: `kind`, `sha256`, `size`, `media_type`, `ref`.
        ce: CloudEvents extension attributes.
    """

    stream: str
    type: str
    source: str
    id: str
    occurred_at: str
    data: dict[str, Any]
    schema: int = 1
    actor: dict[str, str] | None = None
    causation: str | None = None
    correlation: str | None = None
    evidence: list[dict[str, Any]] | None = None
    ce: dict[str, Any] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event, decoded. What the folds read.

    Args:
        stream: name of the stream.
        version: number in the stream, from 1.
        type: dotted, stable name.
        source: who reported it.
        id: unique within the source.
        occurred_at: when it happened by the source's claim, RFC 3339.
        recorded_at: when we recorded it, UTC.
        data: content; personal fields are there only where the reader holds the keys.
        position: number in the whole log, from 1; 0 where the reader does not know it.
        sealed: whether personal fields exist that `data` does not show.
    """

    stream: str
    version: int
    type: str
    source: str
    id: str
    occurred_at: str
    recorded_at: str
    data: dict[str, Any]
    position: int = 0
    sealed: bool = False
