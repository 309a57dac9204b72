"""Whether legal holds that the log tells of lie on what they protect, and copies are there.

What lies in a pack of an order under hold is copied into `holds/`, in the form of a file of its
own. A copy shows positions that the pack shows; so it is checked like any history, and counts for
nothing. A folder knows no holds: there the recorded event alone protects.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive import layout
from archive.errors import ArchiveError
from archive.findings import CANNOT_TELL, Finding, finding
from archive.verify.events import stream_name
from archive.verify.files import Files
from archive.verify.streams import Streams


@dataclass(frozen=True)
class Held:
    """A file with a history of an order under legal hold.

    Args:
        name: the file.
        stream: the order.
        revision: of the history.
        since: position at which the order came under hold.
    """

    name: str
    stream: str
    revision: int
    since: int


def copies_in(files: Files) -> list[str]:
    """Return the copies of histories that are there."""
    names = files.under(f"{layout.HELD}/")
    return [name for name in names if layout.parse_history_path(layout.copied_path(name))]


def held_files(names: Iterable[str], streams: Streams) -> list[Held]:
    """Return the files that hold histories of orders under hold.

    Args:
        names: the files of histories, in the order in which they were read.
        streams: what they show.
    """
    held: dict[int, list[tuple[str, int, int]]] = {}
    for stream, since in streams.held().items():
        for revision, file in streams.places(stream):
            held.setdefault(file, []).append((stream, revision, since))
    if not held:
        return []
    # Files that are not there any more have numbers behind those of all others.
    found = ((name, held[number]) for number, name in enumerate(names) if number in held)
    return [Held(name, *each) for name, of_file in found for each in of_file]


def check_holds(
    files: Files, held: Sequence[Held], upto: int, attached: Mapping[str, str]
) -> Iterator[Finding]:
    """Find files of orders under hold that are not held, and those in packs that have no copy.

    Args:
        files: the archive's files.
        held: files of orders under hold.
        upto: size A of the newest run; a hold that came later has its copies from the next one.
        attached: files that their histories name as attached, each with the order.
    """
    stems = {layout.history_stem(each.stream): each.stream for each in held}
    there = {name: stream for name, stream in attached.items() if name in files}
    protected = {each.name: each.stream for each in held} | there
    copied = set()
    for name in copies_in(files):
        parsed = layout.parse_history_path(layout.copied_path(name))
        if parsed is not None and parsed.stem in stems:
            copied.add((parsed.stem, parsed.revision))
            protected[name] = stems[parsed.stem]
    for each in held:
        packed = layout.parse_pack_path(each.name) is not None and each.since <= upto
        if packed and (layout.history_stem(each.stream), each.revision) not in copied:
            about = stream_name(each.stream)
            detail = f"is under legal hold, and its revision {each.revision} in {each.name} has"
            yield finding("HOLD_NOT_APPLIED", about, f"{detail} no copy in {layout.HELD}/")
    if files.has_locks:
        for name, stream in sorted(protected.items()):
            yield from _check_hold(files, name, stream)


def _check_hold(files: Files, name: str, stream: str) -> Iterator[Finding]:
    try:
        on = files.lock(name).held
    except ArchiveError as error:
        detail = f"whether it is under hold cannot be seen: {error}"
        yield finding("HOLD_NOT_APPLIED", name, detail, severity=CANNOT_TELL)
        return
    if not on:
        detail = f"{stream_name(stream)} is under legal hold, and this file of it is not"
        yield finding("HOLD_NOT_APPLIED", name, detail, expected="legal hold ON", found="OFF")
