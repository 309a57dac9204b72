"""Orders under hold whose histories lie in packs: their copies, made by runs and verified."""

import pytest

from archive import held, pack
from archive.folder import Folder
from archive.layout import Layout
from archive.verify import find_orders, read_order, verify_archive, verify_history
from domain.event import Fact
from tests.archive.archive_attacks import about, check, codes, repair_manifests
from tests.archive.archive_builder import gunzip, gz, sha
from tests.archive.archive_scene import files as files_of
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import NOON, MemoryLog

MINE = "order/de/1001"
BESIDE = "order/de/1002"


class Shop:
    """A log with two orders in one pack, the archive of it, and what is under hold."""

    def __init__(self, root):
        self.log, self.root = MemoryLog(), root
        self.holds = []
        order(self.log, 1001)
        order(self.log, 1002)
        self.run(MINE, BESIDE)

    def hold(self, stream, *, on=True):
        kind = "hold.placed" if on else "hold.released"
        data = {"hold_id": f"h-{stream[-1]}", "reason": "case 7", "by": "staff-1"}
        fact = Fact(stream=stream, type=kind, source="orderproof", id=f"{kind}/{len(self.holds)}",
                    occurred_at=NOON, data=data)  # fmt: skip
        [position] = self.log.append([fact], [None])
        self.holds.append((position, stream, on))

    def held_at(self, size):
        state = {stream: on for position, stream, on in self.holds if position <= size}
        return {stream for stream, on in state.items() if on}

    def run(self, *streams, chosen=Layout.PACK, folder=Folder):
        run(self.log, self.root, streams, chosen=chosen, held_at=self.held_at, folder=folder)
        return self.copies()

    def copies(self):
        return sorted(name for name in files_of(self.root) if name.startswith("holds/"))


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path / "archive")


@pytest.fixture
def held_shop(shop):
    """The first order is held in two packs."""
    shop.hold(MINE)
    shop.run(MINE)
    return shop


def copy(number, revision):
    folder = sha(str(number).encode()).hex()[:2]
    return f"holds/orders/de/{folder}/{number}_20240501_r{revision}.jsonl.gz"


#
def test_what_lies_in_packs_of_a_held_order_is_copied_and_nothing_else(shop, tmp_path):
    assert shop.copies() == []
    shop.hold(MINE)
    assert shop.run(MINE) == [copy(1001, 1), copy(1001, 2)]

    report = check(files_of(shop.root), tmp_path)

    assert (report.verdict, report.findings) == ("intact", [])
    assert (report.checked["held_copies"], report.checked["histories"]) == (2, 4)
    assert report.checked["events"] == len(shop.log.rows) == report.checked["size"]


def test_a_copy_is_the_history_in_its_standard_form(held_shop):
    files = files_of(held_shop.root)
    first, second = (gunzip(files[name]) for name in held_shop.copies())
    [name] = [n for n in files if n.startswith("packs/") and b"1002" in _rows(files[n])]
    packed = pack.parse(files[name])

    assert first == pack.disclose(pack.text_of(files[name], packed.rows[0]), packed.checkpoint)
    assert b'"type":"hold.placed"' in second
    assert verify_history(held_shop.root / copy(1001, 1)).findings == []


def _rows(data):
    return repr(pack.parse(data).rows).encode()


def test_later_revisions_are_copied_as_long_as_the_hold_lasts(held_shop):
    order(held_shop.log, 1001, events=1)
    assert held_shop.run(MINE)[-1] == copy(1001, 3)
    held_shop.hold(MINE, on=False)
    assert held_shop.run(MINE)[-1] == copy(1001, 3)
    held_shop.hold(MINE)

    assert held_shop.run()[-1] == copy(1001, 4)


def test_a_history_that_is_a_file_of_its_own_is_not_copied(held_shop):
    order(held_shop.log, 1001, events=1)

    assert copy(1001, 3) not in held_shop.run(MINE, chosen=Layout.PER_ORDER)


def test_a_hold_that_came_after_the_newest_run_has_no_copy_yet_and_that_is_no_finding(
    shop, tmp_path
):
    shop.run()
    shop.hold(BESIDE)
    assert check(files_of(shop.root), tmp_path).findings == []

    assert shop.run() == [copy(1002, 1)]
    assert check(files_of(shop.root), tmp_path).findings == []


# N-01: killed after the copies, and again with the same hold released meanwhile.
def test_a_run_that_was_killed_writes_the_same_copies_whatever_was_released_since(shop, tmp_path):
    class Killed(Folder):
        def put_new(self, path, data, retain_until=None):
            if path.startswith("manifests/"):
                raise KeyboardInterrupt
            return super().put_new(path, data, retain_until)

    shop.hold(MINE)
    with pytest.raises(KeyboardInterrupt):
        shop.run(MINE, folder=Killed)
    before = shop.copies()
    shop.hold(MINE, on=False)

    assert shop.run() == before == [copy(1001, 1), copy(1001, 2)]
    assert check(files_of(shop.root), tmp_path).findings == []


