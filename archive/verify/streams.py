"""What has been shown so far: streams with their heads, tags, positions, and archive runs."""

from array import array
from typing import NamedTuple

from archive import line
from archive.findings import Finding, finding
from archive.verify.events import StoredRun, event_name, stream_name
from archive.verify.histories import HistoryFacts


class Head(NamedTuple):
    """How far a stream has been shown.

    Args:
        revision: last revision, 0 where all of it is open.
        version: last version.
        hash: hash, hex, of the last line.
        date: date in the names of its histories.
        shown: number of its lines that are as the log holds them.
    """

    revision: int
    version: int
    hash: str
    date: str
    shown: int


class Streams:
    """Collects what the files of an archive show.

    Memory: one bit a position, and a small row for each stream.

    Args:
        size: number of positions that the log's files tell about.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.heads: dict[str, Head] = {}
        self.tags: dict[str, str] = {}
        self.stream_of: dict[str, str] = {}
        self.runs: dict[int, StoredRun] = {}
        self.events = 0
        self._shown = bytearray((size + 7) // 8)

    def join(self, facts: HistoryFacts, name: str) -> list[Finding]:
        """Take in a history that was checked; earlier revisions must have come before."""
        head = self.heads.get(facts.stream)
        about = stream_name(facts.stream)
        if head is not None and facts.revision <= head.revision:
            again = f"shows revision {facts.revision} of {about} a second time"
            return [finding("FILE_UNEXPECTED", name, again)]
        findings = self.bind(facts.stream, facts.tag, name)
        expected = (head.revision if head else 0) + 1
        if facts.revision != expected:
            findings.append(
                finding(
                    "REVISION_GAP",
                    about,
                    f"{name} is revision {facts.revision} and the one before is not here",
                    expected=f"revision {expected}",
                    found=f"revision {facts.revision}",
                )
            )
        else:
            findings += self._check_joint(facts, head, name)
        shown = (head.shown if head else 0) + len(facts.shown)
        self.heads[facts.stream] = Head(facts.revision, facts.events, facts.head, facts.date, shown)
        self.runs.update((run.position, run) for run in facts.runs)
        return findings + self.mark(facts.shown, name)

    def bind(self, stream: str, tag: str, name: str) -> list[Finding]:
        """Hold a stream to one tag, and a tag to one stream."""
        if self.tags.setdefault(stream, tag) != tag:
            return [two_tags(stream, name, self.tags[stream], tag)]
        if self.stream_of.setdefault(tag, stream) != stream:
            detail = f"in {name}: has the tag of {stream_name(self.stream_of[tag])}"
            return [finding("EVENT_WRONG_ORDER", stream_name(stream), detail, found=tag)]
        return []

    def mark(self, positions: "array[int]", name: str) -> list[Finding]:
        """Note that a file shows these positions; each may be shown once."""
        twice = 0
        for position in positions:
            byte, bit = divmod(position - 1, 8)
            if self._shown[byte] >> bit & 1:
                twice = twice or position
            self._shown[byte] |= 1 << bit
        self.events += len(positions)
        if not twice:
            return []
        detail = f"shows log position {twice}, which another file shows already"
        return [finding("FILE_ALTERED", name, detail)]

    def whole(self, stream: str, events: int) -> bool:
        """Tell whether that many lines of a stream have been shown, as the log holds them."""
        head = self.heads.get(stream)
        return head is not None and head.shown == events

    def is_shown(self, position: int) -> bool:
        """Tell whether a file has shown this position."""
        byte, bit = divmod(position - 1, 8)
        return bool(self._shown[byte] >> bit & 1)

    def missing(self) -> "array[int]":
        """Return the positions that no file has shown."""
        result = array("Q")
        for byte, bits in enumerate(self._shown):
            if bits == 0xFF:
                continue
            first = byte * 8 + 1
            for bit in range(min(8, self.size - first + 1)):
                if not bits >> bit & 1:
                    result.append(first + bit)
        return result

    def _check_joint(self, facts: HistoryFacts, head: Head | None, name: str) -> list[Finding]:
        version = (head.version if head else 0) + 1
        prev = head.hash if head else line.first_prev(facts.stream)
        about = event_name(facts.stream, facts.first_version)
        if facts.first_version != version:
            detail = f"{name} does not begin where the revision before ends"
            return [
                finding(
                    "SEQUENCE_GAP",
                    about,
                    detail,
                    expected=str(version),
                    found=str(facts.first_version),
                )
            ]
        if facts.first_prev and facts.first_prev != prev:
            detail = f"{name} does not follow the last line of the revision before"
            return [finding("CHAIN_BROKEN", about, detail, expected=prev, found=facts.first_prev)]
        if head is not None and facts.date != head.date:
            detail = "its name has another date than the revisions before"
            return [
                finding("EVENT_WRONG_ORDER", name, detail, expected=head.date, found=facts.date)
            ]
        return []


def two_tags(stream: str, name: str, first: str, second: str) -> Finding:
    """Accuse a log that keeps one history under two tags, so that neither counts all of it."""
    detail = f"in {name}: the log keeps this history under two tags"
    return finding("ORDER_FORK", stream_name(stream), detail, expected=first, found=second)
