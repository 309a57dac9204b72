"""Step 6: every event that the log counts is shown by a file, once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from archive import layout
from archive.findings import CANNOT_TELL, Finding, finding
from archive.verify.events import stream_name
from archive.verify.log import Log
from archive.verify.log_check import LogState
from archive.verify.streams import Streams

_TAGS = 1000
_LISTED = 8


@dataclass
class _Hole:
    """Events of one history that no file shows: how many, and where the first of them stand."""

    count: int = 0
    positions: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)

    def add(self, position: int, version: int | None) -> None:
        self.count += 1
        if len(self.positions) < _LISTED:
            self.positions.append(position)
            self.versions += [version] if version else []


def omitted(log: Log, streams: Streams, *, all_read: bool) -> Iterator[Finding]:
    """Name the histories, by stream or tag, whose events at some positions no file shows.

    Args:
        log: the log's entries.
        streams: what was shown.
        all_read: whether every file could be read; if not, nothing is known to be left out.
    """
    holes: dict[str, _Hole] = {}
    beyond: Counter[str] = Counter()
    for position in streams.missing():
        read = log.entry(position)
        tag = read.tag if read else ""
        if tag in holes or len(holes) < _TAGS:
            holes.setdefault(tag, _Hole()).add(position, read.version if read else None)
        else:
            beyond[tag] += 1
    holes_beyond = ((tag, _Hole(count)) for tag, count in beyond.items())
    for tag, hole in chain(holes.items(), holes_beyond):
        yield _omitted(streams, tag, hole, all_read=all_read)


def omitted_of(state: LogState, streams: Streams, stream: str, *, all_read: bool) -> list[Finding]:
    """Name the events of one stream that the log counts and no file shows; as `omitted`."""
    tag = streams.tag_of(stream)
    if not tag or not state.events_of:
        return []
    counted = state.events_of.get(int(tag, 16), 0)
    if counted == (streams.shown_by_tag[int(tag, 16)] or streams.shown_of[stream]):
        return []
    hole = _Hole()
    for position in range(1, state.log.readable + 1):
        read = state.log.entry(position)
        if read is not None and read.tag == tag and not streams.is_shown(position):
            hole.add(position, read.version)
    return [_omitted(streams, tag, hole, all_read=all_read)] if hole.count else []


def omitted_in_sample(state: LogState, streams: Streams, *, all_read: bool) -> Iterator[Finding]:
    """Name the events that the log counts of histories in the sample, and no file shows."""
    for tag in streams.tags_of_histories():
        number = int(tag, 16)
        if streams.shown_by_tag[number] < state.events_of.get(number, 0):
            stream = streams.stream_of(tag)
            if stream is not None:
                yield from omitted_of(state, streams, stream, all_read=all_read)


def archive_stream_whole(state: LogState, streams: Streams) -> bool:
    """Tell whether all events about archive runs have been shown, so that the runs are known."""
    tag = streams.tag_of(layout.ARCHIVE_STREAM)
    if not tag or not state.entries_hold:
        return False
    if state.events_of:
        return streams.whole(layout.ARCHIVE_STREAM, state.events_of.get(int(tag, 16), 0))
    entries = map(state.log.entry, streams.missing())
    return all(each is not None and each.tag != tag for each in entries)


def _omitted(streams: Streams, tag: str, hole: _Hole, *, all_read: bool) -> Finding:
    stream = streams.stream_of(tag)
    about = stream_name(stream) if stream else f"the history with the log's tag {tag or '?'}"
    detail = f"no file shows what the log holds at position {_some(hole.positions, hole.count)}"
    if hole.versions:
        detail += f", version {_some(hole.versions, hole.count)} of this history"
    events = f"{hole.count} event{'s' if hole.count > 1 else ''} more"
    if not all_read:
        detail += "; some files could not be read"
    return finding(
        "EVENT_OMITTED",
        about,
        detail,
        expected=events,
        found="none of them",
        severity=None if all_read else CANNOT_TELL,
    )


def _some(numbers: list[int], count: int) -> str:
    text = ", ".join(map(str, numbers))
    return f"{text} and {count - len(numbers)} more" if count > len(numbers) else text
