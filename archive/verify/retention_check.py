"""What was deleted after its retention had ended: proved by lists that the log vouches for.

A list is believed as far as the log's own entries bear it out: each seal in it is the leaf at its
position, and the other positions are of the same tag and of the versions before it. It counts
once an event in `system/policy` names it, recorded after the last day of every seal in it.
"""

import hashlib
import struct
from array import array
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import date

from archive import entry, layout, limits, line, member, retired
from archive.errors import FormatError, MemberError
from archive.findings import INCOMPLETE, Finding, finding
from archive.index import rows
from archive.retired import Retired
from archive.verify.events import SOURCE, stream_name
from archive.verify.facts import HistoryFacts, Seen, seen_of
from archive.verify.files import Files
from archive.verify.log import Log
from archive.verify.streams import Where


@dataclass(frozen=True)
class Gone:
    """A history that a list proves to have been in the log: its stream, its file, its last day.

    Of one in a pack also the name of the copy that it had, if it ever was under hold. And the
    names of the sealed files that it named.
    """

    stream: str
    file: str
    until: date
    seen: Seen
    copy: str | None
    attached: tuple[str, ...] = ()


@dataclass
class Lists:
    """The lists of an archive.

    Args:
        gone: what each list proves, by the list's name.
        named: days on which events named lists, by the list's name.
        missing: names of files that are rightly not there.
    """

    gone: dict[str, list[Gone]] = field(default_factory=dict)
    named: dict[str, date] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def knows(self, name: str) -> bool:
        """Tell whether a list is accounted for, by an event or by a finding."""
        return name in self.named or name in self.gone

    def where(self, others: Where, files: int) -> Where:
        """Return what names the histories of lists too, whose files count from a number on."""

        def names(file: int, member_: int) -> tuple[str, str]:
            if file < files:
                return others(file, member_)
            name = list(self.gone)[file - files]
            return name, self.gone[name][member_].stream

        return names

    def take_policy(self, seen: Seen) -> None:
        """Take in the events of `system/policy` that name lists, as far as they are logged."""
        shown = set(array("Q", seen.shown))
        for position, text in seen.lines:
            if position not in shown:
                continue
            event = line.read(text)
            if (event.type, event.source) == (retired.APPLIED, SOURCE):
                path = layout.retired_path(str(event.data.get("list_sha256")))
                self.named.setdefault(path, date.fromisoformat(event.recorded_at[:10]))

    def in_force(self, folder: Files, stems: Set[str] | None) -> Iterator[tuple[int, int, Gone]]:
        """Yield what is rightly not there, with numbers of its list and of its place in it.

        Args:
            folder: the archive's files.
            stems: names, up to the date, of the histories that are looked at; None: all.
        """
        counted = set()
        for number, (name, gone) in enumerate(self.gone.items()):
            day = self.named.get(name, date.min)
            for place, one in enumerate(gone):
                if one.file in folder or one.until >= day or one.seen.row in counted:
                    continue
                counted.add(one.seen.row)
                if stems is None or layout.history_stem(one.stream) in stems:
                    self.missing.add(one.file)
                    self.missing.update([one.copy] if one.copy else [])
                    # One that a history still names is missed all the same.
                    self.missing.update(one.attached)
                    yield number, place, one

    def findings(self, folder: Files) -> Iterator[Finding]:
        """Yield what is wrong between the lists and the events that name them."""
        for name in sorted(self.named.keys() - self.gone.keys()):
            if name not in folder:
                detail = "is named by an event in the log and is not there"
                yield finding("FILE_MISSING", name, detail)
        for name, gone in self.gone.items():
            day = self.named.get(name)
            if day is None:
                detail = "no event names this list; a deletion was interrupted before it began"
                yield finding("FILE_UNEXPECTED", name, detail, severity=INCOMPLETE)
                continue
            for one in gone:
                if one.until >= day:
                    detail = f"{one.file} was to be deleted before its time had come, by {name}"
                    about = stream_name(one.stream)
                    expected, found = f"kept up to {one.until}", f"listed on {day}"
                    yield finding(
                        "RETENTION_TOO_SHORT", about, detail, expected=expected, found=found
                    )


