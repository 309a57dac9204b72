"""Files that are replaced: named in a manifest first, in place when the run is published."""

import hashlib

import pytest

from archive import limits, manifest, replaced, staging
from archive.folder import Folder
from archive.layout import Layout
from archive.verify import verify_archive
from tests.archive.archive_scene import comparable, files, order, run
from tests.archive.memory_log import MemoryLog
from tests.archive.test_archiver import assert_archive_holds


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def store(root):
    with Folder(root) as opened:
        yield opened


def listings(found, log):
    """Return the manifests of an archive, oldest first."""
    positions = [line.position for line in log.stored_runs(0)]
    return [manifest.parse(found[f"manifests/{position}.json"]) for position in positions]


def test_a_file_that_a_newer_release_brings_is_named_and_takes_the_others_place(
    log, root, monkeypatch
):
    stream = order(log, "1001")
    run(log, root, [stream])
    monkeypatch.setattr(replaced, "readme", lambda: b"a newer text\n")
    log.record(stream)

    run(log, root, [stream])

    found = files(root)
    assert found["README.txt"] == b"a newer text\n"
    first, second = listings(found, log)
    assert first.files["README.txt"].sha256 != second.files["README.txt"].sha256
    assert second.files["README.txt"].sha256 == hashlib.sha256(b"a newer text\n").hexdigest()
    assert second.files["README.txt"].retain_until is None
    assert [name for name in found if name.startswith("staged/")] == []
    assert verify_archive(root).verdict == "intact"


def test_a_reader_between_a_new_file_and_its_signature_is_told_of_an_interrupted_run(
    log, root, monkeypatch
):
    class Dying(Folder):
        def replace(self, path, pieces):
            if path == "log/checkpoint":
                raise KeyboardInterrupt
            super().replace(path, pieces)

    stream = order(log, "1001")
    run(log, root, [stream])
    monkeypatch.setattr(replaced, "readme", lambda: b"a newer text\n")
    log.record(stream)

    with pytest.raises(KeyboardInterrupt):
        run(log, root, [stream], folder=Dying)

    assert files(root)["README.txt"] == b"a newer text\n"
    report = verify_archive(root)
    assert report.verdict == "incomplete"
    assert ("FILE_UNEXPECTED", "README.txt") in {(f.code, f.object) for f in report.findings}


def test_a_file_that_stays_as_it_is_is_not_named_again(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)

    run(log, root, [stream])

    _, second = listings(files(root), log)
    assert "README.txt" not in second.files


def test_a_file_that_somebody_changed_is_put_back(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    before = (root / "README.txt").read_bytes()
    (root / "README.txt").unlink()
    (root / "README.txt").write_bytes(b"nothing to see here\n")
    assert verify_archive(root).verdict == "altered"
    log.record(stream)

    run(log, root, [stream])

    assert (root / "README.txt").read_bytes() == before
    assert verify_archive(root).verdict == "intact"


def test_of_several_runs_only_the_last_is_published_and_replaces_files_once(log, root, monkeypatch):
    monkeypatch.setattr(limits, "HISTORIES_IN_A_RUN", 3)
    streams = [order(log, number) for number in range(8)]
    replacements = []

    class Noting(Folder):
        def replace(self, path, pieces):
            replacements.append(path)
            super().replace(path, pieces)

    result = run(log, root, streams, folder=Noting)

    found = files(root)
    assert (result.sealed, result.size) == (10, log.size())  # system/archive too, twice
    assert len(listings(found, log)) == 3
    assert [path for path in replacements if not path.startswith("staged/")] == [
        f"open/{result.size}.jsonl.gz",
        f"open/{result.size}.sha256",
        "README.txt",
        "orderproof-verify.py",
        "spec/archive-format.md",
        "viewer/index.html",
        "index/root.json",
        "log/checkpoint",
    ]
    assert "README.txt" in listings(found, log)[0].files
    assert "README.txt" not in listings(found, log)[1].files
    assert verify_archive(root).verdict == "intact"
    for line in log.stored_runs(0)[:-1]:
        assert f"open/{line.position}.jsonl.gz" not in found


def test_a_run_keeps_to_the_layout_that_it_began_with(log, root):
    class Dying(Folder):
        def put_batch(self, objects):
            if objects and objects[0].path.startswith("manifests/"):
                raise KeyboardInterrupt
            return super().put_batch(objects)

    streams = [order(log, number) for number in range(3)]
    with pytest.raises(KeyboardInterrupt):
        run(log, root, streams, folder=Dying, chosen=Layout.PACK)

    run(log, root, streams, chosen=Layout.PER_ORDER)

    found = files(root)
    assert_archive_holds(found, log)
    assert [name for name in found if name.startswith("orders/")] == []
    assert [name for name in found if name.startswith("packs/")] == ["packs/12/00000.jsonl.gz"]


def test_a_folder_that_was_lost_is_filled_again_in_the_layouts_of_then(log, root, tmp_path):
    stream = order(log, "1001")
    run(log, root, [stream], chosen=Layout.PACK)
    log.record(stream)
    run(log, root, [stream], chosen=Layout.PER_ORDER)

    run(log, tmp_path / "copy", [stream], chosen=Layout.PER_ORDER)

    assert comparable(files(tmp_path / "copy")) == comparable(files(root))


def test_what_a_run_staged_wins_over_what_a_newer_release_would_write(store):
    wanted = {"README.txt": b"old", "viewer/index.html": b"old page"}
    staged = staging.stage(store, 7, wanted, recorded=False)
    assert staged == wanted

    newer = {"README.txt": b"new", "spec/format.md": b"new"}
    assert staging.stage(store, 7, newer, recorded=True) == wanted
    staging.put_in_place(store, 7)
    staging.clear(store, 7)

    assert store.get("README.txt") == b"old"
    assert store.get("viewer/index.html") == b"old page"
    assert store.names("staged") == []


def test_what_a_run_staged_is_not_put_in_place_with_an_older_one(store):
    staging.stage(store, 7, {"README.txt": b"old"}, recorded=False)
    staging.stage(store, 9, {"README.txt": b"new"}, recorded=False)

    staging.put_in_place(store, 7)
    staging.clear(store, 7)

    assert store.get("README.txt") == b"old"
    assert store.names("staged") == ["9_README%2Etxt"]
