"""Step 4 for a pack: every history in it as one of a file of its own, and its rows."""

import hashlib
from collections.abc import Iterator

from archive import layout, limits, pack
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError, FormatError, MemberError, TooLargeError
from archive.findings import INCOMPLETE, Finding, finding
from archive.index import rows
from archive.pack import Pack, Row
from archive.verify.events import stream_name
from archive.verify.facts import FileSeen, HistoryFacts, Place, Seen, seen_of
from archive.verify.files import Files
from archive.verify.histories import check_text
from archive.verify.keys import HISTORY_NOTE, Keys
from archive.verify.log import Log
from archive.verify.sample import Sample

_TAIL = 1 << 20
_NOT_READ = Seen([])


def read_pack(
    folder: Files,
    name: str,
    keys: Keys,
    log: Log,
    asked: frozenset[str],
    sample: Sample | None = None,
) -> FileSeen:
    """Read and check a pack and all histories in it, a second time before it is accused.

    Args:
        folder: the archive's files.
        name: the pack.
        keys: the keys to go by.
        log: the log's hashes.
        asked: streams whose lines are wanted.
        sample: which histories are read; None: all.
    """
    digest = b""
    orders: list[bool] = []
    seen: list[Seen] = []

    def look(data: bytes) -> list[Finding]:
        nonlocal digest
        digest = hashlib.sha256(data).digest()
        seen.clear()
        orders.clear()
        packed = pack.parse(data)
        _, number = layout.parse_pack_path(name) or (0, rows.FILE)
        said, findings = _check_whole(packed, name, keys)
        if said is not None and said.size > log.size and not findings:
            newer = "is proved against a newer state of the log than log/checkpoint"
            return [finding("FILE_UNEXPECTED", name, newer, severity=INCOMPLETE)]
        for row in packed.rows:
            taken = sample is None or sample.takes(layout.history_stem(row.stream))
            orders.extend([taken] if row.revision == 1 else [])
            if not taken:
                seen.append(_NOT_READ)
                continue
            facts, wrong = _check_member(data, row, packed, name, keys, log)
            place = Place(row.length, number, row.offset)
            seen.append(seen_of(facts, wrong, asked, place))
        return findings + [each for one in seen for each in one.findings]

    findings = folder.examine(name, limits.PACK, look)
    of_members = [id(each) for one in seen for each in one.findings]
    own = [each for each in findings if id(each) not in of_members]
    return FileSeen(digest, own, seen, len(orders), sum(orders))


def rows_of(folder: Files, name: str) -> list[Row]:
    """Return the rows of a pack as they stand at its end, unverified; none where they are damaged.

    Args:
        folder: the archive's files.
        name: the pack.
    """
    try:
        size = folder.sizes.get(name, 0)
        begin = max(0, size - _TAIL)
        return pack.parse_rows(folder.read_range(name, begin, size - begin))
    except ArchiveError:
        return []


def texts_of(folder: Files, name: str) -> Iterator[bytes]:
    """Yield the texts of the histories in a pack, unverified; none of those that are damaged."""
    try:
        data = folder.read(name, limits.PACK)
        rows = pack.parse(data).rows
    except ArchiveError:
        return
    for row in rows:
        try:
            yield pack.text_of(data, row)
        except ArchiveError:
            continue


def _check_whole(packed: Pack, name: str, keys: Keys) -> tuple[Checkpoint | None, list[Finding]]:
    """Check the pack's checkpoint, and that its place and its rows' header agree with it."""
    said, findings = keys.open_note(packed.checkpoint, name, HISTORY_NOTE)
    if said is None:
        return None, findings
    parsed = layout.parse_pack_path(name)
    place = parsed[0] if parsed else packed.log_size
    if not said.size == packed.log_size == place or said.origin != packed.origin:
        findings.append(
            finding(
                "FILE_ALTERED",
                name,
                "its name and what stands above its rows do not agree with its checkpoint",
                expected=f"{said.origin}, size {said.size}",
                found=f"{packed.origin}, size {packed.log_size}, in a folder for {place}",
            )
        )
    return said, findings


def _check_member(
    data: bytes, row: Row, packed: Pack, name: str, keys: Keys, log: Log
) -> tuple[HistoryFacts | None, list[Finding]]:
    about = f"{name}, {stream_name(row.stream)}"
    try:
        text = pack.disclose(pack.text_of(data, row), packed.checkpoint)
        facts, findings = check_text(text, about, keys, log)
    except (FormatError, MemberError) as error:
        return None, [finding("FILE_ALTERED", about, str(error))]
    except TooLargeError as error:
        return None, [finding("FILE_TOO_LARGE", about, str(error))]
    if facts is None:
        return None, findings
    if (facts.stream, facts.revision) != (row.stream, row.revision):
        findings.append(
            finding(
                "EVENT_WRONG_ORDER",
                about,
                "its row in the pack names another history than lies there",
                expected=f"{row.stream}, revision {row.revision}",
                found=f"{facts.stream}, revision {facts.revision}",
            )
        )
    group = packed.group
    if facts.kept and facts.kept != (group.retention_class, str(group.year)):
        findings.append(
            finding(
                "FILE_ALTERED",
                about,
                "lies in a pack of histories that are kept on other grounds or for another time",
                expected=" ".join(facts.kept),
                found=f"{group.retention_class} {group.year}",
            )
        )
    return facts, findings
