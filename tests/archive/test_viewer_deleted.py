"""The viewer under Node: what was deleted after its retention is told from what is lost."""

import pytest

from archive.layout import Layout
from tests.archive.archive_scene import files, order, run
from tests.archive.memory_log import MemoryLog
from tests.archive.retention_scene import NOON_2024, NOON_2030, deleted
from tests.archive.viewer_archive import add_viewer
from tests.archive.viewer_scene import encoded, node

GONE = {"until": "2028-03-31", "listed": "2030-05-01"}


@pytest.fixture
def told(tool):
    """What the viewer finds of each stream whose files are not in an archive."""
    program = tool("node")

    def told(root, streams, change=None):
        held = {name: encoded(data) for name, data in (change or dict)(files(root)).items()}
        calls = [("deleted", {"archive": held, "stream": stream}) for stream in streams]
        return [one.get("is", "refused") for one in node(program, calls)]

    return told


@pytest.fixture(params=list(Layout))
def shop(request, tmp_path):
    """An archive: orders 1 and 2 were deleted after retention, 3 was not."""
    log = MemoryLog(NOON_2024)
    streams = [order(log, number) for number in "12"]
    run(log, tmp_path / "archive", streams, chosen=request.param)
    streams.append(order(log, "3"))
    run(log, tmp_path / "archive", streams[2:], chosen=request.param)
    log.clock = NOON_2030
    deleted(log, tmp_path / "archive", streams[:2])
    add_viewer(tmp_path / "archive")
    return tmp_path / "archive", streams


def test_what_was_deleted_in_time_is_told_with_its_days(told, shop):
    root, streams = shop

    assert told(root, streams[:2]) == [GONE, GONE]


def test_what_nobody_listed_is_lost(told, shop):
    root, streams = shop
    for place in [*root.glob("orders/de/*/3_*"), *root.glob("packs/*/*")]:
        place.unlink()

    assert told(root, streams[2:]) == [None]


@pytest.mark.parametrize("part", ["retired/", "system/policy", "log/tile/0/"])
def test_a_deletion_whose_proof_is_not_there_is_not_told(told, shop, part):
    root, streams = shop

    def without(held):
        return {name: data for name, data in held.items() if not name.startswith(part)}

    assert told(root, streams[:1], without)[0] in (None, "refused")


@pytest.mark.parametrize("part", ["retired/", "system/policy", "log/tile/0/"])
def test_a_deletion_whose_proof_was_changed_is_not_told(told, shop, part):
    root, streams = shop

    def changed(held):
        for name in [name for name in held if name.startswith(part)]:
            data = bytearray(held[name])
            data[len(data) // 2] ^= 1
            held[name] = bytes(data)
        return held

    assert told(root, streams[:1], changed)[0] in (None, "refused")


@pytest.mark.parametrize(("clock", "found"), [("2028-03-31", None), ("2028-04-01", "2028-04-01")])
def test_a_deletion_counts_from_the_day_after_the_last(told, tmp_path, clock, found):
    log = MemoryLog(NOON_2024)
    stream = order(log, "1")
    run(log, tmp_path, [stream])
    log.clock = f"{clock}T12:00:00.000000Z"
    deleted(log, tmp_path, [stream])
    add_viewer(tmp_path)

    (said,) = told(tmp_path, [stream])

    assert said == (found and {"until": "2028-03-31", "listed": found})


def test_what_was_recorded_after_a_deletion_is_not_part_of_it(told, tmp_path):
    log = MemoryLog(NOON_2024)
    stream = order(log, "1")
    run(log, tmp_path, [stream])
    log.clock = NOON_2030
    deleted(log, tmp_path, [stream])
    log.record(stream)
    run(log, tmp_path, [stream])
    add_viewer(tmp_path)
    assert told(tmp_path, [stream]) == [GONE]

    for later in tmp_path.glob("orders/de/*/1_*_r2.*"):
        later.unlink()

    assert told(tmp_path, [stream]) == [None], "a later revision is lost"
