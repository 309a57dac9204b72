"""Somebody controls the database: the archiver signs nothing over what was archived otherwise."""

import hashlib
import json
from itertools import pairwise

import pytest

from archive import limits
from archive.continuity import CannotContinueError
from archive.errors import TooLargeError
from archive.log_source import LogAlteredError
from archive.verify import verify_archive
from tests.archive.archive_scene import files, order, run
from tests.archive.memory_log import MemoryLog


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


def rewrite(log, position, old, new):
    """Rewrite a recorded body, and chain the stream anew up to its head, hashes and all."""
    put(log, position, body=log.rows[position - 1].body.replace(old, new))
    stream = log.streams[log.rows[position - 1].stream]
    for before, after in pairwise(stream):
        if before >= position:
            put(log, after, prev=log.hashes[before - 1].hex())


def put(log, position, **changes):
    line = log.rows[position - 1]
    values = {name: getattr(line, name) for name in line.__struct_fields__} | changes
    log.rows[position - 1] = type(line)(**values)
    log.hashes[position - 1] = hashlib.sha256(log.rows[position - 1].encode()).digest()


def refused(log, root, streams, match):
    before, size = files(root), log.size()
    with pytest.raises(LogAlteredError, match=match):
        run(log, root, streams)
    assert (files(root), log.size()) == (before, size)


def archived(log, root, sealed):
    """Archive one order far below the newest entries, which are compared anyway."""
    stream = order(log, "1001")
    if sealed:
        run(log, root, [stream])
    for number in range(100):
        order(log, f"2{number}")
    run(log, root, [])
    assert log.size() > 256
    return stream


@pytest.mark.parametrize("asked", [True, False])
def test_a_sealed_stream_that_was_rewritten_and_went_on_is_not_signed(log, root, asked):
    stream = archived(log, root, sealed=True)
    rewrite(log, 2, b'"count":0', b'"count":9')
    log.record(stream)

    refused(log, root, [stream] if asked else [], r"position 4 .*'order/de/1001'.* archive's log")

    assert verify_archive(root).verdict == "intact"


def test_a_head_that_was_set_for_a_moment_is_seen_in_the_line_that_followed_it(log, root):
    stream = archived(log, root, sealed=True)
    rows, hashes = list(log.rows), list(log.hashes)
    rewrite(log, 2, b'"count":0', b'"count":9')
    log.record(stream)
    log.rows[: len(rows)], log.hashes[: len(rows)] = rows, hashes

    refused(log, root, [stream], rf"position {log.size()} .* does not follow from the one before")


@pytest.mark.parametrize("asked", [True, False])
def test_an_open_line_that_was_rewritten_is_not_written_out_again(log, root, asked):
    stream = archived(log, root, sealed=False)
    rewrite(log, 2, b'"count":0', b'"count":9')
    log.record(stream)

    refused(log, root, [stream] if asked else [], r"position 2 .*'order/de/1001'.* archive's log")


def test_a_date_that_was_rewritten_in_the_first_revision_does_not_name_the_second(log, root):
    stream = archived(log, root, sealed=True)
    put(log, 1, body=log.rows[0].body.replace(b"2024-05-01T10", b"2023-05-01T10"))
    log.record(stream)

    refused(log, root, [stream], r"position 1 .* archive's log")


def test_a_seal_that_was_hidden_does_not_bring_its_lines_back(log, root):
    stream = archived(log, root, sealed=True)
    put(log, 4, type="message.received")
    log.record(stream)

    refused(log, root, [stream], r"position \d+ .*(open lines are not those|archive's log)")


def test_a_forged_seal_does_not_take_open_lines_away(log, root):
    archived(log, root, sealed=False)
    put(log, 3, type="history.sealed")

    refused(log, root, [], r"position 1 .* open lines are not those of the last run")


