"""Step 5: the open lines, each against the log, without holding them in memory."""

from array import array
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field

from archive import canonical, entry, layout, limits, line, member, open_lines
from archive.attached import Note, note_of
from archive.errors import FormatError, TooLargeError, UnreadableFileError
from archive.findings import Finding, finding
from archive.line import EventLine
from archive.verify.events import (
    HOLDS,
    SOURCE,
    Few,
    HoldNote,
    KeyringNote,
    StoredRun,
    event_name,
    hold_note,
    keyring_note,
    not_logged,
    stored_run,
)
from archive.verify.facts import KEY_BYTES
from archive.verify.files import Files
from archive.verify.histories import check_tag
from archive.verify.keys import Keys
from archive.verify.log import Log
from archive.verify.open_orders import OpenOrders
from archive.verify.streams import Head, Streams, two_tags


@dataclass
class _Pass:
    """What one reading of the open lines shows."""

    findings: Few
    heads: dict[str, Head] = field(default_factory=dict)
    shown_of: "Counter[str]" = field(default_factory=Counter)
    shown_by_tag: "Counter[int]" = field(default_factory=Counter)
    tags: dict[str, str] = field(default_factory=dict)
    shown: "array[int]" = field(default_factory=lambda: array("Q"))
    runs: list[StoredRun] = field(default_factory=list)
    holds: list[HoldNote] = field(default_factory=list)
    keyrings: list[KeyringNote] = field(default_factory=list)
    attached: list[Note] = field(default_factory=list)
    orders: OpenOrders = field(default_factory=OpenOrders)
    lines: list[tuple[int, bytes]] = field(default_factory=list)


def check_open_lines(
    folder: Files,
    origin: str,
    keys: Keys,
    log: Log,
    streams: Streams,
    only: Set[str] | None = None,
) -> tuple[list[tuple[int, bytes]], list[Finding]]:
    """Check `open/<B>.jsonl.gz` and the digest beside it.

    Args:
        folder: the archive's files.
        origin: name of the log.
        keys: the keys to go by.
        log: the log's hashes, up to B.
        streams: what histories have shown; open lines go on from there.
        only: check and return the lines of these streams only; all are checked, and none
            returned, where it is None.

    Returns:
        The lines asked for with their positions, and the findings.
    """
    name = layout.open_path(log.size)
    passes: list[_Pass] = []

    def check() -> list[Finding]:
        passes.append(_Pass(Few(name)))
        return _read(folder, name, origin, log, streams, only, passes[-1])

    findings = folder.twice(name, check)
    findings = findings or _check_digest(folder, name, log.size)
    if not passes:
        return [], findings
    seen = passes[-1]
    for stream, tag in seen.tags.items():
        findings += check_tag(keys, stream, tag, name) + streams.bind(stream, tag, name)
    streams.goes_on(seen.shown_of, seen.shown_by_tag)
    streams.runs.update((run.position, run) for run in seen.runs)
    streams.take_holds(seen.holds)
    streams.keyrings.update(seen.keyrings)
    streams.attached.take_open(seen.attached)
    streams.open_orders = seen.orders
    findings += streams.mark(seen.shown, name)
    return seen.lines, findings


