"""Reading an archive in a bucket: the versions that were stored, whatever was put over them.

Who has the archiver's access key can put newer versions and delete markers over an object, but
cannot take a locked version away or put one before it. So of an object that never changes the
first version is read, and of one that is replaced the newest; what was put over them is named.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import IO, Any, BinaryIO

from archive.bucket_probe import CANARIES
from archive.errors import (
    MissingFileError,
    NoArchiveError,
    UnreadableFileError,
)
from archive.findings import Finding, finding
from archive.s3 import Bucket, Version
from archive.s3_errors import BucketError, RefusedError
from archive.store import REPLACED
from archive.verify.files import TOPS, Files, Lock, whole_range

_IN_MEMORY = 16 * 1024 * 1024
_MISSING = (404, 405)
_BEHIND_ITS_END = 416
_FORBIDDEN = 403


class BucketFiles(Files):
    """The files of an archive in a bucket.

    They are listed, every version, when `sizes` or what follows from it is first asked for.
    Before that a file is read by its name alone, which costs one request; if it looks wrong and
    is read again, its versions are listed.

    Args:
        bucket: where the archive is.
        names: look for these files only; None: all files.

    Raises:
        BucketError: the bucket cannot be read.
    """

    def __init__(self, bucket: Bucket, names: Iterable[str] | None = None) -> None:
        super().__init__(bucket.place.address)
        self._bucket = bucket
        self._names = None if names is None else frozenset(names)
        self._sizes: dict[str, int] | None = None
        self._versions: dict[str, str] = {}
        self._odd: list[Finding] = []
        self._locks: dict[str, Lock] = {}
        self._read: set[str] = set()

    def list_all(self) -> None:
        """List every version of every file, where that was not done yet."""
        self._list()

    def only(self, names: Iterable[str]) -> "BucketFiles":
        """Return the same archive with nothing but these files."""
        return BucketFiles(self._bucket, names)

    def directly(self, folder: str) -> list[str]:
        """Return the names of the files in one folder; others are not looked for."""
        found = self._bucket.versions(f"{folder}/", delimiter="/")
        return [name for name, versions in found if _chosen(name, versions) is not None]

    def below(self, folder: str) -> list[str]:
        """List the files in a folder and below it, and look for no others."""
        listed = self._bucket.versions(f"{folder}/")
        return sorted(name for name, versions in listed if _chosen(name, versions) is not None)

    @property
    def sizes(self) -> Mapping[str, int]:
        """The length in bytes of every file, by name.

        Raises:
            NoArchiveError: the bucket holds no archive.
        """
        return self._list()

    @property
    def odd(self) -> list[Finding]:
        """Files that are hidden by delete markers or by versions that were put over them."""
        self._list()
        return self._odd

    def __contains__(self, name: str) -> bool:
        if self._names is not None and name not in self._names:
            return False
        return name in self._list()

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes; by its length first, before they are sent."""
        into = io.BytesIO()
        self._fetch(name, into, limit)
        return into.getvalue()

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file; nothing else of it is sent."""
        into = io.BytesIO()
        self._fetch(name, into, Range=f"bytes={offset}-{offset + length - 1}")
        return whole_range(into.getvalue(), offset, length)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for reading in pieces; errors as `read`."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            self._fetch(name, file)
            file.seek(0)
            yield file  # type: ignore[misc]  # it reads as any file does

    def version(self, name: str) -> str | None:
        """Return the id of the version that is read for a file."""
        self._list()
        return self._versions.get(name)

    @property
    def has_locks(self) -> bool:
        """A bucket has locks."""
        return True

    def lock(self, name: str) -> Lock:
        """Return the lock of the version that is read for a file.

        It came with the file if that was read before; else it is asked for.

        Raises:
            UnreadableFileError: the access key may not see it.
        """
        try:
            if name not in self._locks:
                said = self._bucket.ask("head_object", name, **self._pinned(name))
                self._locks[name] = _lock(said)
            lock = self._locks[name]
            if not lock.mode:
                # Without the right to see it, a lock looks as if there were none; so ask.
                self._ask_for_lock(name)
        except BucketError as error:
            raise UnreadableFileError(str(error)) from error
        return lock

    def _ask_for_lock(self, name: str) -> None:
        try:
            self._bucket.ask("get_object_retention", name, **self._pinned(name))
        except RefusedError as error:
            if error.status == _FORBIDDEN:
                raise

    def _fetch(self, name: str, into: IO[bytes], limit: int | None = None, **more: Any) -> None:
        """Write a file's content into another, and keep what came with it of its lock."""
        if self._names is not None and name not in self._names:
            raise MissingFileError(name)
        try:
            if self._sizes is None and name in self._read:
                self._find(name)  # it looked wrong the first time
            self._read.add(name)
            if self._sizes is not None and name not in self._sizes:
                raise MissingFileError(name)
            try:
                answer = self._bucket.get(name, into, limit, **self._pinned(name), **more)
            except RefusedError as error:
                if error.status == _BEHIND_ITS_END:
                    return
                if error.status not in _MISSING:
                    raise
                if not self._find(name):
                    raise MissingFileError(name) from error
                answer = self._bucket.get(name, into, limit, **self._pinned(name), **more)
        except BucketError as error:
            raise UnreadableFileError(str(error)) from error
        self._locks[name] = _lock(answer)

    def _pinned(self, name: str) -> dict[str, str]:
        version = self._versions.get(name)
        return {} if version is None else {"VersionId": version}

    def _find(self, name: str) -> bool:
        """Choose which version of one file to read; False if there is none."""
        chosen = _chosen(name, self._bucket.versions_of(name))
        if chosen is not None:
            self._versions[name] = chosen.id
        return chosen is not None

    def _list(self) -> dict[str, int]:
        if self._sizes is not None:
            return self._sizes
        sizes: dict[str, int] = {}
        odd: list[Finding] = []
        for start in [""] if self._names is None else sorted(self._names):
            for name, versions in self._bucket.versions(start):
                chosen = _chosen(name, versions)
                if name.startswith(f"{CANARIES}/"):
                    continue  # the archive is all of the bucket, and what tried it is in between
                if chosen is None or (self._names is not None and name not in self._names):
                    continue
                sizes[name] = chosen.size
                self._versions[name] = chosen.id
                odd += _hiding(name, versions, chosen)
        if self._names is None and not any(name.partition("/")[0] in TOPS for name in sizes):
            raise NoArchiveError(f"{self.address} holds no archive")
        self._sizes, self._odd = sizes, odd
        return sizes


