"""Erasing in the store: all of it or nothing, for good, and nobody else's."""

import threading
import time
from contextlib import ExitStack

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from domain import catalogue
from domain.erasure import erased_purposes, erasures
from domain.event import Fact
from domain.line import first_prev, line_hash
from domain.stream import KEYS_STREAM
from eventstore import erasing, log
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, transaction
from eventstore.erasing import Decision, erase, key_states
from eventstore.errors import HeldError, KeyMissingError
from eventstore.recording import record, record_by
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer

KEY = bytes(32)
DECISION = Decision("ticket 77", "staff-1", "staff-2", ("contact",))
STREAMS = ["order/de/1", "order/de/2"]


def note(id, stream=STREAMS[0], text="canary", **more):
    return Fact(
        stream=stream, type="message.received", source="/shop", id=id,
        occurred_at="2025-03-03T09:00:00Z", data={"message_id": id, "body": text, **more},
    )  # fmt: skip


def placed(id, stream):
    data = {"buyer": {"name": "Test Buyer"}, "bill_to": {"name": "Test Buyer"}, "currency": "EUR"}
    return Fact(
        stream=stream, type="order.placed", source="/shop", id=id,
        occurred_at="2025-03-03T09:00:00Z", data=data,
    )  # fmt: skip


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def connection(migrated_database, stack):
    return stack.enter_context(connect(migrated_database))


@pytest.fixture
def eraser(migrated_database, stack):
    return stack.enter_context(connect(migrated_database, erasing.ROLE))


@pytest.fixture
def ring():
    return KeyRing(KEY)


@pytest.fixture
def recorded(connection, ring):
    facts = [placed(f"p{n}", stream) for n, stream in enumerate(STREAMS)]
    facts += [note("other", "order/de/9")]
    record(connection, ring, facts)
    return connection


def everything(connection):
    with transaction(connection) as cursor:
        cursor.execute("SELECT * FROM stream_keys ORDER BY 1, 2")
        keys = [(str(row[0]), row[1], bytes(row[2] or b""), row[3]) for row in cursor]
        cursor.execute("SELECT position, key_epoch FROM log_head")
        return keys, cursor.fetchone()


def assert_dense_and_chained(connection):
    """I2 and I3."""
    heads = {}
    lines = list(log.lines(connection, 0, log.size(connection)))
    for position, line in enumerate(lines, 1):
        version, prev = heads.get(line.stream, (0, first_prev(line.stream)))
        assert (line.position, line.version, line.prev) == (position, version + 1, prev)
        heads[line.stream] = line.version, line_hash(line.encode()).hex()
    return heads


def test_the_keys_go_and_each_order_says_so(recorded, eraser, ring):
    erased = erase(eraser, STREAMS, DECISION)

    assert erased.streams == dict.fromkeys(STREAMS, ("contact",))
    for stream in STREAMS:
        first, last = log.read_order(recorded, ring, stream)
        assert first.data["bill_to"] == {"name": "Test Buyer"}
        assert first.data["buyer"] == {}
        assert erased_purposes(first, erasures([last])) == ["contact"]
        assert last.data == {
            "erasure_id": erased.id, "ground": "ticket 77", "requested_by": "staff-1",
            "approved_by": "staff-2", "purposes": ["contact"], "scope": "this order",
            "stays": "tax, fraud",
        }  # fmt: skip
    [whole] = log.read_order(recorded, None, KEYS_STREAM)
    assert (whole.type, whole.data["scope"]) == ("erasure.requested", "2 orders")
    assert key_states(recorded, STREAMS)[STREAMS[0]].there == {"tax"}
    assert log.read_order(recorded, ring, "order/de/9")[0].data["body"] == "canary"
    assert_dense_and_chained(recorded)


def test_erasing_again_is_nothing_and_leaves_no_trace(recorded, eraser):
    erase(eraser, STREAMS, DECISION)
    before = everything(recorded)

    assert erase(eraser, STREAMS, DECISION) is None
    assert everything(recorded) == before


def test_only_what_still_has_a_key_is_said_to_be_erased(recorded, eraser):
    erase(eraser, STREAMS[:1], DECISION)

    assert erase(eraser, STREAMS, DECISION).streams == {STREAMS[1]: ("contact",)}
    assert len(erasures(log.read_order(recorded, None, STREAMS[0]))) == 1


class _Fails(Cursor):
    """Fails at its n-th statement, as a server does that goes away."""

    left = 0

    def execute(self, *arguments):
        type(self).left -= 1
        if self.left == 0:
            raise psycopg2.OperationalError("cut off")
        return super().execute(*arguments)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_what_fails_half_way_was_never_begun(recorded, eraser, nth):
    # C-14
    before = everything(recorded)
    eraser.cursor_factory = _Fails
    _Fails.left = nth

    with pytest.raises(psycopg2.OperationalError):
        erase(eraser, STREAMS, DECISION)

    assert everything(recorded) == before
    _Fails.left = 0
    assert erase(eraser, STREAMS, DECISION) is not None


def test_an_event_that_cannot_be_appended_keeps_the_keys(recorded, eraser, monkeypatch):
    before = everything(recorded)
    monkeypatch.setattr(erasing, "uuid4", lambda: type("Same", (), {"hex": "x"}))
    record(recorded, None, [
        Fact(stream="order/de/3", type="order.closed", source=catalogue.OUR_SOURCE,
             id="erasure/x/1", occurred_at="2025-03-03T09:00:00Z", data={}),
    ])  # fmt: skip

    with pytest.raises(psycopg2.errors.IntegrityConstraintViolation):
        erase(eraser, STREAMS, DECISION)

    assert everything(recorded)[0] == before[0]


