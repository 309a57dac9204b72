"""An export that is not there yet: what was asked for, and the folder in which it is made."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec

from archive import durable
from archive.durable import BusyError
from eventstore.reading import Scope
from orderproof.exporting.rows import Filter

JOURNAL = "journal"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, by whom and why.

    Args:
        export_id: names it.
        kind: one of `rows.KINDS`.
        format: one of `files.FORMATS`.
        chosen: which rows.
        sees: what the reader may see.
        bom: whether a CSV file begins with a mark.
        by: who.
        role: as what.
        reason: what for.
        made_at: RFC 3339, UTC; the same export made again says the same.
    """

    export_id: str
    kind: str
    format: str
    chosen: Filter
    sees: Scope
    bom: bool = False
    by: str
    role: str
    reason: str
    made_at: str


class UnderWayError(Exception):
    """Another process makes the same file."""


class NotOurOwnError(Exception):
    """Others could have written to the folder, and what lies in it is signed in the end."""


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal is of: another version may make other bytes."""

    version: str
    wanted: Wanted


def line(wanted: Wanted) -> bytes:
    """Return the first line of a journal."""
    return msgspec.json.encode(_Begun(version=version("orderproof"), wanted=wanted)) + b"\n"


def folder_of(path: Path) -> Path:
    """Return the folder in which a file is made, beside it."""
    return path.with_name(f".{path.name}.part")


@contextmanager
def held(path: Path) -> Iterator[Path]:
    """Make or find the folder of a file, and keep others out of it.

    Raises:
        UnderWayError: another process has it.
        NotOurOwnError: it is a link, somebody else's, or open to others.
        OSError: it cannot be made.
    """
    folder = folder_of(path)
    try:
        descriptor = durable.lock(folder)
    except BusyError:
        raise UnderWayError from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise NotOurOwnError from None
        raise
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise NotOurOwnError
        yield folder
    finally:
        os.close(descriptor)


def begun(path: Path) -> Wanted | None:
    """Return what was asked for when a file was begun that is not there yet."""
    try:
        with (folder_of(path) / JOURNAL).open("rb") as journal:
            return msgspec.json.decode(journal.readline(), type=_Begun).wanted
    except (FileNotFoundError, NotADirectoryError, PermissionError, msgspec.DecodeError):
        return None
