"""Whether a bucket keeps an archive's files from being changed or deleted, for as long as it must.

A folder has no locks. Objects that are replaced, unfinished tiles and the index carry none.
"""

import re
from collections.abc import Iterable
from datetime import date

from archive import tiles
from archive.errors import ArchiveError
from archive.findings import CANNOT_TELL, Finding, finding
from archive.store import REPLACED
from archive.verify.files import Files

NOT_CHECKED = (
    "locks: this archive is in a folder, and whoever may write there can delete it; it shows "
    "changes, and cannot prevent them"
)

_UNLOCKED = re.compile(r"index/.+")


def other_versions(number: int) -> str:
    """Say that files have other version ids than their manifests name."""
    return (
        f"whether these are the very versions that were stored: {number} files have other version "
        "ids than their manifests name, as in a copy of the bucket; their content was checked"
    )


def check_locks(files: Files, names: Iterable[str]) -> list[Finding]:
    """Find the files among these that are there, are to be locked, and are not."""
    found: list[Finding] = []
    if files.has_locks:
        for name in names:
            if name in files:
                found += check_lock(files, name)
    return found


def check_lock(files: Files, name: str, until: date | None = None) -> list[Finding]:
    """Check the lock of one file.

    Args:
        files: the archive's files.
        name: the file.
        until: last day on which what is in it has to be kept.
    """
    if not files.has_locks or not _is_locked_one(name):
        return []
    try:
        lock = files.lock(name)
    except ArchiveError as error:
        detail = f"its lock cannot be seen: {error}"
        return [finding("LOCK_WEAK", name, detail, severity=CANNOT_TELL)]
    if not lock.strong:
        seen = lock.mode or "no lock"
        detail = "is not locked so that nobody can change or delete it"
        return [finding("LOCK_WEAK", name, detail, expected="COMPLIANCE", found=seen)]
    if until is not None and lock.until is not None and lock.until <= until:
        detail = "is locked for a shorter time than it has to be kept"
        expected, seen = f"locked on {until}", f"free from {lock.until} on"
        return [finding("RETENTION_TOO_SHORT", name, detail, expected=expected, found=seen)]
    return []


def _is_locked_one(name: str) -> bool:
    if REPLACED.fullmatch(name) or _UNLOCKED.fullmatch(name):
        return False
    tile = tiles.parse_path(name)
    return tile is None or tile[2] == tiles.WIDTH
