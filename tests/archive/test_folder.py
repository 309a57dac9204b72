"""The archive's folder: objects are whole or absent, final, and durable."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive import member, syncing
from archive.durable import FolderError
from archive.errors import StoreError
from archive.folder import Folder
from archive.store import NewObject, ObjectDiffersError, Stored

SLOW_WRITER = """
import sys
from pathlib import Path
from archive.folder import Folder
from archive.store import NewObject

with Folder(Path(sys.argv[1])) as folder:
    for batch in range(1000):
        numbers = range(50)
        folder.put_batch(
            [NewObject(f"orders/s/{n:02x}/{batch}-{n}", b"%d\\n" % n * 500) for n in numbers]
        )
"""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "an archive"


@pytest.fixture
def folder(root):
    with Folder(root) as opened:
        yield opened


def files(root):
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_an_object_is_stored_and_read_back(folder, root):
    folder.put_new("orders/de/0a/1_20240501_r1.jsonl.gz", b"content")

    assert folder.get("orders/de/0a/1_20240501_r1.jsonl.gz") == b"content"
    assert files(root) == {"orders/de/0a/1_20240501_r1.jsonl.gz": b"content"}


def test_an_object_that_is_not_there_reads_as_none(folder):
    assert folder.get("orders/de/0a/none") is None


def test_a_stored_object_is_read_only(folder, root):
    folder.put_new("log/tile/0/000", b"content")

    assert (root / "log/tile/0/000").stat().st_mode & 0o222 == 0


def test_the_same_bytes_again_change_nothing(folder, root):
    folder.put_new("manifests/3.json", b"content")
    before = (root / "manifests/3.json").stat()

    stored = folder.put_new("manifests/3.json", b"content")

    after = (root / "manifests/3.json").stat()
    assert stored == Stored(b"content")
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_bytes_are_refused_and_the_stored_ones_stay(folder):
    folder.put_new("manifests/3.json", b"content")

    with pytest.raises(ObjectDiffersError, match=r"manifests/3\.json is there already"):
        folder.put_new("manifests/3.json", b"Content")

    assert folder.get("manifests/3.json") == b"content"


def test_an_object_that_differs_keeps_the_rest_of_its_batch_from_being_stored(folder, root):
    folder.put_new("manifests/3.json", b"content")

    with pytest.raises(ObjectDiffersError):
        folder.put_batch(
            [NewObject("manifests/2.json", b"new"), NewObject("manifests/3.json", b"other")]
        )

    assert set(files(root)) == {"manifests/3.json"}


def test_the_same_text_compressed_otherwise_keeps_the_stored_bytes(folder, monkeypatch):
    text = b"a line that compresses well\n" * 100
    monkeypatch.setattr(member, "LEVEL", 1)
    fast = member.compress(text)
    monkeypatch.undo()
    assert fast != member.compress(text)
    folder.put_new("orders/a.jsonl.gz", fast)

    stored = folder.put_new("orders/a.jsonl.gz", member.compress(text))

    assert stored.data == fast
    assert folder.get("orders/a.jsonl.gz") == fast


@pytest.mark.parametrize(
    "present", [member.compress(b"another text"), member.compress(b"te"), b"no gzip", b""]
)
def test_another_text_or_no_gzip_at_all_is_refused(folder, present):
    folder.put_new("orders/a.jsonl.gz", present)

    with pytest.raises(ObjectDiffersError):
        folder.put_new("orders/a.jsonl.gz", member.compress(b"text"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../outside",
        "orders/../../outside",
        "orders//a",
        "orders/",
        "./a",
        ".hidden",
        "orders/.hidden",
        "a\\b",
        "a\x00b",
        "a\nb",
        "orders/" + "x" * 256,
        "订单",
    ],
)
def test_a_name_that_the_layout_never_gives_is_refused(folder, tmp_path, path):
    for use in (
        lambda: folder.put_new(path, b"content"),
        lambda: folder.get(path),
        lambda: folder.replace(path, [b"content"]),
        lambda: folder.delete(path),
    ):
        with pytest.raises(StoreError):
            use()

    assert files(tmp_path) == {}


def test_a_link_in_the_archive_does_not_lead_writes_out_of_it(folder, root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "orders").symlink_to(outside)

    with pytest.raises(FolderError, match="is not a folder"):
        folder.put_new("orders/de/a", b"content")

    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_an_object_is_not_taken_for_it(folder, root, tmp_path):
    (tmp_path / "outside").write_bytes(b"content")
    (root / "README.txt").symlink_to(tmp_path / "outside")

    with pytest.raises(FolderError, match="is a link"):
        folder.put_new("README.txt", b"content")


def test_the_newest_checkpoint_is_replaced(folder):
    folder.replace("log/checkpoint", [b"old"])

    folder.replace("log/checkpoint", [b"ne", b"w"])

    assert folder.get("log/checkpoint") == b"new"


def test_open_lines_are_replaced_and_deleted(folder):
    folder.replace("open/7.jsonl.gz", [b"old"])
    folder.replace("open/7.jsonl.gz", [b"new"])
    folder.replace("open/9.jsonl.gz", [b"newer"])

    folder.delete("open/7.jsonl.gz")

    assert folder.names("open") == ["9.jsonl.gz"]


@pytest.mark.parametrize("path", ["manifests/3.json", "log/checkpoints/3", "open/3/x"])
def test_nothing_else_is_replaced_or_deleted(folder, path):
    folder.put_new(path, b"content")

    with pytest.raises(StoreError, match="is never replaced"):
        folder.replace(path, [b"other"])
    with pytest.raises(StoreError, match="is never deleted"):
        folder.delete(path)

    assert folder.get(path) == b"content"


def test_a_replacement_whose_content_fails_half_way_leaves_the_old_one(folder, root):
    def broken():
        yield b"ne"
        raise ValueError("the source of the content failed")

    folder.replace("log/checkpoint", [b"old"])

    with pytest.raises(ValueError, match="the source of the content"):
        folder.replace("log/checkpoint", broken())

    assert files(root) == {"log/checkpoint": b"old"}


def test_a_second_archiver_is_refused_until_the_first_is_done(root):
    with Folder(root), pytest.raises(FolderError, match="another archiver is writing"):
        Folder(root)

    with Folder(root) as third:
        third.put_new("README.txt", b"content")


def test_leftovers_of_a_killed_archiver_are_removed_and_never_were_in_the_archive(root, tmp_path):
    beside = tmp_path / ".an archive.writing"
    beside.mkdir()
    (beside / "17").write_bytes(b"half a fi")

    with Folder(root) as folder:
        folder.put_new("README.txt", b"content")

    assert files(tmp_path) == {"an archive/README.txt": b"content"}
    assert not beside.exists()


def test_the_top_of_a_file_system_is_refused_in_plain_words(folder, root, monkeypatch):
    def crossing(*arguments, **options):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", crossing)

    with pytest.raises(FolderError, match="top of a file system"):
        folder.put_new("README.txt", b"content")
    with pytest.raises(FolderError, match="top of a file system"):
        Folder(Path("/"))

    assert files(root) == {}


def store_all(folder, objects):
    folder.put_batch(objects)
    folder.replace("log/checkpoint", [b"new"])


@pytest.mark.parametrize("nth", range(1, 13))
def test_a_failed_fsync_ends_all_writing_and_a_new_archiver_makes_it_good(root, monkeypatch, nth):
    objects = [NewObject(f"orders/de/{n:02x}/a", b"content %d" % n) for n in range(3)]
    real = os.fsync
    calls = []

    def failing(descriptor):
        calls.append(descriptor)
        if len(calls) == nth:
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    with Folder(root) as folder:
        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(FolderError, match=r"did not confirm a write .* Input/output error"):
            store_all(folder, objects)
        monkeypatch.undo()
        # Files of a batch are linked only when all of them are known to be on the disk.
        if nth <= len(objects):
            assert files(root) == {}
        with pytest.raises(FolderError, match="failed before; nothing more is written"):
            folder.put_new("orders/de/aa/a", b"content")
        with pytest.raises(FolderError, match="failed before"):
            folder.replace("log/checkpoint", [b"new"])
        assert not (root / "orders/de/aa/a").exists()

    with Folder(root) as folder:
        folder.put_batch(objects)

    there = {name: data for name, data in files(root).items() if name != "log/checkpoint"}
    assert there == {each.path: each.data for each in objects}


# C-13
@pytest.mark.parametrize(("call", "objects"), [("fsync", 1), ("fsync", 40), ("syncfs", 40)])
def test_a_disk_that_really_answers_a_sync_with_an_error_is_reported(root, tool, call, objects):
    root.mkdir()
    code = f"""
