"""Checking histories in several processes, file by file."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice

from archive import layout
from archive.errors import ArchiveError
from archive.findings import finding
from archive.verify.facts import FileSeen, Seen
from archive.verify.files import Files
from archive.verify.histories import read_file
from archive.verify.keys import Keys
from archive.verify.log import Log
from archive.verify.packs import read_pack
from archive.verify.sample import Sample

_UNIT = 64
_LITTLE = 4 << 20
_AHEAD = 3

_DIED = "the process that read it came to an end; what it holds is not known"


class Checker:
    """What is needed to check any history of an archive; another process can have a copy.

    Args:
        folder: the archive's files.
        keys: the keys to go by.
        log: the log's hashes.
        asked: streams whose lines are wanted.
        sample: which histories of packs are read; None: all.
    """

    def __init__(
        self,
        folder: Files,
        keys: Keys,
        log: Log,
        asked: frozenset[str],
        sample: Sample | None = None,
    ) -> None:
        self.folder = folder
        self.keys = keys
        self.log = log
        self.asked = asked
        self.sample = sample

    def read(self, name: str) -> FileSeen:
        """Read and check one file; never raises for what the file holds."""
        try:
            if layout.parse_pack_path(name) is None:
                return read_file(self.folder, name, self.keys, self.log, self.asked)
            return read_pack(self.folder, name, self.keys, self.log, self.asked, self.sample)
        except ArchiveError as error:
            return _unread(name, f"could not be checked: {error}")
        except MemoryError:
            return _unread(name, "could not be checked: there is not enough memory")


def read_all(
    checker: Checker, names: Iterable[str], volume: int, jobs: int | None
) -> Iterator[tuple[str, FileSeen]]:
    """Check files, and yield them in their order.

    Args:
        checker: how to check one.
        names: the files.
        volume: their bytes.
        jobs: number of processes; None: as many as there are processors, but none beside this
            one for a few, which are checked before another has started.
    """
    number = jobs or (1 if volume < _LITTLE else _processors())
    if number == 1:
        return ((name, checker.read(name)) for name in names)
    return _in_processes(checker, iter(names), number)


def _in_processes(
    checker: Checker, names: Iterator[str], number: int
) -> Iterator[tuple[str, FileSeen]]:
    waiting: deque[tuple[list[str], Future[list[FileSeen]]]] = deque()
    pool = _pool(checker, number)
    try:
        while True:
            while len(waiting) < number * _AHEAD and (unit := _next_unit(names)):
                waiting.append((unit, _submit(pool, unit)))
            if not waiting:
                return
            unit, future = waiting.popleft()
            try:
                seen = future.result()
            except BrokenProcessPool:
                # One process died, and with it all that was handed out. Each unit is tried once
                # more, so that only what kills a process by itself stays unread.
                pool.shutdown(wait=True, cancel_futures=True)
                pool = _pool(checker, number)
                if not _works(pool):
                    left = chain(unit, *(each for each, _ in waiting), names)
                    yield from ((name, checker.read(name)) for name in left)
                    return
                seen = _one_by_one(checker, unit)
                waiting = deque((each, _submit(pool, each)) for each, _ in waiting)
            yield from zip(unit, seen, strict=True)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _next_unit(names: Iterator[str]) -> list[str]:
    """Return the files that a process gets at once: one pack, or up to some histories."""
    unit = []
    for name in islice(names, _UNIT):
        unit.append(name)
        if layout.parse_pack_path(name) is not None:
            break
    return unit


def _one_by_one(checker: Checker, unit: list[str]) -> list[FileSeen]:
    result = []
    pool = _pool(checker, 1)
    try:
        for name in unit:
            try:
                result += _submit(pool, [name]).result()
            except BrokenProcessPool:
                result.append(_unread(name, _DIED))
                pool.shutdown(wait=True)
                pool = _pool(checker, 1)
    finally:
        pool.shutdown(wait=True)
    return result


def _pool(checker: Checker, number: int) -> ProcessPoolExecutor:
    # New processes rather than copies of this one, which may have threads and open connections.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(number, context, _start, (checker,))


def _works(pool: ProcessPoolExecutor) -> bool:
    """Tell whether processes can be started at all: not from every program, nor on every system."""
    try:
        return _submit(pool, []).result() == []
    except BrokenProcessPool:
        return False


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _submit(pool: ProcessPoolExecutor, unit: list[str]) -> "Future[list[FileSeen]]":
    try:
        return pool.submit(_read_unit, unit)
    except (BrokenProcessPool, OSError) as error:
        failed: Future[list[FileSeen]] = Future()
        failed.set_exception(BrokenProcessPool(str(error)))
        return failed


def _unread(name: str, detail: str) -> FileSeen:
    return FileSeen(b"", [], [Seen([finding("FILE_UNREADABLE", name, detail)])])


_checker: Checker | None = None


def _start(checker: Checker) -> None:
    global _checker  # noqa: PLW0603  # one for each process, which does nothing else
    _checker = checker


def _read_unit(names: list[str]) -> list[FileSeen]:
    if _checker is None:
        raise RuntimeError("the process was not started for this")
    return [_checker.read(name) for name in names]
