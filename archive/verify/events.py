"""Event lines against the log: naming an event for people, and telling whether it was recorded."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from archive import layout, line
from archive.findings import Finding, finding
from archive.line import EventLine
from archive.verify.log import Log

SOURCE = "orderproof"
"""The source of events that only Orderproof itself records."""


HOLD_PLACED = "hold.placed"
HOLDS = frozenset((HOLD_PLACED, "hold.released"))


class HoldNote(NamedTuple):
    """What an event about a hold says.

    Args:
        stream: the order.
        hold: the hold's id.
        begins: whether the hold begins; else it ends.
        position: of the event.
    """

    stream: str
    hold: str
    begins: bool
    position: int


KeyringNote = tuple[int, str, str]
"""What an event says that published a keyring: its number, the digest of its file, the log."""


@dataclass(frozen=True)
class StoredRun:
    """What an `archive.stored` event says about a run.

    Args:
        position: of the event, which names the manifest: size B of the run.
        log_size: size A of the log that the run's histories are proved against.
        manifest_sha256: digest of the manifest, hex.
        files: number of files in the manifest.
    """

    position: int
    log_size: int
    manifest_sha256: str
    files: int


def hold_note(event: EventLine, position: int) -> HoldNote:
    """Return what an event of a type in `HOLDS` says."""
    hold = str(event.data.get("hold_id"))
    return HoldNote(event.stream, hold, event.type == HOLD_PLACED, position)


def keyring_note(event: EventLine) -> KeyringNote | None:
    """Return what an event says if it published a keyring; 0 stands for a number that is none."""
    kind = (event.stream, event.type, event.source)
    if kind != (layout.KEYS_STREAM, line.KEYRING_PUBLISHED, SOURCE):
        return None
    number = event.data.get("keyring")
    known = number if type(number) is int and number > 0 else 0
    return known, str(event.data.get("sha256")), str(event.data.get("origin"))


def event_name(stream: str, version: int) -> str:
    """Name an event as people do: `order de/202405001, event 6`."""
    return f"{stream_name(stream)}, event {version}"


def stream_name(stream: str) -> str:
    """Name a stream as people do."""
    if stream.startswith(layout.ORDER_STREAM):
        return f"order {stream[len(layout.ORDER_STREAM) :]}"
    return stream


def not_logged(
    event: EventLine, digest: bytes, position: int, name: str, log: Log
) -> list[Finding]:
    """Accuse a line whose hash is not the one in the log at its position."""
    logged = log.entry(position)
    what = f"{event.type}, id {event.id}, in {name}"
    if position > log.size:
        detail = f"{what}: the log ends before position {position}"
        expected = f"a position up to {log.size}"
    elif logged is None:
        detail = f"{what}: is not what the log holds at position {position}"
        expected = "another hash"
    elif logged.digest == digest:
        detail = f"{what}: the log holds it at position {position} as another order's or version's"
        expected = f"tag {logged.tag}, version {logged.version}, {digest.hex()}"
    else:
        detail = f"{what}: the line was changed, the log holds another hash at position {position}"
        expected = logged.digest.hex()
    return [
        finding(
            "EVENT_NOT_LOGGED",
            event_name(event.stream, event.version),
            detail,
            expected=expected,
            found=digest.hex(),
        )
    ]


def stored_run(
    event: EventLine, position: int, origin: str
) -> tuple[StoredRun | None, list[Finding]]:
    """Read an event as the record of an archive run; None for every other event.

    Runs of another origin stored their files in another archive: the log was restored from it.
    """
    if (event.stream, event.type) != (layout.ARCHIVE_STREAM, line.STORED):
        return None, []
    log_size, digest = event.data.get("log_size"), event.data.get("manifest_sha256")
    files = event.data.get("files")
    sound = type(log_size) is int and type(files) is int and isinstance(digest, str)
    sound = sound and isinstance(event.data.get("origin"), str)
    if not sound or event.source != SOURCE:
        detail = "does not say what an archive run stored in the format's way"
        return None, [finding("EVENT_MALFORMED", event_name(event.stream, event.version), detail)]
    if event.data.get("origin") != origin:
        return None, []
    run = StoredRun(position, int(str(log_size)), str(digest), int(str(files)))
    if not 0 <= run.log_size < position:
        detail = "names a log size that its own position contradicts"
        return None, [finding("EVENT_MALFORMED", event_name(event.stream, event.version), detail)]
    return run, []


class Few:
    """Findings about one file: all are counted and the first of each code kept.

    A file made of garbage has very many, and they must not use up memory.

    Args:
        name: the file.
        at_most: how many of a code are kept.
    """

    def __init__(self, name: str, at_most: int = 3) -> None:
        self._name = name
        self._at_most = at_most
        self._kept: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
        """Take in findings."""
        for each in findings:
            self._counts[each.code] += 1
            if self._counts[each.code] <= self._at_most:
                self._kept.append(each)

    def all(self) -> list[Finding]:
        """Return those that were kept, and for each code one that says how many more there are."""
        return self._kept + [
            finding(code, self._name, f"{count - self._at_most} more of these in the file")
            for code, count in self._counts.items()
            if count > self._at_most
        ]
