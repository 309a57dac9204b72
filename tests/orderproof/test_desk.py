"""Staff's commands on a real store: decided on what is recorded, recorded once, never lost."""

import json
import threading
from uuid import uuid4

import pytest
from eventsourcing.persistence import (
    InfrastructureFactoryError,
    MapperDeserialisationError,
    StoredEvent,
)

from domain.command import ApproveRefund, CloseOrder, RecordOfflineRefund, RejectRefund, Staff
from domain.decision import DESK_SOURCE, RefundApproved, read_decision
from domain.desk import RETRIES, Desk
from domain.errors import (
    CommandRefusedError,
    CommandReusedError,
    ConflictError,
    OrderUnknownError,
)
from domain.event import Fact
from domain.line import first_prev, line_hash
from domain.order import fold_order
from domain.policy import POLICY
from domain.stream import stream_id
from eventstore import log
from eventstore.connection import connect
from eventstore.infrastructure import LogInfrastructure
from eventstore.pool import Pool
from eventstore.recorder import Recorder
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from orderproof.desk import open_desk

STREAM = "order/example/D 1/ü"
CLERK = Staff(id="clerk-1", role="after-sales")


@pytest.fixture
def keys():
    return KeyRing(bytes(32))


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        yield opened


@pytest.fixture
def desk(migrated_database, keys):
    with open_desk(migrated_database, keys) as desk:
        yield desk


@pytest.fixture
def report(connection, keys):
    """Record facts of other systems, at any version."""

    def tell(*facts):
        for type_, id_, data in facts:
            fact = Fact(
                stream=STREAM, type=type_, source="/psp", id=id_,
                occurred_at="2025-03-03T09:00:00Z", data=data,
            )  # fmt: skip
            [outcome] = record(connection, keys, [fact])
            assert outcome.result == "recorded"

    return tell


def captured(amount=10000):
    return "payment.captured", "cap", {"payment_id": "p", "amount": amount, "currency": "EUR"}


def requested(number, amount=3000):
    refund = {"refund_id": f"r-{number}", "amount": amount, "currency": "EUR"}
    return "refund.requested", f"req-{number}", refund


def approve(number=1, amount=3000, id=None):
    return ApproveRefund(
        id=id or f"approve-{number}", at="2025-03-04T09:00:00Z", staff=CLERK,
        refund_id=f"r-{number}", amount=amount, currency="EUR",
    )  # fmt: skip


def reject(number):
    return RejectRefund(
        id=f"reject-{number}", at="2025-03-04T09:00:00Z", staff=CLERK,
        refund_id=f"r-{number}", reason_code="worn",
    )  # fmt: skip


def pay_offline(payee="Test Buyer", id="offline-1"):
    return RecordOfflineRefund(
        id=id, at="2025-03-05T09:00:00Z", staff=CLERK, refund_id="r-1", amount=3000,
        currency="EUR", method="bank transfer", reference="RF-1", approvers=("ann", "bob"),
        payee=payee,
    )  # fmt: skip


def assert_chained(connection, stream=STREAM):
    """I2 and I3 for one stream: versions 1 to n, each line with the hash of the one before."""
    lines = log.stream_lines(connection, stream)
    prev = first_prev(stream)
    for number, line in enumerate(lines, 1):
        assert (line.version, line.prev) == (number, prev)
        prev = line_hash(line.encode()).hex()
    return lines


def test_a_decision_is_recorded_in_the_order_s_own_stream_with_its_author(desk, report, connection):
    report(captured(), requested(1))

    receipt = desk.carry_out(STREAM, approve())

    *_, line = assert_chained(connection)
    body = json.loads(line.body)
    assert (receipt.type, receipt.version, receipt.position) == ("refund.approved", 3, 3)
    assert (line.position, line.type) == (3, "refund.approved")
    assert body == {
        "actor": {"id": "clerk-1", "kind": "staff", "role": "after-sales"},
        "data": {
            "amount": 3000, "approver": "clerk-1", "currency": "EUR", "refund_id": "r-1",
            "route": "original",
        },
        "id": "approve-1", "occurred_at": "2025-03-04T09:00:00Z", "schema": body["schema"],
        "source": DESK_SOURCE,
    }  # fmt: skip


def test_a_decision_is_read_back_as_the_decision_that_it_was(desk, report, connection):
    report(captured(), requested(1))
    desk.carry_out(STREAM, approve())

    *_, event = log.read_order(connection, None, STREAM)

    assert read_decision(event) == RefundApproved(
        refund_id="r-1", amount=3000, currency="EUR", approver="clerk-1", route="original"
    )


