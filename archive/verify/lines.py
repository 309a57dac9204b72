"""Step 4: the lines of one history, each against the one before and against the log."""

import hashlib
from itertools import count

from archive import entry, history, line
from archive.attached import note_of
from archive.errors import FormatError
from archive.findings import Finding, finding
from archive.history import History
from archive.line import EventLine
from archive.verify.events import (
    HOLDS,
    SOURCE,
    Few,
    event_name,
    hold_note,
    keyring_note,
    not_logged,
    stored_run,
)
from archive.verify.facts import HistoryFacts
from archive.verify.log import Log


def check_lines(
    read: History, facts: HistoryFacts, name: str, log: Log | None
) -> tuple[list[EventLine], Few]:
    """Check every line of a history against its neighbours and the log.

    Args:
        read: the history.
        facts: what its header says; told what the lines show.
        name: its name in the archive.
        log: the log's hashes; None for a lone file.

    Returns:
        The first, the placement and the last event, and the findings.
    """
    findings = Few(name)
    kept: list[EventLine] = []
    last: EventLine | None = None
    stream, first_version, tag = facts.stream, facts.first_version, facts.tag
    shown, sha256, encode = facts.shown, hashlib.sha256, entry.encode
    prev = ""
    facts.lines = list(zip(history.header_positions(read.header), read.lines, strict=True))
    for version, (position, text), event in zip(
        count(first_version), facts.lines, line.read_each(read.lines), strict=False
    ):
        digest = sha256(text).digest()
        if isinstance(event, FormatError):
            about = event_name(stream, version)
            findings.add([finding("EVENT_MALFORMED", about, f"in {name}: {event}")])
            prev = _logged_hash(log, position) or digest.hex()
            last = None
            continue
        if event.prev != prev or event.version != version or event.stream != stream:
            findings.add(_check_place(event, facts, version, prev, name))
        if version == first_version:
            facts.first_prev = event.prev
        logged = None if log is None else log.holds(position, encode(tag, version, digest))
        if logged is False and log is not None:
            findings.add(not_logged(event, digest, position, name, log))
            prev = _logged_hash(log, position) or digest.hex()
        else:
            prev = digest.hex()
            if logged and log is not None:
                shown.append(position)
                if log.times:
                    findings.add(log.times.contradict(event, position, name))
            if event.type == line.STORED:
                run, trouble = stored_run(event, position, str(read.header["origin"]))
                findings.add(trouble)
                facts.runs += [run] if run else []
            elif event.type in HOLDS and event.source == SOURCE:
                facts.holds.append(hold_note(event, position))
            elif keyring := keyring_note(event):
                facts.keyrings.append(keyring)
            elif event.type == line.ATTACHED and (attached := note_of(event)):
                facts.attached.append(attached)
        if event.type == line.SEALED and version != facts.events:
            about = event_name(stream, version)
            wrong = f"in {name}: a seal stands in the middle of the revision that it should end"
            findings.add([finding("EVENT_MALFORMED", about, wrong)])
        if not kept or (event.type == "order.placed" and len(kept) == 1):
            kept.append(event)
        last = event
    facts.head = prev
    return kept + ([last] if last else []), findings


def _check_place(
    event: EventLine, facts: HistoryFacts, version: int, prev: str, name: str
) -> list[Finding]:
    """Check that the event belongs to the stream, has the next version and follows the one before.

    Args:
        prev: hash of the line before, empty for the file's first line.
    """
    if version == 1:
        prev = line.first_prev(facts.stream)
    follows = not prev or event.prev == prev
    if follows and (event.stream, event.version) == (facts.stream, version):
        return []
    findings = []
    about = event_name(facts.stream, version)
    if event.stream != facts.stream:
        findings.append(
            finding(
                "EVENT_WRONG_ORDER",
                about,
                f"{event.type}, id {event.id}, in {name}: belongs to another history",
                expected=facts.stream,
                found=event.stream,
            )
        )
    if event.version != version:
        findings.append(
            finding(
                "SEQUENCE_GAP",
                about,
                f"{event.type}, id {event.id}, in {name}: is not the version that comes next",
                expected=str(version),
                found=str(event.version),
            )
        )
    if not follows:
        findings.append(
            finding(
                "CHAIN_BROKEN",
                about,
                f"{event.type}, id {event.id}, in {name}: does not name the hash of event "
                f"{version - 1}, which was changed, or one between the two was taken out",
                expected=prev,
                found=event.prev,
            )
        )
    return findings


def _logged_hash(log: Log | None, position: int) -> str | None:
    logged = log.entry(position) if log is not None else None
    return logged.digest.hex() if logged else None