def _read(
    folder: Files,
    name: str,
    origin: str,
    log: Log,
    streams: Streams,
    only: Set[str] | None,
    seen: _Pass,
) -> list[Finding]:
    needles = None
    if only is not None:
        needles = [b'"stream":' + canonical.encode(stream) for stream in only]
    last = count = 0
    header = open_lines.OpenHeader(0, origin, log.size)
    try:
        with folder.open(name) as file:
            rows = open_lines.split_rows(member.chunks(file, limits.OPEN_TEXT))
            header = open_lines.read_header(next(rows, b""))
            for row in rows:
                count += 1
                position, text = open_lines.read_row(row)
                if position <= last:
                    raise FormatError("its positions do not rise")
                last = position
                if needles is not None and not any(needle in text for needle in needles):
                    continue
                _check_row(position, text, name, origin, log, streams, seen)
                if only is not None:
                    seen.lines.append((position, text))
    except (FormatError, TooLargeError) as error:
        # What stood before the damage is in the log or not by itself, so it stays shown.
        return [finding("FILE_ALTERED", name, str(error)), *seen.findings.all()]
    except UnreadableFileError as error:
        return [finding("FILE_UNREADABLE", name, str(error)), *seen.findings.all()]
    findings = seen.findings.all()
    if (header.origin, header.size, header.events) != (origin, log.size, count):
        findings.append(
            finding(
                "FILE_ALTERED",
                name,
                "its header does not agree with the log or with its lines",
                expected=f"{origin}, size {log.size}, {count} events",
                found=f"{header.origin}, size {header.size}, {header.events} events",
            )
        )
    return findings


def _check_row(
    position: int, text: bytes, name: str, origin: str, log: Log, streams: Streams, seen: _Pass
) -> None:
    try:
        event = line.read(text)
    except FormatError as error:
        about = f"{name}, log position {position}"
        seen.findings.add([finding("EVENT_MALFORMED", about, str(error))])
        return
    digest = line.line_hash(text)
    logged = log.entry(position)
    # Where the log's entry is damaged, its hash may still tell, if the tag is known elsewhere.
    tag = logged.tag if logged else streams.tag_of(event.stream)
    checkable = tag or position > log.size
    if checkable and log.holds(position, entry.encode(tag, event.version, digest)) is False:
        seen.findings.add(not_logged(event, digest, position, name, log))
        return
    if position <= streams.size:
        seen.shown.append(position)
        seen.orders.add(event.stream, position)
        seen.findings.add(log.times.contradict(event, position, name))
    if tag and seen.tags.setdefault(event.stream, tag) != tag:
        seen.findings.add([two_tags(event.stream, name, seen.tags[event.stream], tag)])
    if event.type in HOLDS and event.source == SOURCE:
        seen.holds.append(hold_note(event, position))
    elif keyring := keyring_note(event):
        seen.keyrings.append(keyring)
    elif attached := note_of(event):
        seen.attached.append(attached)
    run, trouble = stored_run(event, position, origin)
    seen.findings.add(trouble + _check_chain(event, digest, tag, name, streams, seen))
    seen.runs += [run] if run else []


def _check_chain(
    event: EventLine, digest: bytes, tag: str, name: str, streams: Streams, seen: _Pass
) -> list[Finding]:
    """Check that an open line follows the last one shown of its stream.

    Where the versions do not join, the events between are missing; step 6 says which.
    """
    head = seen.heads.get(event.stream) or streams.head(event.stream)
    seen.heads[event.stream] = Head(event.version, digest[:KEY_BYTES])
    if event.stream in streams.asked:
        seen.shown_of[event.stream] += 1
    if streams.by_tag and tag:
        seen.shown_by_tag[int(tag, 16)] += 1
    if event.version == 1:
        prev = line.first_prev(event.stream)
    elif head is not None and event.version == head.version + 1:
        prev = head.hash.hex()
    else:
        return []
    if event.prev.startswith(prev):
        return []
    about = event_name(event.stream, event.version)
    detail = f"{event.type}, id {event.id}, in {name}: does not follow the line before it"
    expected = prev if event.version == 1 else f"{prev}…"
    return [finding("CHAIN_BROKEN", about, detail, expected=expected, found=event.prev)]


def _check_digest(folder: Files, name: str, size: int) -> list[Finding]:
    beside = layout.open_digest_path(size)
    if name not in folder:
        return []

    def look(data: bytes) -> list[Finding]:
        expected = open_lines.digest_row(folder.digest(name), size)
        if data == expected:
            return []
        return [
            finding(
                "FILE_ALTERED",
                beside,
                f"does not fit {name}",
                expected=expected.decode().split()[0],
                found=data[:64].decode(errors="replace"),
            )
        ]

    return folder.examine(beside, 1024, look)