def _chosen(name: str, versions: list[Version]) -> Version | None:
    """Return the version to read: of a final object the first, of a replaced one the newest."""
    contents = [each for each in versions if not each.marker]
    if not contents:
        return None
    return contents[-1] if REPLACED.fullmatch(name) else contents[0]


def _hiding(name: str, versions: list[Version], chosen: Version) -> list[Finding]:
    """Find what keeps a plain read from getting the version that was chosen."""
    newest = next((each for each in versions if each.newest), chosen)
    if newest.marker:
        return [_hidden(name, "a delete marker", chosen, newest)]
    if REPLACED.fullmatch(name) or _content(newest) == _content(chosen):
        return []
    return [_hidden(name, "another version that was put over it", chosen, newest)]


def _hidden(name: str, by: str, chosen: Version, newest: Version) -> Finding:
    return finding(
        "HIDDEN",
        name,
        f"is hidden by {by}, content intact unless it is named as well: what was stored is still "
        "there below, and was read",
        expected=chosen.id,
        found=newest.id,
        meaning="Somebody hid this file. What was stored first cannot be taken away, and it is "
        "what this report is about.",
    )


def _content(version: Version) -> tuple[int, str]:
    return version.size, version.etag


def _lock(said: dict[str, Any]) -> Lock:
    until = said.get("ObjectLockRetainUntilDate")
    return Lock(
        mode=str(said.get("ObjectLockMode", "")),
        until=_day(until) if isinstance(until, datetime) else None,
        held=said.get("ObjectLockLegalHoldStatus") == "ON",
    )


def _day(instant: datetime) -> date:
    """Return the first day on which something locked until an instant may go."""
    return instant.astimezone(UTC).date()
