"""Payloads of other systems in a file: one JSON document, or JSON Lines.

A document may be a payload, or hold payloads in lists and wrappers. Lines are read one by one, so
memory does not grow with their number.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from domain.errors import InvalidInputError
from domain.event import Fact
from domain.linking import is_waiting_place
from domain.stream import order_stream
from sources import cloudevent, other_json, strict_json
from sources.format import Format, payloads
from sources.message import Message
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT
from sources.window import Line, Readable, Window

MAX_DOCUMENT = 32 * MAX_EVENT
"""Bytes of a document that holds payloads: a page of a list, a recorded call."""

UNKNOWN = other_json.KIND

_EVENT_ONLY = ("subject", "time", "datacontenttype")

# What breaks these rules is JSON all the same: the payload is kept, though nothing is read from it.
_KEPT = frozenset(("duplicate-key", "lone-surrogate", "nesting", "nul"))

_LOOKED_AT = 100  # lines behind a broken first one, to tell JSON Lines from a broken document

_NOT_FOUND = "is no JSON object or list"


class Payload(msgspec.Struct, frozen=True):
    """A payload that was found.

    Args:
        format: its source.
        kind: the source's own name for what it is.
        value: the payload as read; None where it is kept and not read.
        raw: its bytes: as they came, where it was all there was, else written anew.
        line: in the input on which it, or the document around it, begins, from 1.
        media_type: of its bytes.
    """

    format: Format
    kind: str
    value: Mapping[str, Any] | None
    raw: bytes
    line: int
    media_type: str = "application/json"

    @property
    def name(self) -> str:
        """The name of its source."""
        return self.format.name

    def message(self) -> Message:
        """Return what it says.

        A payload is written by others: what it calls its order cannot lead to where the messages of
        another order wait, or they would be taken for one. It is looked for by its other ids.
        """
        if self.value is None or self.kind == UNKNOWN:
            return other_json.translate(UNKNOWN, {}, self.raw)
        message = self.format.translate(self.kind, self.value, self.raw)
        if message.order is not None and is_waiting_place(order_stream("", message.order)):
            return msgspec.structs.replace(message, order=None)
        return message


def read(stream: Readable, formats: Sequence[Format]) -> Iterator[Payload | Fact | Rejected]:
    """Find the payloads in a stream, in their order. No input raises.

    Args:
        stream: the input.
        formats: sources that are looked for. A document without a payload that is known is kept
            as one of the kind `unknown`: of the source, where it is one only, else of none.
            Where there are several, CloudEvents are read as well.
    """
    window = Window(stream)
    window.skip_bom()
    window.skip_space()
    line = window.next_line()
    if line is not None and not _is_whole(line):
        document = _document(window, line)
        if document is not None:
            yield from _found(document, formats)
            line = window.next_line()
    while line is not None:
        if line.raw.strip():
            yield from _found(line, formats)
        line = window.next_line()
    damage = window.damage_report()
    if damage is not None:
        yield damage


def again(format_: Format, raw: bytes) -> Payload:
    """Return a payload that was recorded, from its bytes."""
    try:
        value = strict_json.parse(raw)
    except InvalidInputError:
        value = None
    kind = format_.kind_of(value) if isinstance(value, dict) else None
    if kind is None:
        return Payload(format_, UNKNOWN, None, raw, 1)
    return Payload(format_, kind, value, raw, 1)


def _is_whole(line: Line) -> bool:
    """Tell whether a first line is a JSON value of its own, so that more may follow."""
    return line.size <= MAX_EVENT and _is_json(line.raw, MAX_EVENT)


def _document(window: Window, first: Line) -> Line | None:
    """Take all there is as one document printed over many lines, None where it is JSON Lines."""
    if first.raw[:1] not in (b"{", b"[") or first.size > len(first.raw):
        return None
    while len(window.held) <= MAX_DOCUMENT and window.more():
        pass
    raw = b"%b\n%b" % (first.raw, bytes(window.held))
    if not _is_json(raw, MAX_DOCUMENT) and any(
        _is_json(line, MAX_EVENT) for line in islice(window.held.splitlines(), _LOOKED_AT)
    ):
        return None  # the first line alone is broken
    window.take(len(window.held))
    return Line(first.number, raw, len(raw))


def _is_json(raw: bytes | bytearray, limit: int) -> bool:
    """Tell whether bytes are an object or a list."""
    if raw.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        strict_json.parse(raw, limit)
    except InvalidInputError as error:
        return error.code in _KEPT
    return True


def _found(document: Line, formats: Sequence[Format]) -> Iterator[Payload | Fact | Rejected]:
    raw, number = document.raw, document.number
    try:
        if document.size > MAX_DOCUMENT or document.size > len(raw):
            raise InvalidInputError("too-large", "", f"a document has at most {MAX_DOCUMENT} bytes")
        value = strict_json.parse(raw, MAX_DOCUMENT)
    except InvalidInputError as error:
        if error.code in _KEPT and len(raw) <= MAX_EVENT and 0 not in raw and len(formats) == 1:
            yield Payload(formats[0], UNKNOWN, None, raw.strip(), number)
            return
        yield document.reject(error.code, error.place, error.message)
        return
    if len(formats) > 1 and isinstance(value, dict) and "specversion" in value:
        yield _event(document, value)
        return
    count = 0
    for format_, kind, inner in payloads(formats, value):
        count += 1
        text = raw.strip() if inner is value else msgspec.json.encode(inner)
        if len(text) > MAX_EVENT:
            refused = strict_json.too_large()
            yield document.reject(refused.code, refused.place, refused.message)
        else:
            yield Payload(format_, kind, inner, text, number)
    if count:
        return
    if isinstance(value, dict) and _means_event(value) and len(formats) > 1:
        yield _event(document, value)
    elif not isinstance(value, dict | list):
        yield document.reject("payload-unknown", "", _NOT_FOUND)
    elif len(raw) > MAX_EVENT:
        refused = strict_json.too_large()
        yield document.reject(refused.code, refused.place, refused.message)
    else:
        kept = formats[0] if len(formats) == 1 else other_json.FORMAT
        yield Payload(kept, UNKNOWN, None, raw.strip(), number)


def _means_event(value: dict[str, Any]) -> bool:
    """Tell what was meant for a CloudEvent, so that what it lacks is worth saying."""
    return "type" in value and "source" in value and not value.keys().isdisjoint(_EVENT_ONLY)


def _event(document: Line, value: dict[str, Any]) -> Fact | Rejected:
    try:
        return cloudevent.to_fact(value)
    except InvalidInputError as error:
        return document.reject(error.code, error.place, error.message)