def test_a_command_that_the_rules_refuse_records_nothing(desk, report, connection):
    report(captured(), requested(1))

    with pytest.raises(CommandRefusedError) as caught:
        desk.carry_out(STREAM, approve(amount=3001))

    assert caught.value.code == "amount-above-request"
    assert log.size(connection) == 2


def test_the_same_command_again_gets_the_first_answer(desk, report, connection):
    report(captured(), requested(1))
    first = desk.carry_out(STREAM, approve())

    again = desk.carry_out(STREAM, approve())

    assert not first.repeated
    assert again.repeated
    assert (again.version, again.position) == (first.version, first.position)
    assert log.size(connection) == 3


def test_an_id_serves_one_command(desk, report, connection, keys):
    report(captured(), requested(1), requested(2))
    desk.carry_out(STREAM, approve(1, id="x"))
    other = Fact(
        stream="order/example/D2", type="order.cancelled", source="/shop", id="1",
        occurred_at="2025-03-03T09:00:00Z", data={},
    )  # fmt: skip
    record(connection, keys, [other])
    close = CloseOrder(id="x", at="2025-03-04T09:00:00Z", staff=CLERK, outcome="cancelled")

    with pytest.raises(CommandReusedError):
        desk.carry_out(STREAM, approve(2, id="x"))
    with pytest.raises(CommandReusedError):
        desk.carry_out(STREAM, approve(1, amount=2999, id="x"))
    with pytest.raises(CommandReusedError):
        desk.carry_out("order/example/D2", close)

    assert log.size(connection) == 5


def test_an_order_of_which_nothing_is_recorded_has_no_desk(desk):
    with pytest.raises(OrderUnknownError):
        desk.carry_out(STREAM, approve())


class Interrupted(Desk):
    """A desk at which something is reported between each decision and its recording."""

    def save(self, *objects, **more):
        self.interrupt()
        return super().save(*objects, **more)


@pytest.fixture
def interrupted(migrated_database, keys):
    with Interrupted(LogInfrastructure(Pool(migrated_database), keys), POLICY) as desk:
        yield desk


def test_a_fact_that_comes_between_is_decided_on_anew(interrupted, report, connection):
    report(captured(), requested(1))
    dispute = ("dispute.opened", "d", {"dispute_id": "d", "payment_id": "p"})
    interrupted.interrupt = lambda: report(dispute)

    with pytest.raises(CommandRefusedError) as caught:
        interrupted.carry_out(STREAM, approve())

    assert caught.value.code == "dispute-open"
    assert [line.type for line in assert_chained(connection)][-1] == "dispute.opened"


def test_an_order_that_always_changes_first_is_a_conflict_in_the_end(
    interrupted, report, connection
):
    report(captured(), requested(1))
    tries = []

    def interrupt():
        tries.append(len(tries))
        report(("tracking.scan_received", f"scan-{len(tries)}", {"shipment_id": "s"}))

    interrupted.interrupt = interrupt
    with pytest.raises(ConflictError):
        interrupted.carry_out(STREAM, approve())

    assert len(tries) == 1 + RETRIES
    assert "refund.approved" not in [line.type for line in assert_chained(connection)]


# O-05: this test, the next one and the two before: decided on anew, and in the end told.
def test_of_eight_writers_on_one_order_none_overwrites_another_and_none_overspends(
    migrated_database, report, connection
):
    report(captured(), *[requested(number) for number in range(8)])
    start = threading.Barrier(8)
    answers = {}

    def work(number):
        with open_desk(migrated_database, KeyRing(bytes(32))) as desk:
            start.wait()
            try:
                answers[number] = desk.carry_out(STREAM, approve(number))
            except (CommandRefusedError, ConflictError) as error:
                answers[number] = error

    in_threads(work)

    lines = assert_chained(connection)
    approved = [json.loads(line.body)["id"] for line in lines if line.type == "refund.approved"]
    acknowledged = [answer for answer in answers.values() if not isinstance(answer, Exception)]
    assert len(answers) == 8
    # 3 × 30.00 of the 100.00 that were captured; the others see that too little is left.
    assert len(approved) == len(acknowledged) == 3
    assert {answer.version for answer in acknowledged} == {10, 11, 12}
    refused = [answer for answer in answers.values() if isinstance(answer, CommandRefusedError)]
    assert {error.code for error in refused} == {"amount-above-capture"}
    assert len(refused) == 5


