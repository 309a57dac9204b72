"""The archive as a folder: an object is there whole or not at all, is final, and is durable."""

import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from archive import syncing
from archive.durable import (
    FolderError,
    link,
    lock,
    open_file,
    read,
    sync_folder,
    top_of_file_system,
    write,
    write_unsynced,
)
from archive.store import (
    DELETED,
    EXPIRED,
    REPLACED,
    NewObject,
    ObjectDiffersError,
    Stored,
    parts_of,
    refuse_final,
    same_text,
)

# From so many files on, one sync of the whole file system takes less time than one for each.
_TOGETHER = 16

# Waiting for the disk in few threads at once lets the file system put many files into one write
# of its journal. More threads than this measured slower.
_THREADS = 8

_T = TypeVar("_T")


class FolderReader:
    """An archive's folder for somebody who only reads, also while it is written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none."""
        return read(self._root.joinpath(*parts_of(path)))


class Folder:
    """An archive's folder, open for the one archiver that writes it. Close it after use.

    Names of objects use `/` and come from `archive.layout` and `archive.tiles`. Temporary files
    lie beside the folder, never in it: what is in the archive is complete.

    Args:
        root: the archive's folder; made if there is none.

    Raises:
        FolderError: another archiver has it open, or it is the top of a file system.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        if not self.root.name:
            raise FolderError(top_of_file_system(self.root))
        self._failed = False
        self._temporary = self.root.with_name(f".{self.root.name}.writing")
        with self._loudly():
            made = [path for path in (self.root, *self.root.parents) if not path.exists()]
            self.root.mkdir(parents=True, exist_ok=True)
            self._lock = lock(self._temporary)
        self._numbers = itertools.count()
        self._met: set[Path] = {self.root}
        self._file_system = syncing.open_file_system(self._temporary)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="archive-folder")
        try:
            with self._loudly():
                if self._temporary.stat().st_dev != self.root.stat().st_dev:
                    raise FolderError(top_of_file_system(self.root))
                for leftover in self._temporary.iterdir():
                    leftover.unlink()
            self._sync_folders(path.parent for path in made)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.root)

    def close(self) -> None:
        """Let another archiver have the folder."""
        try:
            self._threads.shutdown()
            # Still locked: who opened it before sees after locking that it is gone.
            with suppress(OSError):
                self._temporary.rmdir()
        finally:
            if self._file_system is not None:
                os.close(self._file_system)
            os.close(self._lock)

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none."""
        return read(self._target(path))

    def has(self, path: str) -> bool:
        """Tell whether there is an object."""
        return self._target(path).is_file()

    @contextmanager
    def reading(self, path: str) -> Iterator[BinaryIO]:
        """Open an object that may be larger than memory.

        Raises:
            FolderError: there is none, or it cannot be read.
        """
        try:
            with open_file(self._target(path)) as file:
                yield file
        except OSError as error:
            raise FolderError(f"{path} cannot be read: {error.strerror}") from error

    def names(self, folder: str) -> list[str]:
        """List the names of the files directly in a folder of the archive, sorted."""
        target = self._target(folder)
        if not target.is_dir():
            return []
        return sorted(entry.name for entry in target.iterdir() if entry.is_file())

    def put_new(self, path: str, data: bytes, retain_until: date | None = None) -> Stored:
        """Store one object that never changes; as `put_batch`."""
        return self.put_batch([NewObject(path, data, retain_until)])[0]

    def put_batch(self, objects: Sequence[NewObject]) -> list[Stored]:
        """Store objects that never change. They are on the disk when this returns.

        An object that is there with the same text is kept as it is: another release of the
        compressor may write the same text in other bytes. Nothing is locked: a folder cannot.

        Returns:
            What is in the archive now, one for each object.

        Raises:
            ObjectDiffersError: an object is there with another text; nothing was stored.
            FolderError: the disk did not confirm a write, or the folder cannot hold hard links.
        """
        self._refuse_after_failure()
        targets = [self._target(each.path) for each in objects]
        present = [read(target) for target in targets]
        stored = []
        new: list[tuple[Path, Path, bytes]] = []
        for each, target, there in zip(objects, targets, present, strict=True):
            if there is None:
                new.append((self._new_temporary(), target, each.data))
            elif not same_text(each.path, there, each.data):
                raise ObjectDiffersError(each.path)
            stored.append(Stored(each.data if there is None else there))
        # Folders of objects that were there are included: a run that was killed may have linked
        # them without having come to the end of this function.
        folders = {target.parent for target in targets} | self._make_folders(targets)
        self._write(new)
        with self._loudly():
            for temporary, target, _ in new:
                link(temporary, target)
            for temporary, _, _ in new:
                temporary.unlink()
        self._sync_folders(folders)
        return stored

    def put_large(
        self,
        path: str,
        pieces: Iterable[bytes],
        retain_until: date | None = None,  # noqa: ARG002  # a folder knows no locks
    ) -> None:
        """Store one object that never changes, may be larger than memory, and is not there yet.

        Raises:
            ObjectDiffersError: there is one.
            FolderError: the disk did not confirm the write.
        """
        self._refuse_after_failure()
        if self.has(path):
            raise ObjectDiffersError(path)
        target = self._target(path)
        temporary = self._new_temporary()
        folders = {target.parent} | self._make_folders([target])
        with self._loudly():
            write(temporary, pieces)
            link(temporary, target)
            temporary.unlink()
        self._sync_folders(folders)

    def replace(self, path: str, pieces: Iterable[bytes]) -> None:
        """Store one of the few objects that are replaced: old or new is there, nothing between.

        Args:
            path: a name that `archive.store.REPLACED` matches.
            pieces: the content; may be larger than memory.

        Raises:
            FolderError: the object is not one of these, or the disk did not confirm a write.
        """
        self._refuse_after_failure()
        refuse_final(path, REPLACED, "replaced")
        target = self._target(path)
        temporary = self._new_temporary()
        folders = {target.parent} | self._make_folders([target])
        with self._loudly():
            write(temporary, pieces)
            temporary.replace(target)
        self._sync_folders(folders)

    def delete(self, path: str) -> None:
        """Delete an object whose name `archive.store.DELETED` matches."""
        self._refuse_after_failure()
        refuse_final(path, DELETED, "deleted")
        target = self._target(path)
        with self._loudly():
            target.unlink()
        self._sync_folders([target.parent])

    def expire(self, path: str) -> None:
        """Delete an object whose name `archive.store.EXPIRED` matches."""
        self._refuse_after_failure()
        refuse_final(path, EXPIRED, "deleted")
        target = self._target(path)
        with self._loudly():
            target.unlink()
        self._sync_folders([target.parent])

    def extend(self, path: str, retain_until: date) -> None:
        """Do nothing: a folder knows no locks."""

    def hold(self, path: str, *, on: bool) -> None:
        """Do nothing: a folder knows no holds. That the order is held stands in its events."""

    def _target(self, path: str) -> Path:
        return self.root.joinpath(*parts_of(path))

    def _new_temporary(self) -> Path:
        return self._temporary / str(next(self._numbers))

    def _make_folders(self, targets: Iterable[Path]) -> set[Path]:
        """Make the folders that are missing; return those whose list of names must be synced.

        Every archiver syncs a folder's parent when it first meets the folder, also one that it
        did not make: who made it may have been killed before.
        """
        unsynced = set()
        for target in targets:
            if target.parent in self._met:
                continue
            for folder in reversed(target.parents):
                if folder in self._met or not folder.is_relative_to(self.root):
                    continue
                with self._loudly(), suppress(FileExistsError):
                    folder.mkdir()
                # A link would lead the archive's files out of the archive.
                if not stat.S_ISDIR(folder.lstat().st_mode):
                    raise FolderError(f"{folder} is not a folder")
                self._met.add(folder)
                unsynced.add(folder.parent)
        return unsynced

    def _write(self, new: Sequence[tuple[Path, Path, bytes]]) -> None:
        """Write temporary files; the disk has them when this returns."""
        if self._file_system is None or len(new) < _TOGETHER:
            self._durably(lambda each: write(each[0], [each[2]]), new)
            return
        with self._loudly():
            for temporary, _, data in new:
                write_unsynced(temporary, data)
            syncing.sync_file_system(self._file_system)

    def _sync_folders(self, folders: Iterable[Path]) -> None:
        names = sorted(folders)
        if self._file_system is None or len(names) < _TOGETHER:
            self._durably(sync_folder, names)
            return
        with self._loudly():
            syncing.sync_file_system(self._file_system)

    def _durably(self, work: Callable[[_T], None], items: Sequence[_T]) -> None:
        """Do the work for every item, several at a time, and wait until all of it is done."""

        def do_all(share: Sequence[_T]) -> None:
            for item in share:
                work(item)

        shares = [items[first::_THREADS] for first in range(min(_THREADS, len(items)))]
        jobs = [self._threads.submit(do_all, share) for share in shares]
        wait(jobs)
        with self._loudly():
            for job in jobs:
                job.result()

    @contextmanager
    def _loudly(self) -> Iterator[None]:
        """End all writing when the disk reports an error.

        After a failed fsync nobody knows what the disk holds, and a second fsync may wrongly
        succeed. So nothing is written any more; a new archiver writes its temporaries afresh.
        """
        try:
            yield
        except OSError as error:
            self._failed = True
            raise FolderError(
                f"the disk did not confirm a write for {self.root}: {error.strerror}; "
                "nothing was written after it"
            ) from error

    def _refuse_after_failure(self) -> None:
        if self._failed:
            raise FolderError(f"a write for {self.root} failed before; nothing more is written")