def read_lists(folder: Files, origin: str, log: Log) -> tuple[Lists, list[Finding]]:
    """Read the lists of deleted histories, and hold each history in them to the log."""
    lists = Lists()
    findings: list[Finding] = []
    for name in folder.under(f"{layout.RETIRED}/"):
        if layout.parse_retired_path(name) is None:
            continue
        found: list[list[Gone]] = []

        def look(data: bytes, name: str = name, into: list[list[Gone]] = found) -> list[Finding]:
            gone, wrong = _read_list(data, name, origin, log)
            into.append(gone)
            return wrong

        wrong = folder.examine(name, limits.RETIRED, look)
        findings += wrong
        if found:
            lists.gone[name] = found[-1]
    return lists, findings


def _read_list(data: bytes, name: str, origin: str, log: Log) -> tuple[list[Gone], list[Finding]]:
    digest = hashlib.sha256(data).hexdigest()
    if layout.retired_path(digest) != name:
        return [], [finding("FILE_ALTERED", name, "its digest is not in its name", found=digest)]
    try:
        listed = retired.parse(member.decompress(data, limits.RETIRED))
    except (FormatError, MemberError) as error:
        return [], [finding("FILE_ALTERED", name, str(error))]
    if listed.origin != origin:
        detail = "is a list of another log"
        return [], [finding("ORIGIN_MISMATCH", name, detail, expected=origin, found=listed.origin)]
    gone: list[Gone] = []
    findings: list[Finding] = []
    for one in listed.histories:
        try:
            gone.append(_proved(one, log))
        except FormatError as error:
            findings.append(finding("FILE_ALTERED", name, f"{one.file} in it: {error}"))
    return gone, findings


def _proved(one: Retired, log: Log) -> Gone:
    """Return what a list says of a history, if the log bears it out.

    Raises:
        FormatError: it does not.
    """
    seal = line.read(one.seal)
    until = retired.retain_until(seal)
    said = (seal.source, seal.data.get("revision"), seal.data.get("first_version"))
    if said != (SOURCE, one.revision, one.first_version) or seal.data.get("events") != seal.version:
        raise FormatError("its seal says something else")
    versions = range(one.first_version, seal.version + 1)
    if len(versions) != len(one.positions):
        raise FormatError("it has another number of positions than of events")
    _check_file(one, seal.stream)
    digest = hashlib.sha256(one.seal).digest()
    if log.holds(one.positions[-1], entry.encode(one.tag, seal.version, digest)) is not True:
        raise FormatError("its seal is not the one in the log")
    for version, position in zip(versions, one.positions, strict=True):
        logged = log.entry(position) if position <= log.size else None
        if logged is None or (logged.tag, logged.version) != (one.tag, version):
            raise FormatError(f"the log has something else at position {position}")
    facts = HistoryFacts(
        stream=seal.stream,
        tag=one.tag,
        revision=one.revision,
        first_version=one.first_version,
        events=seal.version,
        date=one.date,
        first_prev=one.prev,
        head=digest.hex(),
        shown=array("Q", one.positions),
    )
    seen = seen_of(facts, [], None)._replace(indexed=_indexed(one, seal.stream))
    attached = tuple(retired.attachments_of([one]))
    return Gone(seal.stream, one.file, until, seen, retired.copy_of(one), attached)


def _indexed(one: Retired, stream: str) -> bytes:
    """Return the row that the index keeps for a deleted history."""
    packed = layout.parse_pack_path(one.file)
    row = rows.Row(
        key=rows.key_of(stream),
        log_size=one.log_size,
        pack=packed[1] if packed else rows.FILE,
        offset=one.offset,
        length=one.length,
        revision=one.revision,
        date=int(one.date or 0),
    )
    try:
        return rows.comparable(rows.encode(row))
    except struct.error as error:
        raise FormatError("no index has such numbers") from error


def _check_file(one: Retired, stream: str) -> None:
    packed = layout.parse_pack_path(one.file)
    if packed is not None:
        fits = packed[0] == one.log_size
    else:
        fits = one.file == layout.history_path(stream, one.date, one.revision)
    if not fits or not stream.startswith(layout.ORDER_STREAM):
        raise FormatError("it lies where no history of that order does")


def summary(count: int) -> str:
    """Say for the report what cannot be shown any more."""
    histories = "1 history was" if count == 1 else f"{count} histories were"
    return (
        f"{histories} deleted after retention had ended: that the time was over is proved here, "
        "and what was in them cannot be shown"
    )
