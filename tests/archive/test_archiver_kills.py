"""Killed at any moment and run again, the archiver leaves what one undisturbed run leaves.

Fails the n-th call for n = 1, 2, 3 and so on, until a run comes to its end.
"""

import copy
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from urllib.parse import unquote

import pytest

from archive import limits, member, replaced, syncing
from archive.folder import Folder
from archive.index import growth
from archive.index.root import parse as parse_index
from archive.index.root import without_proof
from archive.keyring_log import PUBLISHED
from archive.layout import Layout
from archive.verify import verify_archive
from domain.stream import KEYS_STREAM
from tests.archive.archive_scene import comparable, files, notes, order, rotated, run
from tests.archive.memory_log import MemoryLog
from tests.archive.test_archiver import assert_archive_holds

DYING_ARCHIVER = """
import json, os, pickle, signal, sys
from pathlib import Path
from archive.index import growth
from tests.archive.archive_scene import run

growth.INLINE = growth.SHARD_ROWS = 2
root, kept, streams, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
log = pickle.loads(kept.read_bytes())
calls = 0

def die_at_the_moment():
    global calls
    calls += 1
    if calls == moment:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(call):
    def wrapped(*arguments, **options):
        die_at_the_moment()
        return call(*arguments, **options)
    return wrapped

def append(facts, versions):
    die_at_the_moment()
    positions = type(log).append(log, facts, versions)
    after = kept.with_suffix(".new")
    after.write_bytes(pickle.dumps(log))
    rename(after, kept)
    return positions

rename = os.replace
for name in ("fsync", "link", "replace", "unlink", "mkdir"):
    setattr(os, name, dying(getattr(os, name)))
log_append = append
class Kept:
    def __getattr__(self, name):
        return log_append if name == "append" else getattr(log, name)
run(Kept(), root, json.loads(streams))
"""


STAGED = re.compile(r"staged/[0-9]+_(.+)")


@pytest.fixture(autouse=True)
def _few_rows_in_a_part_of_the_index():
    """Let every run of these tests write shards, merge them and delete those that were merged."""
    with pytest.MonkeyPatch.context() as patch:  # one of its own, which no test undoes
        patch.setattr(growth, "INLINE", 2)
        patch.setattr(growth, "SHARD_ROWS", 2)
        yield


class Killed(BaseException):
    """Stands for the process's end: nothing in the code may catch it."""


class Fuse:
    """Lets `moment` calls through but one, then ends the process's life: every later call fails."""

    def __init__(self, moment):
        self.left = moment

    def burn(self):
        self.left -= 1
        if self.left <= 0:
            raise Killed


def dying_folder(fuse):
    """Make a store that dies before its n-th object, also within a batch."""

    class DyingFolder(Folder):
        def put_batch(self, objects):
            stored = []
            for each in objects:
                fuse.burn()
                stored += super().put_batch([each])
            return stored

        def replace(self, path, pieces):
            fuse.burn()
            super().replace(path, pieces)

        def delete(self, path):
            fuse.burn()
            super().delete(path)

    return DyingFolder


class DyingLog(MemoryLog):
    """Dies before the n-th event that the archiver appends."""

    fuse = None

    def append(self, facts, versions):
        if self.fuse is None:
            return super().append(facts, versions)
        positions = []
        for fact, version in zip(facts, versions, strict=True):
            self.fuse.burn()
            positions += super().append([fact], [version])
        return positions


def first_run(root):
    """Set the stage for a first run: two orders to seal, one that stays open, a policy."""
    log = DyingLog()
    streams = [order(log, "1001"), order(log, "1002")]
    order(log, "1003")
    log.record("system/policy", "policy.changed")
    return log, [*streams, "system/policy"]


def second_run(root):
    """Set the stage for a later run: old and new orders, new lines, open lines to clean up."""
    log, streams = first_run(root)
    for number in range(90):
        order(log, f"9{number}")
    run(log, root, streams)
    log.record("order/de/1001", "refund.requested")
    log.record("order/de/1003", "message.received")
    return log, ["order/de/1001", "order/de/1003", "order/de/90"]


def resumed(log, root, streams):
    """Run as often as a supervisor would: until there is nothing left to do."""
    while run(log, root, streams):
        pass


def undisturbed(stage, path):
    root = path / "undisturbed"
    log, streams = stage(root)
    start = files(root)
    resumed(log, root, streams)
    return log, comparable(files(root)), comparable(start)


def rows(log):
    return [line.encode() for line in log.rows]