def test_one_order_is_verified_with_its_copies_and_without_those_of_others(held_shop):
    held_shop.hold(BESIDE)
    held_shop.run()
    (held_shop.root / copy(1002, 1)).chmod(0o600)
    (held_shop.root / copy(1002, 1)).write_bytes(b"altered")
    [stream] = find_orders(held_shop.root, "1001")

    lines, report = read_order(held_shop.root, stream)

    assert (len(lines), report.findings) == (6, [])
    assert report.checked["held_copies"] == 2


# EVENT_NOT_LOGGED: a forged copy of the order that is looked at, wherever it lies among copies.
@pytest.mark.parametrize(
    "name",
    [copy(1001, 1), copy(1001, 7), copy(1002, 1), "holds/orders/de/aa/1001_20240501_r1.jsonl.gz"],
)
@pytest.mark.parametrize("order_name", ["1001", "de/1001"])
def test_one_order_beside_a_forged_copy_of_it_is_not_intact(held_shop, name, order_name):
    text = gunzip(files_of(held_shop.root)[copy(1001, 1)])
    place = held_shop.root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.chmod(0o600)
    place.write_bytes(gz(text.replace(b'"total":100', b'"total":900')))

    report = verify_archive(held_shop.root, order=order_name)

    assert report.verdict == "altered"
    assert "EVENT_NOT_LOGGED" in codes(report)


# HOLD_NOT_APPLIED: somebody took the copy away and repaired the manifests' names.
def test_a_copy_that_is_missing_is_found(held_shop, tmp_path):
    files = files_of(held_shop.root)
    del files[copy(1001, 1)]

    report = check(files, tmp_path)
    [applied] = about(report, "HOLD_NOT_APPLIED")

    assert codes(report) == {"FILE_MISSING", "HOLD_NOT_APPLIED"}
    assert (applied.object, "revision 1" in applied.detail) == ("order de/1001", True)


# FILE_ALTERED, EVENT_NOT_LOGGED: a copy is held to the log like any history.
def test_a_copy_that_was_changed_is_found(held_shop, tmp_path):
    files = files_of(held_shop.root)
    text = gunzip(files[copy(1001, 1)])
    files[copy(1001, 1)] = gz(text.replace(b'"total":100', b'"total":900'))
    repair_manifests(files)

    assert {"EVENT_NOT_LOGGED", "FILE_ALTERED"} <= codes(check(files, tmp_path))


# FILE_UNEXPECTED: a copy that no manifest names, however sound.
def test_a_copy_that_no_run_made_is_found(held_shop, tmp_path):
    files = files_of(held_shop.root)
    [name] = [n for n in files if n.startswith("packs/") and b"1002" in _rows(files[n])]
    packed = pack.parse(files[name])
    files[copy(1002, 1)] = gz(pack.disclose(pack.text_of(files[name], packed.rows[1]),
                                            packed.checkpoint))  # fmt: skip

    report = check(files, tmp_path)

    assert [(e.code, e.object) for e in report.findings] == [("FILE_UNEXPECTED", copy(1002, 1))]


def test_a_copy_under_another_name_is_found(held_shop, tmp_path):
    files = files_of(held_shop.root)
    files[copy(1001, 9)] = files[copy(1001, 1)]

    assert "EVENT_WRONG_ORDER" in codes(check(files, tmp_path))


def test_the_objects_of_a_packed_order_are_its_packs_and_its_copies(held_shop):
    with Folder(held_shop.root) as store:
        mine = list(held.files_of(store, MINE, held.index_in(store)))
        beside = list(held.files_of(store, BESIDE, held.index_in(store)))

    packs = sorted(n for n in files_of(held_shop.root) if n.startswith("packs/"))
    assert mine == [copy(1001, 1), copy(1001, 2), *packs]
    assert len(packs) == 2
    assert set(beside) < set(packs)


def test_a_pack_stays_held_while_one_of_its_orders_is(held_shop, monkeypatch):
    told = []
    monkeypatch.setattr(Folder, "hold", lambda _, path, *, on: told.append((path, on)))
    with Folder(held_shop.root) as store:
        shared = list(held.files_of(store, BESIDE, held.index_in(store)))

        assert held.put_on(store, [BESIDE], [MINE]) == 1

    assert [path for path, on in told if on] == shared
    off = [path for path, on in told if not on]
    assert off[:2] == held_shop.copies()
    assert len(off) == 3
    assert shared[0] not in off
