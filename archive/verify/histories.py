"""Step 4: one history file, from its container to the proof of its seal."""

import hashlib
from datetime import date

from archive import entry, history, layout, limits, line, member, merkle
from archive.errors import FormatError, MemberError
from archive.findings import INCOMPLETE, Finding, finding
from archive.history import History
from archive.line import EventLine
from archive.verify.events import (
    SOURCE,
    stream_name,
)
from archive.verify.facts import FileSeen, HistoryFacts, Place, seen_of
from archive.verify.files import Files
from archive.verify.keys import HISTORY_NOTE, Keys
from archive.verify.lines import check_lines
from archive.verify.log import Log

_SHORTEST_LINE = 150


def check_history(
    data: bytes, name: str, keys: Keys, log: Log | None, *, placed: bool = True
) -> tuple[HistoryFacts | None, list[Finding]]:
    """Check one history by itself and against the log.

    Args:
        data: the file's bytes.
        name: its name in the archive.
        keys: the keys to go by.
        log: the log's hashes; None for a lone file, which has only its proof.
        placed: whether the name must be the one that the archive gives this history.

    Raises:
        FormatError, TooLargeError: the bytes are not a history at all.
    """
    text, findings = _unpack(data, name)
    facts, more = check_text(text, name, keys, log, placed=placed)
    return facts, findings + more


def check_text(
    text: bytes, name: str, keys: Keys, log: Log | None, *, placed: bool = False
) -> tuple[HistoryFacts | None, list[Finding]]:
    """Check the text of one history; as `check_history`.

    Args:
        text: header, lines and proof.
        name: its name in the archive, or how people are to find it.
        keys: as in `check_history`.
        log: as in `check_history`.
        placed: as in `check_history`.
    """
    if text.count(b"\n") * _SHORTEST_LINE > len(text) + 100 * _SHORTEST_LINE:
        raise FormatError("holds lines that are too short to be events")
    read = history.parse(text)
    stream = history.header_stream(read.header)
    parsed = layout.parse_history_path(name)
    facts = HistoryFacts(
        stream=stream,
        tag=str(read.header["tag"]),
        revision=_number(read.header, "revision"),
        first_version=_number(read.header, "first_version"),
        events=_number(read.header, "events"),
        date=parsed.date if parsed else "",
    )
    findings = _check_origin(read, name, keys) + check_tag(keys, stream, facts.tag, name)
    # Proof first: it says at which size of the log the lines stand.
    said, trouble = keys.open_note(read.proof.checkpoint, name, HISTORY_NOTE)
    findings += trouble
    if said is not None:
        facts.said = said
        if log is not None and said.size > log.size and not trouble:
            newer = "is proved against a newer state of the log than log/checkpoint"
            return None, [finding("FILE_UNEXPECTED", name, newer, severity=INCOMPLETE)]
    events, few = check_lines(read, facts, name, log)
    findings += few.all()
    findings += _check_seal(facts, events, name)
    if placed:
        findings += _check_name(facts, name)
    if said is not None:
        leaf = merkle.leaf_hash(
            entry.encode(facts.tag, facts.events, line.line_hash(read.lines[-1]))
        )
        index = facts.lines[-1][0] - 1
        if read.proof.index != index:
            wrong = "its proof is about another place of the log than its seal"
            found = str(read.proof.index)
            findings.append(finding("PROOF_INVALID", name, wrong, expected=str(index), found=found))
        elif not merkle.verify_inclusion(leaf, index, said.size, read.proof.path, said.root):
            wrong = f"its proof does not lead to the root signed at size {said.size}"
            findings.append(finding("PROOF_INVALID", name, wrong))
        findings += _check_root(log, said.size, said.root, name)
    return facts, findings


