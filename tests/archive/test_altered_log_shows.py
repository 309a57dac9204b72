"""A-30: somebody with all rights in the database alters the log that is archived."""

import pytest

from archive.errors import CannotContinueError
from archive.verify import verify_archive
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog

FIRST, SECOND = "order/de/1", "order/de/2"


def events():
    return [
        (stream, type_, data)
        for stream, total in ((FIRST, 100), (SECOND, 999))
        for type_, data in (
            ("order.placed", {"total": total}),
            ("refund.approved", {"amount": total}),
            ("refund.settled", {"amount": total}),
        )
    ]


def log_of(changed):
    """Record events anew: what a database shows after its rows and their chain were rewritten."""
    log = MemoryLog()
    for stream, type_, data in changed:
        log.record(stream, type_, **data)
    return log


def an_edited_row(each):
    each[1] = (FIRST, "refund.approved", {"amount": 1})


def the_newest_rows_gone(each):
    del each[3:]


def a_rewound_chain(each):
    del each[2:]
    each.append((FIRST, "message.sent", {"text": "other"}))


def two_orders_swapped(each):
    swap = {FIRST: SECOND, SECOND: FIRST}
    each[:] = [(swap[stream], type_, data) for stream, type_, data in each]


ALTERATIONS = [an_edited_row, the_newest_rows_gone, a_rewound_chain, two_orders_swapped]


@pytest.fixture
def kept(tmp_path):
    """The newest checkpoint of an archive of the log as it was, which an auditor kept."""
    log, root = log_of(events()), tmp_path / "before"
    run(log, root, [FIRST])
    order(log, 3)
    run(log, root, [SECOND])
    assert verify_archive(root).verdict == "intact"
    return root / "log" / "checkpoint"


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_a_new_archive_of_an_altered_log_contradicts_a_kept_checkpoint(
    alter, kept, tmp_path
):
    changed = events()
    alter(changed)
    root = tmp_path / "after"
    run(log_of(changed), root, [])

    alone = verify_archive(root)
    against = verify_archive(root, checkpoint=kept)

    assert alone.verdict == "intact", "the forger signed it"
    assert against.verdict in ("altered", "incomplete")
    assert {each.code for each in against.findings} <= {"LOG_FORKED", "LOG_ROLLED_BACK"}


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_an_altered_log_that_grew_again_is_a_fork(alter, kept, tmp_path):
    changed = events()
    alter(changed)
    log, root = log_of(changed), tmp_path / "after"
    for number in range(20):
        order(log, 100 + number)
    run(log, root, [FIRST])

    report = verify_archive(root, checkpoint=kept)

    assert report.verdict == "altered"
    assert {each.code for each in report.findings} == {"LOG_FORKED"}


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_the_archive_of_before_refuses_to_go_on_with_an_altered_log(alter, kept, tmp_path):
    changed = events()
    alter(changed)
    log = log_of(changed)
    for number in range(20):
        order(log, 100 + number)
    before = {p: p.read_bytes() for p in kept.parent.rglob("*") if p.is_file()}

    with pytest.raises(CannotContinueError):
        run(log, tmp_path / "before", [FIRST])

    assert {p: p.read_bytes() for p in kept.parent.rglob("*") if p.is_file()} == before
    assert verify_archive(tmp_path / "before", checkpoint=kept).verdict == "intact"
