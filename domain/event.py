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
        schema: version of the type's data; None for the catalogue's current one.
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
    schema: int | None = None
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
        data: content in today's form; personal fields are there only where the reader holds the
            keys.
        position: number in the whole log, from 1; 0 where the reader does not know it.
        schema: version that the data was recorded in; 0 for a type that nobody had declared.
        sealed: whether personal fields exist that `data` does not show.
        boxes: the sealed boxes, by purpose, that `data` does not show; see `domain.opening`.
        stored: the data as recorded, where boxes are left and the version is an older one: the
            boxes' contents belong into that form. None where `data` has it.
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
    schema: int = 1
    sealed: bool = False
    boxes: dict[str, dict[str, str]] = {}
    stored: dict[str, Any] | None = None
