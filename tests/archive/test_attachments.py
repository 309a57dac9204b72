"""Attachments in the archive: stored with the history that names them, and missed otherwise."""

import hashlib
from datetime import date

import pytest

from archive import attachments, canonical, expiry, held, layout, manifest, member, retired
from archive.errors import CannotContinueError, FormatError
from archive.folder import Folder
from archive.layout import Layout
from archive.verify import verify_archive, verify_history
from archive.verify.folders import read_order
from archive.verify.sample import Sample
from tests.archive.archive_scene import ORIGIN, files, order, run
from tests.archive.memory_log import MemoryLog
from tests.archive.retention_scene import NOON_2024, NOON_2030, POLICY, announce, deleted, listed

BOTH = pytest.mark.parametrize("chosen", [Layout.PER_ORDER, Layout.PACK])
PICTURE, NOTE = b"a sealed picture", b"a sealed note"


def path_of(sealed):
    return layout.evidence_path(hashlib.sha256(sealed).hexdigest())


@pytest.fixture
def log():
    return MemoryLog(NOON_2024)


@pytest.fixture
def mine(log):
    stream = order(log, "1")
    log.attach(stream, PICTURE)
    log.record(stream)
    log.attach(stream, NOTE)
    return stream


@pytest.fixture
def other(log):
    return order(log, "2")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def archived(log, root, mine, other):
    run(log, root, [mine, other])
    return root


def codes(root, **options):
    report = verify_archive(root, **options)
    return report.verdict, {(one.code, one.object) for one in report.findings}


def named_files(root):
    return {
        name: stored
        for path in (root / "manifests").iterdir()
        for name, stored in manifest.parse(path.read_bytes()).files.items()
    }


@BOTH
def test_a_run_stores_what_its_histories_name_and_keeps_it_as_long(log, root, mine, other, chosen):
    run(log, root, [mine, other], chosen=chosen)

    found = files(root)
    assert {n: d for n, d in found.items() if n.startswith("evidence/")} == {
        path_of(PICTURE): PICTURE,
        path_of(NOTE): NOTE,
    }
    listed = named_files(root)
    [history] = [s for n, s in listed.items() if n.startswith(("orders/de/6b", "packs/"))]
    assert {listed[path_of(each)].retain_until for each in (PICTURE, NOTE)} == {
        history.retain_until
    }
    report = verify_archive(root)
    assert (report.verdict, report.checked["attachments"]) == ("intact", 2)


@BOTH
def test_a_later_revision_brings_only_what_is_new(log, root, mine, chosen):
    run(log, root, [mine], chosen=chosen)
    before = set(named_files(root))
    log.attach(mine, b"another")
    run(log, root, [mine], chosen=chosen)

    new = {name for name in set(named_files(root)) - before if name.startswith("evidence/")}
    assert new == {path_of(b"another")}
    assert codes(root) == ("intact", set())


def test_an_open_orders_attachments_are_there_and_are_named_once_it_is_sealed(
    log, root, mine, other
):
    run(log, root, [other])
    first = files(root)
    assert (first[path_of(PICTURE)], codes(root)) == (PICTURE, ("intact", set()))
    assert path_of(PICTURE) not in named_files(root)

    run(log, root, [mine])

    assert codes(root) == ("intact", set())
    assert path_of(PICTURE) in named_files(root)


@BOTH
def test_a_lost_attachment_stops_the_run_and_bringing_it_back_goes_on(log, root, mine, chosen):
    digest = hashlib.sha256(NOTE).hexdigest()
    del log.attachments[digest]

    with pytest.raises(CannotContinueError, match=digest):
        run(log, root, [mine], chosen=chosen)
    log.attachments[digest] = b"something else"
    with pytest.raises(CannotContinueError, match="not what was attached"):
        run(log, root, [mine], chosen=chosen)
    assert not (root / "log" / "checkpoint").exists()

    log.attachments[digest] = NOTE
    run(log, root, [mine], chosen=chosen)
    assert codes(root) == ("intact", set())


@BOTH
@pytest.mark.parametrize("after", range(1, 40, 3))
def test_a_killed_run_is_resumed_and_never_looks_altered(
    log, root, mine, other, chosen, after, monkeypatch
):
    run(log, root, [other], chosen=chosen)
    calls = 0

    class Killed(BaseException):
        pass

    class Store(Folder):
        def _count(self):
            nonlocal calls
            calls += 1
            if calls == after:
                raise Killed

        def put_batch(self, objects):
            stored = super().put_batch(objects)
            self._count()
            return stored

        def replace(self, path, pieces):
            super().replace(path, pieces)
            self._count()

    log.attach(mine, b"late")
    log.attach(other, b"open")
    monkeypatch.setattr(attachments, "_BATCH_BYTES", 1)
    try:
        run(log, root, [mine], folder=Store, chosen=chosen)
    except Killed:
        assert verify_archive(root).verdict in ("intact", "incomplete")
    run(log, root, [mine], chosen=chosen)

    assert codes(root) == ("intact", set())
    assert {path_of(each) for each in (PICTURE, NOTE, b"late", b"open")} <= set(files(root))


@pytest.mark.parametrize("sample", [None, Sample(100, "seed")])
def test_a_missing_attachment_is_named_once(archived, sample):
    (archived / path_of(NOTE)).unlink()

    assert codes(archived, sample=sample) == (
        "incomplete",
        {("FILE_MISSING", path_of(NOTE))},
    )


