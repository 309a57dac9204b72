"""The log as the archiver reads it."""

import msgspec
import pytest

from archive.sealing import seal_streams
from domain.line import line_hash
from domain.stream import stream_id
from eventstore import log
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect, transaction
from eventstore.recording import record
from tests.faults.facts import fact


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        record(opened, None, [fact(f"{order}-{n}", order) for n in range(9) for order in (1, 2, 3)])
        yield opened


def test_ranges_of_streams_are_those_that_each_stream_gives_alone(connection):
    wanted = [("order/de/3", 2, 5), ("order/de/1", 1, 9), ("order/de/3", 9, 9)]

    found = ArchiveLog(connection).ranges(wanted)

    assert found == [log.stream_lines(connection, *each) for each in wanted]
    assert [len(lines) for lines in found] == [4, 9, 1]


def test_a_range_without_lines_has_its_place(connection):
    wanted = [("order/de/none", 1, 3), ("order/de/2", 3, 3), ("order/de/2", 20, 30)]

    found = ArchiveLog(connection).ranges(wanted)

    assert [[line.version for line in lines] for lines in found] == [[], [3], []]
    assert ArchiveLog(connection).ranges([]) == []


def test_each_stream_is_looked_up_by_its_index(connection):
    streams = [str(stream_id(f"order/de/{n}")) for n in range(1, 4)] * 200
    with transaction(connection) as cursor:
        cursor.execute("ANALYZE events")
        cursor.execute(f"EXPLAIN {ArchiveLog.RANGES}", (streams, [1] * 600, [9] * 600))
        plan = "\n".join(row for (row,) in cursor.fetchall())

    assert "Hash" not in plan
    assert "Merge" not in plan


def test_lines_come_with_the_hashes_that_are_stored_with_them(connection):
    source = ArchiveLog(connection)

    found = list(source.written(4, 20))

    lines = list(source.lines(4, 20))
    assert [each.line for each in found] == [line.encode() for line in lines]
    assert [each[:4] for each in found] == [
        (line.position, line.stream, line.version, line.prev) for line in lines
    ]
    assert [each.hash for each in found] == [leaf.hash.hex() for leaf in source.leaves(4, 20)]
    assert [each.hash for each in found] == [line_hash(each.line).hex() for each in found]
    assert list(source.written(27, 30)) == []


def test_a_body_that_is_no_text_is_read_and_its_hash_is_another(connection):
    with transaction(connection) as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(r"UPDATE events SET body = '\xff00' WHERE position = 9")
    source = ArchiveLog(connection)

    found = list(source.written(0, 27))

    [altered] = [each for each in found if line_hash(each.line).hex() != each.hash]
    assert altered.position == 9
    assert altered.line == next(source.lines(8, 9)).encode()
    assert b'"event":\xff\x00,' in altered.line


def test_seals_are_found_by_their_positions_and_nothing_else_is(connection):
    source = ArchiveLog(connection)
    seal_streams(source, ["order/de/1", "order/de/3"], source.now())
    sealed = list(source.seals(0, source.size()))

    found = source.seals_at([1, *(line.position for line in sealed), 99])

    assert len(sealed) == 2
    assert found == sealed


def test_open_orders_are_those_of_the_open_lines_at_any_size(connection):
    source = ArchiveLog(connection)
    seal_streams(source, ["order/de/1"], log.clock(connection))
    record(connection, None, [fact("late", 1), fact("other", 2)])
    seal_streams(source, ["order/de/2", "order/de/3"], log.clock(connection))
    system = msgspec.structs.replace(fact("sys"), stream="system/desk/day")
    record(connection, None, [system])

    for upto in range(source.size() + 1):
        lines = [each for each in source.open_lines(upto, upto) if each.stream.startswith("order/")]
        found = source.open_orders(upto, 9)
        assert found.lines == len(lines)
        assert sorted(found.streams) == sorted({each.stream for each in lines})
        assert found.shops == (["de"] if lines else [])
    assert len(source.open_orders(27, 1).streams) == 2  # one more than asked for
