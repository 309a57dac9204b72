"""What was attached to an order as evidence, as its events tell it."""

import hashlib
import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from domain import canonical
from domain.event import Event

ATTACHED = "evidence.attached"
COUNTER_EVIDENCE = "claim.counter_evidence"


class Kind(StrEnum):
    """What an attachment shows.

    A statement is a customer's bank statement, which stands against a refund that the record says
    was paid.
    """

    SCREENSHOT = "screenshot"
    HANDOVER_NOTE = "handover_note"
    STATEMENT = "statement"
    RECORDING = "recording"
    LABEL = "label"
    OTHER = "other"


DIGEST = re.compile(r"[0-9a-f]{64}")
"""SHA-256, hex."""


class Attachment(msgspec.Struct, frozen=True):
    """Something that was attached.

    Args:
        id: its id in the order.
        kind: one of `Kind`.
        sha256: SHA-256, hex, of the file.
        size: bytes of the file.
        media_type: what kind of file it is; empty where only a digest was given and nobody said.
        sealed_sha256: SHA-256, hex, of what is stored of it; None for a digest alone.
        refund_id: the refund that it speaks about, if it is one.
        claim_id: the claim, if it is one.
        by: who attached it.
        name: of the file; None where the reader lacks the key.
        note: what was said about it; as `name`.
        event_id: of the event that attached it.
        version: of this event in the order.
        occurred_at: when it was attached.
        sealed: whether the reader lacks the key.
    """

    id: str
    kind: str
    sha256: str
    size: int
    media_type: str
    sealed_sha256: str | None
    refund_id: str | None
    claim_id: str | None
    by: str | None
    name: str | None
    note: str | None
    event_id: str
    version: int
    occurred_at: str
    sealed: bool


def attachments(events: Iterable[Event]) -> list[Attachment]:
    """Return what an order's events attached, in their order."""
    return [_read(event) for event in events if event.type == ATTACHED]


def attachment_id(stream: str, content: str) -> str:
    """Return the id of an attachment, so that the same file is attached to an order once.

    Args:
        stream: of the order.
        content: digest, hex, of what is stored; of the file where only its digest is given.
    """
    return hashlib.sha256(canonical.encode([stream, content])).hexdigest()[:16]


def _read(event: Event) -> Attachment:
    def text(name: str) -> str | None:
        value = event.data.get(name)
        return value if isinstance(value, str) else None

    size = event.data.get("size")
    return Attachment(
        id=text("attachment_id") or "",
        kind=text("kind") or "other",
        sha256=text("sha256") or "",
        size=size if isinstance(size, int) else 0,
        media_type=text("media_type") or "",
        sealed_sha256=text("sealed_sha256"),
        refund_id=text("refund_id"),
        claim_id=text("claim_id"),
        by=text("by"),
        name=text("name"),
        note=text("note"),
        event_id=event.id,
        version=event.version,
        occurred_at=event.occurred_at,
        sealed=event.sealed,
    )