from pathlib import Path
from archive.folder import Folder
from archive.store import NewObject
folder = Folder(Path({str(root)!r}))
folder.put_batch([NewObject(f"orders/de/aa/{{n}}", b"content") for n in range({objects})])
"""
    trace = [tool("strace"), "-f", "-qq", "-o", os.devnull, "-e", f"inject={call}:error=EIO"]
    if call == "syncfs":
        needs_syncfs(root)

    done = subprocess.run(
        [*trace, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "FolderError: the disk did not confirm a write" in done.stderr
    assert "Input/output error" in done.stderr
    if call == "syncfs" or objects == 1:
        assert files(root) == {}


def needs_syncfs(folder):
    descriptor = syncing.open_file_system(folder)
    if descriptor is None:
        pytest.skip("syncfs tells no errors on this file system")
    os.close(descriptor)


# C-13
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_failed_sync_of_the_file_system_ends_all_writing(root, monkeypatch, nth, code):
    root.mkdir()
    needs_syncfs(root)
    objects = [NewObject(f"orders/de/{n:02x}/a", b"content %d" % n) for n in range(40)]
    real = syncing.sync_file_system
    calls = []

    def failing(descriptor):
        calls.append(descriptor)
        if len(calls) == nth:
            raise OSError(code, os.strerror(code))
        real(descriptor)

    with Folder(root) as folder:
        monkeypatch.setattr(syncing, "sync_file_system", failing)
        with pytest.raises(FolderError, match=os.strerror(code)):
            folder.put_batch(objects)
        monkeypatch.undo()
        # Files of a batch are linked only when all of them are known to be on the disk.
        assert bool(files(root)) == (nth == 2)
        with pytest.raises(FolderError, match="failed before; nothing more is written"):
            folder.put_new("orders/de/aa/a", b"content")

    with Folder(root) as folder:
        folder.put_batch(objects)

    assert files(root) == {each.path: each.data for each in objects}


def test_files_are_on_the_disk_before_they_are_linked_and_their_folders_after(root, monkeypatch):
    root.mkdir()
    needs_syncfs(root)
    done = []
    for module, name in ((syncing, "sync_file_system"), (os, "link")):
        real = getattr(module, name)

        def noting(*arguments, real=real, name=name, **options):
            done.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, noting)
    objects = [NewObject(f"orders/de/{n:02x}/a", b"content %d" % n) for n in range(40)]

    with Folder(root) as folder:
        folder.put_batch(objects)

    assert done == ["sync_file_system", *["link"] * 40, "sync_file_system"]


@pytest.mark.parametrize("release", ["5.7.19", "4.19.0-27-amd64", "3.10.0"])
def test_an_old_kernel_does_not_tell_errors_of_a_whole_file_system(root, monkeypatch, release):
    root.mkdir()
    needs_syncfs(root)
    told = os.uname()
    monkeypatch.setattr(os, "uname", lambda: type(told)([*told[:2], release, *told[3:]]))

    assert syncing.open_file_system(root) is None


def test_where_the_file_system_is_not_known_each_file_is_synced(root, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(syncing, "_KNOWN", set())
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real(fd)))
    objects = [NewObject(f"orders/de/aa/{n}", b"content") for n in range(40)]

    with Folder(root) as folder:
        folder.put_batch(objects)

    assert len(synced) >= 40


def test_a_full_disk_is_reported_and_nothing_is_stored(folder, root, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(FolderError, match="No space left on device"):
        folder.put_new("README.txt", b"content")

    assert files(root) == {}


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
def test_a_file_system_without_hard_links_is_named_as_such(folder, root, monkeypatch, code):
    def refused(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refused)

    with pytest.raises(FolderError, match="has no hard links"):
        folder.put_new("README.txt", b"content")

    assert files(root) == {}


def test_every_folder_on_the_way_is_synced(root, monkeypatch):
    synced = set()
    real = os.fsync

    def noting(descriptor):
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    with Folder(root) as folder:
        monkeypatch.setattr(os, "fsync", noting)
        folder.put_new("orders/de/0a/a", b"content")

    expected = {root / part for part in ("", "orders", "orders/de", "orders/de/0a")}
    assert expected <= synced


def test_the_folders_above_a_new_archive_are_synced(tmp_path, monkeypatch):
    synced = set()
    real = os.fsync

    def noting(descriptor):
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noting)

    Folder(tmp_path / "data/archive").close()

    assert synced == {tmp_path, tmp_path / "data"}


def test_a_folder_left_by_a_killed_archiver_is_synced_too(root, monkeypatch):
    (root / "orders/de/0a").mkdir(parents=True)
    (root / "orders/de/0a/a").write_bytes(b"content")
    synced = set()
    real = os.fsync

    def noting(descriptor):
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    with Folder(root) as folder:
        monkeypatch.setattr(os, "fsync", noting)
        folder.put_new("orders/de/0a/a", b"content")

    expected = {root / part for part in ("", "orders", "orders/de", "orders/de/0a")}
    assert expected <= synced


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05, 0.1])
def test_a_killed_writer_leaves_whole_objects_only(root, wait):
    writer = subprocess.Popen([sys.executable, "-c", SLOW_WRITER, str(root)])
    while not files(root):
        assert writer.poll() is None
        time.sleep(0.005)
    time.sleep(wait)
    writer.send_signal(signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL

    found = files(root)
    for name, data in found.items():
        number = int(name.rpartition("-")[2])
        assert data == b"%d\n" % number * 500
    with Folder(root) as folder:
        folder.put_batch([NewObject(name, data) for name, data in found.items()])
    assert files(root) == found
    assert not root.with_name(".an archive.writing").exists()


@pytest.mark.parametrize("call", ["link", "mkdir", "replace", "unlink"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_a_disk_that_fails_in_any_call_ends_all_writing(root, monkeypatch, call, code):
    def failing(*arguments, **options):
        raise OSError(code, os.strerror(code))

    with Folder(root) as folder:
        monkeypatch.setattr(os, call, failing)
        with pytest.raises(FolderError, match=os.strerror(code)):
            store_all(folder, [NewObject("orders/de/aa/a", b"content")])
        monkeypatch.undo()

        with pytest.raises(FolderError, match="failed before; nothing more is written"):
            folder.put_new("orders/de/bb/b", b"content")


def test_a_folder_that_cannot_be_made_is_a_plain_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FolderError, match="Not a directory"):
        Folder(tmp_path / "file" / "archive")


def test_who_waited_at_a_lock_that_was_removed_does_not_write_beside_another(root, monkeypatch):
    """B opens the lock, A removes it and ends, B locks what is gone, and C makes it anew."""
    real = fcntl.flock
    first = Folder(root)
    third = []

    def late(descriptor, operation):
        monkeypatch.setattr(fcntl, "flock", real)
        first.close()
        third.append(Folder(root))
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)

    with pytest.raises(FolderError, match="another archiver is writing"):
        Folder(root)

    third[0].put_new("README.txt", b"content")
    third[0].close()
