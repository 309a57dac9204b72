"""Files that are on the disk, whole, when a function returns."""

import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from archive.errors import ArchiveError


class FolderError(ArchiveError):
    """The archive's folder cannot be written as an archive must be."""


def lock(folder: Path) -> int:
    """Lock a folder against other archivers, and return the descriptor that holds the lock.

    Closing the descriptor unlocks the folder; so does the end of the process, however it ends.

    Raises:
        FolderError: another archiver holds the lock.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise FolderError("another archiver is writing this archive") from error
    return descriptor


def read(path: Path) -> bytes | None:
    """Return a file's bytes, None if there is no such file.

    Raises:
        FolderError: the file is a link, which may lead anywhere.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FolderError(f"{path} is a link, and an archive holds none") from error
        raise
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a new, read-only file and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())


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