def test_eight_writers_with_a_decision_each_all_get_it_recorded_if_they_try_again(
    migrated_database, report, connection
):
    report(captured(), *[requested(number) for number in range(8)])
    start = threading.Barrier(8)

    def work(number):
        with open_desk(migrated_database, KeyRing(bytes(32))) as desk:
            start.wait()
            for _ in range(8):
                try:
                    desk.carry_out(STREAM, reject(number))
                except ConflictError:
                    continue
                return

    in_threads(work)

    lines = assert_chained(connection)
    rejected = [json.loads(line.body)["id"] for line in lines if line.type == "refund.rejected"]
    assert sorted(rejected) == [f"reject-{number}" for number in range(8)]


def in_threads(work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


FAILED = ("refund.failed", "failed", {"refund_id": "r-1"})


def erase(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM destroy_keys(ARRAY[%s]::uuid[], '{contact,tax,fraud}')",
            (str(stream_id(STREAM)),),
        )
        return cursor.fetchone()[0]


def test_what_a_command_says_of_a_person_is_sealed_and_opens_with_the_key(
    desk, report, connection, keys
):
    report(captured(), requested(1), FAILED)

    desk.carry_out(STREAM, pay_offline())

    *_, line = log.stream_lines(connection, STREAM)
    [*_, closed] = log.read_order(connection, None, STREAM)
    [*_, opened] = log.read_order(connection, keys, STREAM)
    assert b"Test Buyer" not in line.body
    assert "payee" not in closed.data
    assert opened.data["payee"] == "Test Buyer"
    assert fold_order([closed]).refunds == fold_order([opened]).refunds


def test_a_repeat_with_another_sealed_value_is_another_command(desk, report):
    report(captured(), requested(1), FAILED)
    desk.carry_out(STREAM, pay_offline())

    assert desk.carry_out(STREAM, pay_offline()).repeated
    with pytest.raises(CommandReusedError):
        desk.carry_out(STREAM, pay_offline(payee="Other Buyer"))


def test_after_an_erasure_the_same_command_is_still_a_repeat(desk, report, connection):
    report(captured(), requested(1), FAILED)
    desk.carry_out(STREAM, pay_offline())

    assert erase(connection) == 1

    assert desk.carry_out(STREAM, pay_offline()).repeated


def test_a_decision_that_an_erasure_overtakes_is_sealed_with_a_new_key(
    interrupted, report, connection, keys
):
    placed = ("order.placed", "placed", {"buyer": {"name": "Test Buyer"}, "currency": "EUR"})
    report(captured(), requested(1), FAILED, placed)
    # Its events are sealed as they are saved, so the erasure comes as they are inserted.
    insert = interrupted.recorder.insert_events
    erased = []

    def erase_once(events, **more):
        if not erased:
            erased.append(erase(connection))
        return insert(events, **more)

    interrupted.interrupt = lambda: None
    interrupted.recorder.insert_events = erase_once
    receipt = interrupted.carry_out(STREAM, pay_offline())

    [event] = log.read_events(connection, keys, log.stream_lines(connection, STREAM, 5))
    assert len(erased) == 1
    assert erased[0] > 0
    assert receipt.version == 5
    assert event.data["payee"] == "Test Buyer"


def test_an_event_that_cannot_be_read_is_named_by_its_position(desk, migrated_database):
    plain = StoredEvent(uuid4(), 1, "thing.happened", b"no body")
    pool = Pool(migrated_database)
    Recorder(pool, plain_events=True).insert_events([plain])
    pool.close()
    [stored] = desk.recorder.select_notifications(None, 1)

    with pytest.raises(MapperDeserialisationError, match="position 1"):
        desk.mapper.to_domain_event(stored)
    with pytest.raises(MapperDeserialisationError, match="not read from our log"):
        desk.mapper.to_domain_event(plain)


def test_the_desk_reads_nothing_from_the_environment(migrated_database, keys, monkeypatch):
    monkeypatch.setenv("IS_SNAPSHOTTING_ENABLED", "y")
    monkeypatch.setenv("PERSISTENCE_MODULE", "eventsourcing.popo")

    with open_desk(migrated_database, keys) as desk:
        assert desk.snapshots is None
        assert isinstance(desk.factory, LogInfrastructure)


def test_there_are_no_recorders_beside_the_log(desk):
    with pytest.raises(InfrastructureFactoryError):
        desk.factory.aggregate_recorder()
    with pytest.raises(InfrastructureFactoryError):
        desk.factory.process_recorder()