def test_damage_in_the_archive_is_not_blamed_on_the_database(log, root):
    stream = archived(log, root, sealed=False)
    tile = root / "log/tile/0/000"
    data = bytearray(tile.read_bytes())
    data[32] ^= 1
    tile.unlink()
    tile.write_bytes(data)

    with pytest.raises(CannotContinueError, match="the archive is altered"):
        run(log, root, [stream])


def test_open_lines_that_are_damaged_in_the_archive_are_named_and_can_be_taken_away(log, root):
    stream = archived(log, root, sealed=False)
    (name,) = root.glob("open/*.gz")
    name.unlink()
    name.write_bytes(b"garbage")

    with pytest.raises(CannotContinueError, match="or take it away"):
        run(log, root, [stream])
    name.unlink()
    run(log, root, [stream])

    assert verify_archive(root).verdict == "intact"


def test_honest_streams_go_on_over_many_runs(log, root, monkeypatch):
    monkeypatch.setattr("archive.checked_log._STREAMS_KEPT", 2)
    streams = [order(log, number) for number in range(40)]
    for step in range(4):
        for stream in streams[:: step + 1]:
            log.record(stream)
            log.record(stream)
        run(log, root, streams[step:20])

    assert verify_archive(root).verdict == "intact"


def test_a_stream_too_long_for_a_history_stays_open_and_is_reported(log, root, monkeypatch):
    monkeypatch.setattr(limits, "HISTORY", (1 << 20) + 10_000)
    long, short = order(log, "1001", events=60), order(log, "1002")

    result = run(log, root, [long, short])

    assert (result.left_open, result.histories) == (1, 1)
    assert verify_archive(root).verdict == "intact"


def test_an_event_longer_than_a_line_may_be_is_refused_before_anything_is_sealed(
    log, root, monkeypatch
):
    monkeypatch.setattr(limits, "LINE", 2_000)
    stream = order(log, "1001")
    log.record(stream, text="x" * 2_000)

    with pytest.raises(TooLargeError, match="position 4 of the log, stream 'order/de/1001'"):
        run(log, root, [stream])

    assert (files(root), log.size()) == ({}, 4)


def test_more_histories_than_a_manifest_can_name_are_stored_in_several_runs(log, root, monkeypatch):
    monkeypatch.setattr(limits, "HISTORIES_IN_A_RUN", 3)
    streams = [order(log, number) for number in range(7)]

    result = run(log, root, streams)

    assert (result.sealed, len(list(root.glob("manifests/*")))) == (9, 3)
    assert verify_archive(root).verdict == "intact"
    assert run(log, root, streams) is None


def test_the_seals_of_a_killed_run_count_for_its_manifest(log, root, monkeypatch):
    monkeypatch.setattr(limits, "HISTORIES_IN_A_RUN", 3)
    streams = [order(log, number) for number in range(8)]
    size = log.size
    log.size = lambda: size() if not any(r.type == "history.sealed" for r in log.rows) else 1 / 0
    with pytest.raises(ZeroDivisionError):
        run(log, root, streams)
    del log.size

    result = run(log, root, streams)

    named = [json.loads(each.read_bytes())["files"] for each in root.glob("manifests/*")]
    orders = [sum(name.startswith("orders/") for name in names) for names in named]
    assert sorted(orders) == [2, 3, 3]
    assert result.histories == 8 + 2
    assert verify_archive(root).verdict == "intact"


def test_the_longest_row_of_a_manifest_is_what_its_limit_was_computed_for():
    name = "orders/" + "x" * 120 + "/ab/" + "x" * 120 + "_20240501_r999999999.jsonl.gz"
    version = "x" * 1024  # no store is known that has longer ones
    row = (
        f'"{name}":{{"retain_until":"2034-03-31","sha256":"{"0" * 64}","size":{limits.HISTORY},'
        f'"version":"{version}"}},'
    )

    assert len(row) * limits.HISTORIES_IN_A_RUN < limits.MANIFEST
