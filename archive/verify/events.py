"""Event lines against the log: naming an event for people, and telling whether it was recorded."""

from dataclasses import dataclass

from archive import entry, layout, line, merkle
from archive.findings import Finding, finding
from archive.line import EventLine
from archive.verify.log import Log

SOURCE = "orderproof"
"""The source of events that only Orderproof itself records."""


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


def is_logged(tag: str, version: int, digest: bytes, position: int, log: Log) -> bool | None:
    """Tell whether the log holds this at the position; None where its files do not say."""
    if not 0 < position <= log.size:
        return False
    leaf = log.leaf(position)
    if leaf is None:
        return None
    return leaf == merkle.leaf_hash(entry.encode(tag, version, digest))


def stored_run(event: EventLine, position: int) -> tuple[StoredRun | None, list[Finding]]:
    """Read an event as the record of an archive run; None for every other event."""
    if (event.stream, event.type) != (layout.ARCHIVE_STREAM, line.STORED):
        return None, []
    log_size, digest = event.data.get("log_size"), event.data.get("manifest_sha256")
    files = event.data.get("files")
    sound = type(log_size) is int and type(files) is int and isinstance(digest, str)
    if not sound or event.source != SOURCE:
        detail = "does not say what an archive run stored in the format's way"
        return None, [finding("EVENT_MALFORMED", event_name(event.stream, event.version), detail)]
    run = StoredRun(position, int(str(log_size)), str(digest), int(str(files)))
    if not 0 <= run.log_size < position:
        detail = "names a log size that its own position contradicts"
        return None, [finding("EVENT_MALFORMED", event_name(event.stream, event.version), detail)]
    return run, []


def limited(findings: list[Finding], name: str, at_most: int = 3) -> list[Finding]:
    """Keep the first few findings of each code about one file, and say how many more there are."""
    kept: list[Finding] = []
    counts: dict[str, int] = {}
    for each in findings:
        counts[each.code] = counts.get(each.code, 0) + 1
        if counts[each.code] <= at_most:
            kept.append(each)
    more = [(code, count - at_most) for code, count in counts.items() if count > at_most]
    return kept + [
        finding(code, name, f"{count} more of these in the file") for code, count in more
    ]
