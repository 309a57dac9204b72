"""C-11: the database's disk is full. Nothing is acknowledged, and room alone brings it back."""

import os
import shutil
import subprocess
import time

import pytest

from eventstore.errors import StoreUnavailableError
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check
from tests.faults.own_server import OwnServer

DISK = 160 * 1024 * 1024
LOG = 64 * 1024 * 1024
LEFT = 2 * 1024 * 1024
LARGE = 100_000


class SmallDisk:
    """A disk in memory, and a file that takes its room away."""

    def __init__(self, folder):
        self._folder = folder
        self._ballast = folder / "ballast"

    def fill(self, left):
        space = os.statvfs(self._folder)
        with open(self._ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - left)

    def make_room(self):
        self._ballast.unlink()


@pytest.fixture
def small_disk(server_folder, tool):
    """Mount small disks; only root may do that, and not everywhere."""
    mounted = []

    def mount(folder, size, mode):
        options = f"size={size},mode={mode}"
        command = [tool("mount"), "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return SmallDisk(folder)

    yield mount
    for folder in mounted:
        subprocess.run([tool("umount"), str(folder)], check=True)


@pytest.fixture
def own_server(small_disk, server_folder, programs):
    # Made after the disks, so that it is stopped before they are taken away.
    server = OwnServer(server_folder, programs)
    yield server
    server.stop()


def move_log(server, small_disk):
    """Put a stopped server's write-ahead log on a small disk."""
    log = server.folder / "pg/cluster/pg_wal"
    owner = log.stat()
    log.rename(log.with_name("moved"))
    log.mkdir()
    disk = small_disk(log, LOG, "0700")
    subprocess.run(["cp", "-a", f"{log.with_name('moved')}/.", str(log)], check=True)
    shutil.rmtree(log.with_name("moved"))
    os.chown(log, owner.st_uid, owner.st_gid)
    return disk


def record_until(writer, told, end):
    """Record large events one by one until `end` says so of an error; return the last number."""
    deadline = time.monotonic() + 120
    for n in range(100_000):
        assert time.monotonic() < deadline, "the disk was never full"
        large = fact(f"l{n}", n, note=os.urandom(LARGE).hex())
        facts = [fact(f"e{n}", n % 7, personal=n % 3 == 0), large]
        try:
            told += acknowledged(facts, writer.record(facts))
        except StoreUnavailableError as error:
            if end(error):
                return n
    raise AssertionError


def test_a_full_disk_acknowledges_nothing_and_recovers_when_there_is_room(own_server, small_disk):
    # C-11
    (own_server.folder / "pg").mkdir()
    disk = small_disk(own_server.folder / "pg", DISK, "0711")
    own_server.start()
    own_server.migrate()
    told = []
    with Writer(own_server.dsn, KeyRing(KEY)) as writer:
        told += acknowledged([fact("first")], writer.record([fact("first")]))
        disk.fill(LEFT)
        refused = record_until(writer, told, lambda error: "disk is full" in str(error))
        with pytest.raises(StoreUnavailableError):
            writer.record([fact("still", note=os.urandom(4 * LARGE).hex())])

        disk.make_room()

        # The same writer goes on, and so does the same caller.
        facts = [fact(f"after-{refused}", refused)]
        told += acknowledged(facts, writer.record(facts))
    assert check(own_server.dsn, told) >= len(told)


def test_a_server_that_a_full_disk_brought_down_comes_back_with_what_was_acknowledged(
    own_server, small_disk
):
    # C-11: no room for the write-ahead log is the end of a PostgreSQL.
    own_server.start()
    own_server.migrate()
    own_server.stop()
    disk = move_log(own_server, small_disk)
    own_server.start()
    told = []
    with Writer(own_server.dsn, KeyRing(KEY)) as writer:
        disk.fill(LEFT)
        refused = record_until(writer, told, lambda _: own_server.is_down)

        disk.make_room()
        own_server.start()  # as the next command does by itself

        facts = [fact(f"after-{refused}", refused)]
        told += acknowledged(facts, writer.record(facts))
    assert check(own_server.dsn, told) >= len(told)
