"""JSON of which no source is known: kept as evidence, and nothing is read from it."""

from collections.abc import Mapping
from typing import Any

from sources.format import Format
from sources.message import NO_TIME, Message, object_id

KIND = "unknown"
"""The kind of a payload of which nothing is known."""


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:  # noqa: ARG001
    """Return a message that tells nothing; the payload's digest names it."""
    name = object_id(kind, raw)
    return Message(id=name, type=kind, occurred_at=NO_TIME, links=[name])


FORMAT = Format(name="json", title="other JSON", kind_of=lambda _: None, translate=translate)