@pytest.mark.parametrize("changed", [b"a sealed nota", b"shorter", b"", NOTE + b"x"])
def test_a_changed_attachment_is_named(archived, changed):
    file = archived / path_of(NOTE)
    file.chmod(0o600)
    file.write_bytes(changed)

    assert codes(archived) == ("altered", {("FILE_ALTERED", path_of(NOTE))})


def test_two_attachments_do_not_change_places(archived):
    for name, data in ((path_of(NOTE), PICTURE), (path_of(PICTURE), NOTE)):
        (archived / name).chmod(0o600)
        (archived / name).write_bytes(data)

    assert codes(archived) == (
        "altered",
        {("FILE_ALTERED", path_of(NOTE)), ("FILE_ALTERED", path_of(PICTURE))},
    )


@pytest.mark.parametrize(
    "name",
    [path_of(b"foreign"), "evidence/readme.txt", "evidence/00/x", path_of(PICTURE) + ".html"],
)
def test_what_no_event_names_is_unexpected(archived, name):
    (archived / name).parent.mkdir(parents=True, exist_ok=True)
    (archived / name).write_bytes(b"foreign")

    assert codes(archived) == ("altered", {("FILE_UNEXPECTED", name)})


def test_an_open_orders_attachment_is_missed_too(log, root, mine, other):
    run(log, root, [other])
    (root / path_of(PICTURE)).unlink()

    assert codes(root) == ("incomplete", {("FILE_MISSING", path_of(PICTURE))})


def test_of_one_order_only_its_own_attachments_are_looked_at(log, archived, mine, other):
    (archived / path_of(NOTE)).unlink()

    assert read_order(archived, other)[1].verdict == "intact"
    assert [one.code for one in read_order(archived, mine)[1].findings] == ["FILE_MISSING"]


def test_a_lone_history_says_that_they_were_not_looked_for(archived):
    [mine] = (archived / "orders").rglob("1_*")
    [other] = (archived / "orders").rglob("2_*")

    assert any("2 sealed files" in text for text in verify_history(mine).not_checked)
    assert not any("attachment" in text for text in verify_history(other).not_checked)


#
@BOTH
def test_they_are_deleted_with_their_history_and_nobody_misses_them(log, root, mine, other, chosen):
    run(log, root, [mine], chosen=chosen)
    run(log, root, [other], chosen=chosen)
    log.clock = NOON_2030
    deleted(log, root, [mine])

    assert not [name for name in files(root) if name.startswith("evidence/")]
    report = verify_archive(root)
    assert (report.verdict, report.checked["deleted_after_retention"]) == ("intact", 1)


def test_deleting_is_finished_after_a_kill(log, root, mine, other, archived):
    log.clock = NOON_2030
    digest = listed(log, archived, [mine])
    assert codes(archived) == ("intact", set())
    [history] = (archived / "orders").rglob("1_*")
    history.unlink()
    assert codes(archived) == ("intact", set())  # attachments without a history, for a while

    with Folder(archived) as store:
        gone = expiry.delete_listed(store, digest, set())

    assert set(gone) == {path_of(PICTURE), path_of(NOTE)}
    assert codes(archived) == ("intact", set())


def test_a_hold_keeps_them(log, archived, mine, other):
    log.clock = NOON_2030
    digest = listed(log, archived, [mine, other])
    with Folder(archived) as store:
        gone = expiry.delete_listed(store, digest, {mine})

    assert [name[:9] for name in gone] == ["orders/de"]
    assert {path_of(PICTURE), path_of(NOTE)} <= set(files(archived))


@BOTH
def test_a_hold_is_put_on_them_with_the_history(log, root, mine, other, chosen):
    run(log, root, [mine, other], chosen=chosen)
    with Folder(root) as store:
        found = list(held.files_of(store, mine, held.index_in(store)))
        others = list(held.files_of(store, other, held.index_in(store)))

    assert found[1:] == sorted([path_of(PICTURE), path_of(NOTE)])
    assert not [name for name in others if name.startswith("evidence/")]


# The insider, who has the log's keys, lists the attachments of an order that is to be kept.
def test_a_list_does_not_take_away_what_another_history_names(log, archived, mine, other):
    log.clock = NOON_2030
    with Folder(archived) as store:
        going = expiry.expiring_files(store, {other})
        [digest] = expiry.store_lists(store, ORIGIN, going, date(2030, 5, 1))
    file = archived / layout.retired_path(digest)
    header, row = member.decompress(file.read_bytes(), 1 << 20).splitlines()
    changed = canonical.decode(row) | {"attachments": [hashlib.sha256(NOTE).hexdigest()]}
    data = member.compress(header + b"\n" + canonical.encode(changed) + b"\n")
    forged = hashlib.sha256(data).hexdigest()
    (archived / layout.retired_path(forged)).write_bytes(data)
    file.unlink()
    announce(log, forged)
    run(log, archived, [POLICY])
    with Folder(archived) as store:
        expiry.delete_listed(store, forged, set())

    assert codes(archived) == ("incomplete", {("FILE_MISSING", path_of(NOTE))})


def test_a_list_with_what_is_no_digest_is_refused(log, archived, mine):
    log.clock = NOON_2030
    digest = listed(log, archived, [mine])
    text = member.decompress((archived / layout.retired_path(digest)).read_bytes(), 1 << 20)
    assert retired.encode(retired.parse(text)) == text
    named = hashlib.sha256(NOTE).hexdigest().encode()
    for broken in (text.replace(named, b"../x"), text.replace(b'"attachments"', b'"attachment"')):
        with pytest.raises(FormatError):
            retired.parse(broken)