@pytest.mark.parametrize("stage", [first_run, second_run])
def test_a_run_killed_before_any_write_is_finished_by_the_next(stage, tmp_path):
    expected_log, expected, start = undisturbed(stage, tmp_path)
    template, streams = stage(tmp_path / "template")
    (tmp_path / "template").mkdir(exist_ok=True)

    partial = 0
    for moment in range(1, 10_000):
        root = tmp_path / str(moment)
        shutil.copytree(tmp_path / "template", root)
        log = copy.deepcopy(template)
        log.fuse = Fuse(moment)
        try:
            run(log, root, streams, folder=dying_folder(log.fuse))
        except Killed:
            left = files(root)
            partial += start != comparable(left) != expected
            assert_whole(left, start, expected)
            if start:
                assert verify_archive(root).verdict in ("intact", "incomplete")
            log.fuse = None
            resumed(log, root, streams)
        else:
            break

        assert rows(log) == rows(expected_log), moment
        assert comparable(files(root)) == expected, moment
        assert notes(left).items() <= files(root).items(), "a size is signed once"
        shutil.rmtree(root)

    shards = {name for name in expected if name.startswith("index/") and name.endswith(".rows")}
    assert shards
    assert not shards & set(start)
    # seals, the event, manifest, tiles, checkpoints, histories, open lines, index, and removals
    assert moment > 15
    assert partial > moment / 2


@pytest.mark.parametrize(
    "first",
    [1, pytest.param(2, marks=pytest.mark.faults), pytest.param(3, marks=pytest.mark.faults)],
)
@pytest.mark.parametrize("stage", [first_run, second_run])
def test_a_run_killed_before_any_call_of_the_file_system_is_finished_by_the_next(
    stage, first, tmp_path, monkeypatch
):
    expected_log, expected, start = undisturbed(stage, tmp_path)
    template, streams = stage(tmp_path / "template")
    (tmp_path / "template").mkdir(exist_ok=True)

    partial = 0
    for moment in range(first, 10_000, 3):
        root = tmp_path / str(moment)
        shutil.copytree(tmp_path / "template", root)
        log = copy.deepcopy(template)
        kill_calls_of_the_file_system(monkeypatch, Fuse(moment))
        try:
            run(log, root, streams)
        except Killed:
            monkeypatch.undo()
            left = files(root)
            partial += start != comparable(left) != expected
            assert_whole(left, start, expected)
            resumed(log, root, streams)
        else:
            monkeypatch.undo()
            break

        assert rows(log) == rows(expected_log), moment
        assert comparable(files(root)) == expected, moment
        assert notes(left).items() <= files(root).items(), "a size is signed once"
        assert not root.with_name(f".{moment}.writing").exists()
        shutil.rmtree(root)

    assert moment > 50
    assert partial > moment / 3 / 2


def test_a_run_that_publishes_a_keyring_is_finished_by_the_next(tmp_path):
    template, streams = first_run(None)
    before = tmp_path / "before"
    signer, keyrings = rotated(run(template, before, streams).size)
    template.record("order/de/1003", "message.received")
    new_keys = {"signer": signer, "keyrings": keyrings}
    start = files(before)

    expected = None
    for moment in (10_000, *range(1, 10_000)):  # the first is never killed
        root = tmp_path / str(moment)
        shutil.copytree(before, root)
        log = copy.deepcopy(template)
        log.fuse = Fuse(moment)
        try:
            run(log, root, [*streams, KEYS_STREAM], folder=dying_folder(log.fuse), **new_keys)
        except Killed:
            left = files(root)
            assert verify_archive(root).verdict in ("intact", "incomplete")
            if notes(left).keys() > notes(start).keys():
                assert left["trust/keyring.2.json"] == keyrings[1], "before its keys sign"
            log.fuse = None
            while run(log, root, [*streams, KEYS_STREAM], **new_keys):
                pass
        else:
            if expected is not None:
                break
            left = files(root)
        found = rows(log), first_signatures(files(root))
        expected = expected or found

        assert found == expected, moment
        assert notes(left).items() <= files(root).items(), "a size is signed once"
        shutil.rmtree(root)

    assert moment > 15
    lines = map(json.loads, expected[0])
    published = [each["event"]["data"] for each in lines if each["type"] == PUBLISHED]
    assert [each["keyring"] for each in published] == [2]


