"""One heartbeat a day: it causes a run, and a verification sees where there was none."""

import pytest

from archive.heartbeat import beat
from archive.verify import verify_archive
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


def on(log, day, hour=12):
    log.clock = f"2024-05-{day:02}T{hour:02}:00:00.000000Z"
    return log


def test_a_day_has_one_heartbeat_however_often_it_is_tried(log):
    first = beat(on(log, 1, 1))
    assert beat(on(log, 1, 23)) == first
    assert beat(on(log, 2, 0)) == first + 1


def test_a_heartbeat_alone_causes_a_run_once(log, root):
    beat(log)
    assert run(log, root, []) is not None
    beat(log)
    assert run(log, root, []) is None
    beat(on(log, 2))
    assert run(log, root, []) is not None
    assert verify_archive(root).verdict == "intact"


def test_an_order_that_waits_for_its_run_is_archived_beside_it(log, root):
    stream = order(log, "1")
    beat(log)
    assert run(log, root, [stream]).histories == 2


@pytest.mark.parametrize(
    ("days", "stalled"),
    [([1, 2, 3], 0), ([1, 4], 0), ([1, 5], 1), ([1, 5, 6, 20], 2), ([9, 2, 3], 0)],
    ids=["every day", "a weekend", "longer", "twice", "a clock set back"],
)
def test_a_pause_of_more_than_three_days_is_found(log, root, days, stalled):
    for day in days:
        beat(on(log, day))
        run(log, root, [])

    report = verify_archive(root)

    assert report.total["LOG_STALLED"] == stalled
    assert report.verdict == ("incomplete" if stalled else "intact")


def test_an_archive_without_heartbeats_is_not_called_stalled(log, root):
    run(on(log, 1), root, [order(log, "1")])
    run(on(log, 20), root, [order(log, "2")])

    assert verify_archive(root).verdict == "intact"