def test_a_destroyed_key_leaves_data_sealed_and_a_wrong_one_is_an_error(recorded, eraser):
    wrong = KeyRing(bytes([1]) * 32)
    with pytest.raises(KeyMissingError):
        log.read_order(recorded, wrong, STREAMS[0])

    erase(eraser, STREAMS[:1], Decision("g", "a", "b", ("contact", "tax")))

    assert log.read_order(recorded, wrong, STREAMS[0])[0].sealed
    with pytest.raises(KeyMissingError):
        log.read_order(recorded, wrong, STREAMS[1])


def test_a_lost_key_is_not_taken_for_an_erased_one(recorded, ring):
    with transaction(recorded) as cursor:
        cursor.execute("ALTER TABLE stream_keys DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE stream_keys SET wrapped = (SELECT wrapped FROM stream_keys WHERE purpose ="
            " 'tax' LIMIT 1) WHERE purpose = 'contact'"
        )

    with pytest.raises(KeyMissingError, match="commits"):
        log.read_order(recorded, ring, STREAMS[0])


def test_the_eraser_reads_no_event_and_no_key_and_nobody_else_destroys_one(
    recorded, eraser, migrated_database, stack
):
    for table in ("events", "stream_keys", "streams", "event_ids"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), transaction(eraser) as cursor:
            cursor.execute(f"SELECT * FROM {table}")
    for role in ("writer", "importer", "projector", "auditor"):
        other = stack.enter_context(connect(migrated_database, f"orderproof_{role}"))
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            erase(other, STREAMS, DECISION)


def test_a_writer_with_keys_from_before_seals_again(recorded, eraser, ring):
    assert record(recorded, ring, [note("before")])[0].result == "recorded"
    erase(eraser, STREAMS, DECISION)

    [outcome] = record(recorded, ring, [note("after", text="after")])

    assert outcome.result == "recorded"
    events = {event.id: event for event in log.read_order(recorded, ring, STREAMS[0])}
    assert "body" not in events["before"].data
    assert events["after"].data["body"] == "after"


@pytest.mark.parametrize("way", ["record", "bulk", "writer"])
def test_no_writer_brings_a_destroyed_key_back(way, recorded, eraser, migrated_database, stack):
    opened = [stack.enter_context(connect(migrated_database)) for _ in range(3)]
    failures, stop, written = [], threading.Event(), [0, 0, 0]

    def write(number):
        ring, connection = KeyRing(KEY), opened[number]
        appender = BulkAppender(connection)
        writer = Writer(migrated_database, ring) if way == "writer" else None
        try:
            while not stop.is_set():
                n = written[number]
                facts = [note(f"{number}-{n}-{k}", STREAMS[k % 2], "x" * 50) for k in range(4)]
                if way == "record":
                    outcomes = record(connection, ring, facts)
                elif writer is not None:
                    outcomes = writer.record(facts)
                else:
                    outcomes = record_by(appender, lambda: transaction(connection), ring, facts)
                assert [outcome.result for outcome in outcomes] == ["recorded"] * 4
                written[number] += 1
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            if writer is not None:
                writer.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        target = sum(written) + 1
        erase(eraser, STREAMS, DECISION)
        deadline = time.monotonic() + 20
        while sum(written) < target and not failures and time.monotonic() < deadline:
            stop.wait(0.005)
    stop.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert_dense_and_chained(recorded)
    for stream in STREAMS:
        events = log.read_order(recorded, KeyRing(KEY), stream)
        gone = erasures(events)
        assert len(gone) > 5
        for event in events:
            if event.type == "message.received":
                assert ("body" in event.data) == (event.version > gone[-1][0])


def test_keys_that_are_made_while_others_are_destroyed_count_from_then_on(
    recorded, eraser, ring, migrated_database, stack
):
    """A key that is made before the erasure commits and committed after it holds nothing old."""
    maker = stack.enter_context(connect(migrated_database))
    new = "order/de/5"
    record(recorded, None, [Fact(stream=new, type="order.closed", source="/shop", id="c",
                                 occurred_at="2025-03-03T09:00:00Z", data={})])  # fmt: skip
    with transaction(maker) as cursor:
        epoch, _ = ring.ensure(cursor, [(erasing.stream_id(new), "contact")])
        erase(eraser, [*STREAMS, new], DECISION)  # does not see the key, which is not committed

    [outcome] = record(recorded, ring, [note("n", new)])

    assert outcome.result == "recorded"
    [_, event] = log.read_order(recorded, ring, new)
    assert event.data["body"] == "canary"
    assert everything(recorded)[1][1] == epoch + 1


#
def test_keys_of_a_held_order_are_not_destroyed_by_whoever_asks(recorded, eraser):
    def told(type_, version):
        return Fact(stream=STREAMS[0], type=type_, source="orderproof", id=f"{type_}/a",
                    occurred_at="2025-03-03T09:00:00Z", data={"hold_id": "a"})  # fmt: skip

    before = everything(recorded)
    record(recorded, None, [told("hold.placed", 1)])
    with pytest.raises(HeldError, match="legal hold"):
        erase(eraser, STREAMS, DECISION)
    assert key_states(recorded, STREAMS)[STREAMS[0]].destroyed == frozenset()

    record(recorded, None, [told("hold.released", 2)])

    assert erase(eraser, STREAMS, DECISION).streams.keys() == set(STREAMS)
    assert everything(recorded) != before