def read_file(folder: Files, name: str, keys: Keys, log: Log, asked: frozenset[str]) -> FileSeen:
    """Read and check one history file of an archive, a second time before it is accused.

    Args:
        folder: the archive's files.
        name: the file.
        keys: the keys to go by.
        log: the log's hashes.
        asked: streams whose lines are wanted.
    """
    digest, length = b"", 0
    seen: list[HistoryFacts | None] = []

    def look(data: bytes) -> list[Finding]:
        nonlocal digest, length
        length = len(data)
        digest = hashlib.sha256(data).digest()
        facts, findings = check_history(data, name, keys, log)
        seen.append(facts)
        return findings

    findings = folder.examine(name, limits.HISTORY, look)
    facts = seen[-1] if seen else None
    return FileSeen(digest, [], [seen_of(facts, findings, asked, Place(length))])


def _unpack(data: bytes, name: str) -> tuple[bytes, list[Finding]]:
    """Decompress a history. One that was compressed anew is altered, and is looked into still."""
    try:
        return member.decompress(data, limits.HISTORY), []
    except MemberError as error:
        text = member.decompress_any(data, limits.HISTORY)
        return text, [finding("FILE_ALTERED", name, str(error))]


def _check_origin(read: History, name: str, keys: Keys) -> list[Finding]:
    origin = str(read.header["origin"])
    if keys.keyring is None or origin == keys.keyring.origin:
        return []
    return [
        finding(
            "ORIGIN_MISMATCH",
            name,
            "is a history of another log",
            expected=keys.keyring.origin,
            found=origin,
        )
    ]


def check_tag(keys: Keys, stream: str, tag: str, name: str) -> list[Finding]:
    """Compute the tag of a stream anew, for whoever has the key."""
    expected = tag if keys.tag_key is None else entry.tag(keys.tag_key, stream)
    if tag == expected:
        return []
    detail = f"in {name}: the log has it under a tag that is not the one of its name"
    return [finding("EVENT_WRONG_ORDER", stream_name(stream), detail, expected=expected, found=tag)]


def _check_root(log: Log | None, size: int, root: bytes, name: str) -> list[Finding]:
    ours = log.root(size) if log is not None else None
    if ours is None or ours == root:
        return []
    wrong = f"is proved against another content of the first {size} entries than the log holds"
    return [finding("LOG_FORKED", name, wrong, expected=ours.hex(), found=root.hex())]


def _check_seal(facts: HistoryFacts, events: list[EventLine], name: str) -> list[Finding]:
    """Check that the history ends with its seal, which says what the header says."""
    findings = []
    seal = events[-1] if events else None
    expected = {
        "events": facts.events,
        "first_version": facts.first_version,
        "revision": facts.revision,
    }
    if seal is None or (seal.type, seal.source) != (line.SEALED, SOURCE):
        findings.append(finding("SEQUENCE_GAP", name, "does not end with the seal of its history"))
    elif {key: seal.data.get(key) for key in expected} != expected:
        found = ", ".join(f"{key} {seal.data.get(key)}" for key in expected)
        wanted = ", ".join(f"{key} {value}" for key, value in expected.items())
        wrong = "its header does not agree with its seal"
        findings.append(finding("FILE_ALTERED", name, wrong, expected=wanted, found=found))
    if seal is not None:
        kept, until = seal.data.get("retention_class"), seal.data.get("retain_until")
        facts.kept = (str(kept), str(until)[:4])
        facts.until = _last_day(seal)
    if facts.revision == 1 and facts.first_version == 1:
        facts.date = line.date_of(events)
    return findings


def _last_day(seal: EventLine) -> int:
    """Return the last day on which a seal wants its history kept; 0 where it says none."""
    try:
        return date.fromisoformat(str(seal.data.get("retain_until"))).toordinal()
    except ValueError:
        return 0


def _check_name(facts: HistoryFacts, name: str) -> list[Finding]:
    """Check that the history lies where its content belongs."""
    path = layout.history_path(facts.stream, facts.date, facts.revision)
    if path == layout.copied_path(name):
        return []
    return [
        finding(
            "EVENT_WRONG_ORDER",
            name,
            f"holds the history of {stream_name(facts.stream)}, which has another place",
            expected=path,
            found=name,
        )
    ]


def _number(header: history.Header, name: str) -> int:
    return int(str(header[name]))
