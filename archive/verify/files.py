"""Reading an archive's files: of a folder only regular files below it, never without a limit."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from archive.errors import (
    FormatError,
    MissingFileError,
    NoArchiveError,
    TooLargeError,
    UnreadableFileError,
)
from archive.findings import Finding, finding
from archive.verify.sizes import OnDisk, Sizes

TOPS = ("log", "trust", "orders", "packs", "system", "manifests", "open")
_CHUNK = 1 << 20

Look = Callable[[bytes], list[Finding]]


@dataclass(frozen=True)
class Lock:
    """What keeps a file from being changed or deleted.

    Args:
        mode: `COMPLIANCE`, which nobody can take away; `GOVERNANCE`, which some can; empty: none.
        until: first day on which it is over.
        held: whether a legal hold is on it.
    """

    mode: str
    until: date | None
    held: bool

    @property
    def strong(self) -> bool:
        """Tell whether nobody can take the lock away."""
        return self.mode == "COMPLIANCE" and self.until is not None


class Files:
    """The files of an archive, wherever they are. What reads them verifies without knowing.

    Whoever implements it gives `open`, and `sizes`, `odd` and `closed` as below. An opened archive
    can be pickled, so that another process reads the same files.

    Args:
        address: where the files are, as people name it.
        read_again: how often something was read twice since it looked wrong.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.read_again = 0

    @property
    def sizes(self) -> Mapping[str, int]:
        """The length in bytes of every file, by name."""
        raise NotImplementedError

    @property
    def odd(self) -> list[Finding]:
        """What is there and is no file of an archive, or is not as an archive's file must be."""
        return []

    @property
    def closed(self) -> list[str]:
        """Folders whose files are not known, since they cannot be listed."""
        return []

    def list_all(self) -> None:
        """Look at what files there are, where that was not done yet.

        Raises:
            NoArchiveError: there is no archive.
            ArchiveError: it cannot be looked into.
        """

    def only(self, names: Iterable[str]) -> "Files":
        """Return the same archive with nothing but these files; the others are not looked for."""
        raise NotImplementedError

    def directly(self, folder: str) -> list[str]:
        """Return the names of the files in one folder; others are not looked for."""
        raise NotImplementedError

    def version(self, name: str) -> str | None:  # noqa: ARG002  # of a folder none has one
        """Return the id of the version of a file that is read; None where there are no versions."""
        return None

    @property
    def has_locks(self) -> bool:
        """Whether the archive is in something that can lock files."""
        return False

    def lock(self, name: str) -> Lock:
        """Return the lock of a file, where there are locks.

        Raises:
            UnreadableFileError: it cannot be seen.
        """
        raise NotImplementedError

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading in pieces; errors as `read`, also from the reading itself."""
        raise NotImplementedError

    def __contains__(self, name: str) -> bool:
        return name in self.sizes

    def is_closed(self, name: str) -> bool:
        """Tell whether a file may be there although it was not seen."""
        return any(name.startswith(folder) for folder in self.closed)

    def under(self, prefix: str) -> list[str]:
        """List the files whose names start so, in order."""
        return sorted(self.names(prefix))

    def below(self, folder: str) -> list[str]:
        """List the files in a folder and below it, and look for no others."""
        return self.under(f"{folder}/")

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the files whose names start so, always in the same order and never as a list."""
        return (name for name in self.sizes if name.startswith(prefix))

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes.

        Raises:
            MissingFileError: there is no such file.
            TooLargeError: it is longer than `limit`.
            UnreadableFileError: the system refuses to read it.
        """
        with self.open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise TooLargeError(f"is larger than {limit} bytes")
        return data

    def reread(self, name: str, limit: int) -> bytes:
        """Return the bytes of a file that was read before; errors as `read`.

        Where it is one of very many, to ask again whether it is there would take longer.
        """
        return self.read(name, limit)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file; errors as `read`.

        Raises:
            FormatError: the file ends before the part does.
        """
        with self.open(name) as file:
            file.seek(offset)
            data = file.read(length)
        return whole_range(data, offset, length)

    def digest(self, name: str) -> str:
        """Return the SHA-256, hex, of a file; errors as `read`."""
        result = hashlib.sha256()
        with self.open(name) as file:
            while chunk := file.read(_CHUNK):
                result.update(chunk)
        return result.hexdigest()

    def examine(self, name: str, limit: int, look: Look) -> list[Finding]:
        """Read a file and look at it; accuse only what a second reading shows too.

        What `look` raises as FormatError becomes FILE_ALTERED, a missing file FILE_MISSING, and
        so on, so that garbage anywhere is a finding and never a crash.
        """
        return self.twice(name, lambda: look(self.read(name, limit)))

    def twice(self, name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
        """Run a check that reads `name`; if it finds anything, run it again and return that."""
        if not _once(name, check):
            return []
        self.read_again += 1
        return _once(name, check)


class Folder(Files):
    """The files of an archive in a folder, as they were when it was opened.

    Args:
        root: the archive's folder; a symbolic link only as the caller's own way to it.
        names: look for these files only, in whatever folder it is; None: all files.

    Raises:
        NoArchiveError: there is no folder, or nothing in it that belongs to an archive.
        UnreadableFileError: the system does not let it be looked into.
    """

    def __init__(self, root: Path, names: Iterable[str] | None = None) -> None:
        super().__init__(str(root))
        self.root = root
        self._sizes = Sizes()
        self._odd: list[Finding] = []
        self._closed: list[str] = []
        if names is not None:
            for name in names:
                self._look_for(name)
            return
        with _reading(str(root)):
            if not root.is_dir():
                raise NoArchiveError(f"{root} is not a folder")
            if not any((root / top).exists() for top in TOPS):
                raise NoArchiveError(f"{root} holds no archive")
        self._walk()

    def __getstate__(self) -> dict[str, object]:
        """Leave the list at home: another process is told which files to read, one by one."""
        return self.__dict__ | {"_sizes": OnDisk(self.root)}

    def only(self, names: Iterable[str]) -> "Folder":
        """Return the same archive with nothing but these files."""
        return Folder(self.root, names)

    def directly(self, folder: str) -> list[str]:
        """Return the names of what is in one folder, if it can be listed."""
        try:
            return sorted(f"{folder}/{each.name}" for each in (self.root / folder).iterdir())
        except OSError:
            return []

    @property
    def sizes(self) -> Mapping[str, int]:
        """The length in bytes of every file, by name."""
        return self._sizes

    @property
    def odd(self) -> list[Finding]:
        """Symbolic links, devices and folders that cannot be listed."""
        return self._odd

    @property
    def closed(self) -> list[str]:
        """Folders whose files are not known, since the system does not let them be listed."""
        return self._closed

    def below(self, folder: str) -> list[str]:
        """List the files in a folder and below it, and look for no others."""
        beside = Folder(self.root, [])
        beside._walk(f"{folder}/")
        return beside.under(f"{folder}/")

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the files whose names start so, folder by folder."""
        return self._sizes.under(prefix)

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes; by its size first: a file with a hole costs nothing to make."""
        self._refuse_unseen(name)
        return self.reread(name, limit)

    def reread(self, name: str, limit: int) -> bytes:
        """Return a file's bytes, as `read`."""
        number = self._descriptor(name)
        try:
            with _reading(name):
                length = os.fstat(number).st_size
                if length > limit:
                    raise TooLargeError(f"is larger than {limit} bytes")
                data = os.read(number, length + 1)
                while len(data) <= limit and (more := os.read(number, _CHUNK)):
                    data += more
        finally:
            os.close(number)
        if len(data) > limit:
            raise TooLargeError(f"is larger than {limit} bytes")
        return data

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for reading in pieces; errors as `read`, also from the reading itself."""
        self._refuse_unseen(name)
        with os.fdopen(self._descriptor(name), "rb") as file, _reading(name):
            yield file  # the disk may fail in the middle, too

    def _refuse_unseen(self, name: str) -> None:
        if name not in self._sizes:
            if self.is_closed(name):
                raise UnreadableFileError("lies in a folder that cannot be listed")
            raise MissingFileError(name)

    def _descriptor(self, name: str) -> int:
        with _reading(name):
            # Not following links and not waiting keeps this to what the walk saw: a plain file.
            number = os.open(f"{self.root}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise UnreadableFileError(f"{name} is no plain file any more")
        return number

    def _look_for(self, name: str) -> None:
        try:
            found = (self.root / name).lstat()
        except (OSError, ValueError):
            return
        if stat.S_ISREG(found.st_mode):
            self._sizes[name] = found.st_size

    def _walk(self, first: str = "") -> None:
        waiting = [first]
        while waiting:
            prefix = waiting.pop()
            try:
                with os.scandir(self.root / prefix if prefix else self.root) as entries:
                    for entry in entries:
                        self._meet(entry, prefix + entry.name, waiting)
            except OSError as error:
                self._closed.append(prefix)
                detail = f"cannot be listed: {error.strerror}"
                self._odd.append(finding("FILE_UNREADABLE", prefix or ".", detail))

    def _meet(self, entry: "os.DirEntry[str]", name: str, waiting: list[str]) -> None:
        if entry.is_symlink():
            self._odd.append(finding("FILE_UNEXPECTED", name, "is a symbolic link"))
        elif entry.is_dir(follow_symlinks=False):
            waiting.append(name + "/")
        elif entry.is_file(follow_symlinks=False):
            with suppress(FileNotFoundError):  # replaced by an archiver just now
                self._sizes[name] = entry.stat(follow_symlinks=False).st_size
        else:
            self._odd.append(finding("FILE_UNEXPECTED", name, "is neither a file nor a folder"))


def opened(archive: Path | Files, names: Iterable[str] | None = None) -> Files:
    """Return an archive's files, or these of them, which are looked for without listing all."""
    if isinstance(archive, Path):
        return Folder(archive, names)
    return archive if names is None else archive.only(names)


def whole_range(data: bytes, offset: int, length: int) -> bytes:
    """Return what was read of a part of a file, if it is all of the part.

    Raises:
        FormatError: the file ended before.
    """
    if len(data) != length:
        raise FormatError(f"ends before byte {offset + length}")
    return data


def _once(name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except MissingFileError:
        return [finding("FILE_MISSING", name, "the file is not there")]
    except TooLargeError as error:
        return [finding("FILE_TOO_LARGE", name, str(error))]
    except UnreadableFileError as error:
        return [finding("FILE_UNREADABLE", name, str(error))]
    except FormatError as error:
        return [finding("FILE_ALTERED", name, str(error))]


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise MissingFileError(name) from error
    except OSError as error:
        raise UnreadableFileError(f"cannot be read: {error.strerror}") from error
