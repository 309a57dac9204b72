"""Whether legal holds that the log tells of lie on the objects that they protect.

A folder knows no holds: there the recorded event alone protects.
"""

from collections.abc import Iterable, Iterator, Mapping

from archive.errors import ArchiveError
from archive.findings import CANNOT_TELL, Finding, finding
from archive.verify.events import stream_name
from archive.verify.files import Files
from archive.verify.streams import Streams


def held_files(names: Iterable[str], streams: Streams) -> dict[str, str]:
    """Return the files that hold histories of orders under hold, each with such an order.

    Args:
        names: the files of histories, in the order in which they were read.
        streams: what they show.
    """
    held = streams.held()
    if not held:
        return {}
    return {name: held[number] for number, name in enumerate(names) if number in held}


def check_holds(files: Files, held: Mapping[str, str]) -> Iterator[Finding]:
    """Find the files of orders under hold that are not held."""
    if not files.has_locks:
        return
    for name, stream in held.items():
        try:
            on = files.lock(name).held
        except ArchiveError as error:
            detail = f"whether it is under hold cannot be seen: {error}"
            yield finding("HOLD_NOT_APPLIED", name, detail, severity=CANNOT_TELL)
            continue
        if not on:
            detail = f"{stream_name(stream)} is under legal hold, and this file of it is not"
            yield finding("HOLD_NOT_APPLIED", name, detail, expected="legal hold ON", found="OFF")