def first_signatures(found):
    """Leave the second signature out, which is another one each time."""
    return {
        name: b"".join(data.splitlines(keepends=True)[:5])
        if name.startswith("log/checkpoint")
        else data
        for name, data in found.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_run_killed_again_and_again_comes_to_the_same_end(seed, tmp_path):
    expected_log, expected, _ = undisturbed(second_run, tmp_path)
    root = tmp_path / "again"
    log, streams = second_run(root)

    kills = 0
    while True:
        # Always a little further than the last time, else it would never end.
        log.fuse = Fuse(1 + kills + seed)
        try:
            run(log, root, streams, folder=dying_folder(log.fuse))
            break
        except Killed:
            kills += 1

    assert kills > 5
    assert rows(log) == rows(expected_log)
    assert comparable(files(root)) == expected


# C-06
@pytest.mark.parametrize("moment", [3, 12, 23, 31, 45, 60])
def test_a_process_that_was_really_killed_leaves_nothing_that_hinders_the_next(moment, tmp_path):
    expected_log, expected, start = undisturbed(first_run, tmp_path)
    root, kept = tmp_path / "archive", tmp_path / "log.pickle"
    template, streams = first_run(root)
    log = MemoryLog()
    log.__dict__.update(template.__dict__)
    kept.write_bytes(pickle.dumps(log))
    code = [sys.executable, "-c", DYING_ARCHIVER, str(root), str(kept), json.dumps(streams)]

    died = subprocess.run([*code, str(moment)], check=False)

    assert died.returncode == -signal.SIGKILL
    left = files(root)
    assert_whole(left, start, expected)
    assert subprocess.run([*code, "0"], check=False).returncode == 0
    assert rows(pickle.loads(kept.read_bytes())) == rows(expected_log)
    assert comparable(files(root)) == expected
    assert notes(left).items() <= files(root).items(), "a size is signed once"


@pytest.mark.parametrize("stage", [first_run, second_run])
def test_what_was_recorded_after_a_kill_is_archived_with_the_rest(stage, tmp_path):
    template, streams = stage(tmp_path / "template")
    (tmp_path / "template").mkdir(exist_ok=True)

    for moment in range(1, 10_000):
        root = tmp_path / str(moment)
        shutil.copytree(tmp_path / "template", root)
        log = copy.deepcopy(template)
        log.fuse = Fuse(moment)
        try:
            run(log, root, streams, folder=dying_folder(log.fuse))
        except Killed:
            log.fuse = None
        else:
            break
        log.record("order/de/1001", "refund.requested")

        result = run(log, root, streams)

        assert result.size == log.size(), moment
        report = verify_archive(root)
        assert report.verdict == "intact", (moment, report.findings)
        assert report.checked["size"] == log.size()
        shutil.rmtree(root)

    assert moment > 15


def test_several_runs_killed_before_any_write_leave_a_whole_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "HISTORIES_IN_A_RUN", 2)
    template = DyingLog()
    streams = [order(template, number) for number in range(5)]

    for moment in range(1, 10_000):
        root = tmp_path / str(moment)
        log = copy.deepcopy(template)
        log.fuse = Fuse(moment)
        try:
            run(log, root, streams, folder=dying_folder(log.fuse), chosen=Layout.PACK)
        except Killed:
            log.fuse = None
        else:
            break
        published = "log/checkpoint" in files(root)

        while run(log, root, streams, chosen=Layout.PACK):
            pass

        assert_archive_holds(files(root), log)
        assert {log.rows[positions[-1] - 1].type for positions in log.streams.values()} == {
            "history.sealed",
            "archive.stored",
        }
        # Only the last of the runs is published.
        assert not published or moment > 40
        shutil.rmtree(root)

    assert moment > 40


def test_histories_compressed_by_another_release_are_kept_on_resume(tmp_path, monkeypatch):
    root = tmp_path / "archive"
    log, streams = first_run(root)
    monkeypatch.setattr(member, "LEVEL", 1)
    log.fuse = Fuse(1)
    moments = iter(range(1, 1000))
    while not any(name.startswith("orders/") for name in files(root)):
        log.fuse = Fuse(next(moments))
        with pytest.raises(Killed):
            run(log, root, streams, folder=dying_folder(log.fuse))
    before = {name: data for name, data in files(root).items() if name.startswith("orders/")}
    monkeypatch.undo()
    log.fuse = None

    run(log, root, streams)

    found = files(root)
    assert {name: found[name] for name in before} == before
    assert run(log, root, streams) is None


def test_a_readme_of_an_older_release_stays_on_resume(tmp_path, monkeypatch):
    root = tmp_path / "archive"
    log, streams = first_run(root)
    monkeypatch.setattr(replaced, "readme", lambda: b"an older text\n")
    moments = iter(range(1, 1000))
    while not any("README" in name for name in files(root)):
        log.fuse = Fuse(next(moments))
        with pytest.raises(Killed):
            run(log, root, streams, folder=dying_folder(log.fuse))
    monkeypatch.undo()
    log.fuse = None

    run(log, root, streams)

    assert files(root)["README.txt"] == b"an older text\n"


def assert_whole(left, start, expected):
    """Every file of a killed run is whole: as it was, or as it will be."""
    for name, data in comparable(left).items():
        staged = STAGED.fullmatch(name)
        if staged and staged[1] == "layout":
            assert data == b"per-order"
            continue
        if staged and staged[1] == "index":
            assert parse_index(data) == without_proof(parse_index(expected["index/root.json"]))
            continue
        place = unquote(staged[1]) if staged else name
        assert data in (start.get(name), expected.get(place)), name
    # What was published before is all still there, but for what new open lines and shards of the
    # index took the place of.
    published = {name for name in start if not name.startswith(("open/", "index/"))}
    assert published <= set(left)


def kill_calls_of_the_file_system(monkeypatch, fuse):
    def dying(call):
        def wrapped(*arguments, **options):
            fuse.burn()
            return call(*arguments, **options)

        return wrapped

    for name in ("fsync", "link", "replace", "unlink", "mkdir", "rmdir"):
        monkeypatch.setattr(os, name, dying(getattr(os, name)))
    monkeypatch.setattr(syncing, "sync_file_system", dying(syncing.sync_file_system))
