"""Files that are on the disk, whole, when a function returns."""

import errno
import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from archive.errors import StoreError


class FolderError(StoreError):
    """The archive's folder cannot be written as an archive must be."""


class BusyError(FolderError):
    """Another archiver is writing the archive."""


def lock(folder: Path) -> int:
    """Make and lock a folder against other archivers; return the descriptor that holds the lock.

    Closing the descriptor unlocks the folder; so does the end of the process, however it ends.
    Whoever holds the lock may remove the folder: another archiver that has opened it before
    finds that it has locked what is no longer there, and begins anew.

    Raises:
        BusyError: another archiver holds the lock.
    """
    while True:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue  # removed just now by the archiver that had it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(folder, descriptor):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise BusyError("another archiver is writing this archive") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(folder: Path, descriptor: int) -> bool:
    """Tell whether a path still leads to the folder that was opened."""
    try:
        return os.path.samestat(folder.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def read(path: Path) -> bytes | None:
    """Return a file's bytes, None if there is no such file; errors as `open_file`."""
    try:
        with open_file(path) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror}") from error


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        FileNotFoundError: there is no such file.
        FolderError: the file is a link, which may lead anywhere, or cannot be opened.
    """
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FolderError(f"{path} is a link, and an archive holds none") from error
        raise FolderError(f"{path} cannot be read: {error.strerror}") from error


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a new, read-only file and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())


def write_unsynced(path: Path, data: bytes) -> None:
    """Write a new, read-only file; the disk has it after the next sync of its file system."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def link(temporary: Path, target: Path) -> None:
    """Give a complete file its name, unless the name is taken.

    Raises:
        FolderError: the name is taken, or the file system cannot do it.
    """
    try:
        target.hardlink_to(temporary)
    except FileExistsError as error:
        raise FolderError(f"somebody else wrote {target} at the same time") from error
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise FolderError(top_of_file_system(target.parent)) from error
        if error.errno in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise FolderError(
                f"the file system of {target} has no hard links, without which a file cannot be "
                "stored whole or not at all; keep the archive on another file system"
            ) from error
        raise


def top_of_file_system(folder: Path) -> str:
    """Say that a folder cannot be an archive since nothing on its file system is beside it."""
    return (
        f"{folder} is the top of a file system, and temporary files have to be on the same one "
        "beside it; archive into a folder below"
    )


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
