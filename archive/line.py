"""Reading event lines with the standard library alone, as a verifier must be able to."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from archive import canonical, limits
from archive.errors import FormatError

SEALED = "history.sealed"
STORED = "archive.stored"
KEYRING_PUBLISHED = "key.keyring_published"
HEARTBEAT = "archive.heartbeat"
ATTACHED = "evidence.attached"

_KEYS = ["event", "prev", "recorded_at", "stream", "type", "version"]
_PREV_AND_RECORDED = re.compile(r"[0-9a-f]{64} \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
NO_DATE = "00000000"
_TOGETHER = 64


class EventLine(NamedTuple):
    """One recorded event as its line tells it; `data` without the sealed personal fields."""

    stream: str
    version: int
    type: str
    recorded_at: str
    prev: str
    id: str
    source: str
    occurred_at: str
    data: dict[str, object]


def line_hash(line: bytes) -> bytes:
    """Return the SHA-256 of a line: the event's hash."""
    return hashlib.sha256(line).digest()


def first_prev(stream: str) -> str:
    """Return the `prev` of a stream's first line: SHA-256, hex, of the stream's name."""
    return hashlib.sha256(stream.encode()).hexdigest()


def read(line: bytes) -> EventLine:
    """Read a line strictly: keys, order and spacing are exactly those of the format.

    Raises:
        FormatError: the bytes are not an event's line.
    """
    if len(line) > limits.LINE:
        raise FormatError("the line is longer than any recorded event")
    envelope = canonical.decode_ordered(line)
    event = _event(envelope)
    if canonical.encode_ordered(envelope) != line:
        raise FormatError("the line is not in the form in which events are recorded")
    return event


def read_each(lines: Sequence[bytes]) -> Iterator[EventLine | FormatError]:
    """Read many lines, quicker than one by one; in the place of one that is none stands why."""
    for first in range(0, len(lines), _TOGETHER):
        part = lines[first : first + _TOGETHER]
        try:
            yield from _read_together(part)
            continue
        except FormatError:
            pass  # one of them at least: each by itself tells which
        for line in part:
            try:
                yield read(line)
            except FormatError as error:
                yield error


def _read_together(lines: Sequence[bytes]) -> list[EventLine]:
    if sum(map(len, lines)) > limits.LINE:
        raise FormatError("too long to be read at once")
    values = canonical.decode_rows(b"\n".join(lines))
    if len(values) != len(lines):
        raise FormatError("a line is not one value")
    return list(map(_event, values))


def _event(envelope: object) -> EventLine:
    if not isinstance(envelope, dict) or list(envelope) != _KEYS:
        raise FormatError("the line's keys are not those of an event")
    body, prev, recorded_at, stream, type_, version = envelope.values()
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
        raise FormatError("the event has no data")
    id_, source, occurred_at = body.get("id"), body.get("source"), body.get("occurred_at")
    # JSON gives strings of this very type; a test for each by `isinstance` takes longer.
    if not (
        type(stream) is type(type_) is type(prev) is type(recorded_at) is str
        and type(id_) is type(source) is type(occurred_at) is str
    ):
        raise FormatError("a field of the line that must be text is not")
    if type(version) is not int or version < 1:
        raise FormatError("the version is not a number from 1")
    if not _PREV_AND_RECORDED.fullmatch(f"{prev} {recorded_at}"):
        raise FormatError("prev or recorded_at is not in the format's form")
    return EventLine(
        stream, version, type_, recorded_at, prev, id_, source, occurred_at, body["data"]
    )


def date_of(events: Iterable[EventLine]) -> str:
    """Return the date in a history's name, `YYYYMMDD`, from the events of revision 1, in order.

    It is the date written in the first `order.placed` (its `placed_at`, else its
    `occurred_at`), else in the first event's `occurred_at`, without any conversion of zones;
    `00000000` where that is no date. Later revisions keep the date of the first.
    """
    first: EventLine | None = None
    for event in events:
        first = first or event
        if event.type == "order.placed":
            placed_at = event.data.get("placed_at")
            return _written_date(placed_at) or _written_date(event.occurred_at) or NO_DATE
    return (_written_date(first.occurred_at) if first else None) or NO_DATE


def _written_date(value: object) -> str | None:
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        # Not strftime, which gives a year below 1000 fewer than four digits.
        return date.fromisoformat(value[:10]).isoformat().replace("-", "")
    except ValueError:
        return None
