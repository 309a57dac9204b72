"""O-01, O-02: the same event from many clients at once, and another one under its name."""

import json
import threading
from collections import Counter
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from eventstore import bulk
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, transaction
from eventstore.recording import record, record_by
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check

CLIENTS = 16


def clients(dsn, stack):
    """Return what records for each client: two shared writers, connections, and the bulk path."""
    writers = [stack.enter_context(Writer(dsn, KeyRing(KEY))) for _ in range(2)]

    def alone():
        connection, ring = stack.enter_context(connect(dsn)), KeyRing(KEY)
        return lambda facts: record(connection, ring, facts)

    def in_bulk():
        connection, ring = stack.enter_context(connect(dsn, bulk.ROLE)), KeyRing(KEY)
        appender = BulkAppender(connection)
        return lambda facts: record_by(appender, lambda: transaction(connection), ring, facts)

    return [
        *[writers[n % 2].record for n in range(CLIENTS // 2)],
        *[alone() for _ in range(CLIENTS // 4)],
        *[in_bulk() for _ in range(CLIENTS // 4)],
    ]


def offer(dsn, facts_of):
    """Let all clients record at once; return the outcomes of each with what it offered."""
    got, errors = [], []
    start = threading.Barrier(CLIENTS)

    def work(number, recorder):
        try:
            start.wait(60)
            for each in facts_of(number):
                got.extend((each, outcome) for outcome in recorder([each]))
        except Exception as error:  # noqa: BLE001  # told by the test
            errors.append(error)

    with ExitStack() as stack:
        threads = [
            threading.Thread(target=work, args=pair) for pair in enumerate(clients(dsn, stack))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert not errors
    return got


def test_one_event_a_thousand_times_from_sixteen_clients_is_one_event(migrated_database):
    # O-01
    left = count()

    def repeats(_):
        while next(left) < 1_000:
            yield fact("webhook", personal=True)

    got = offer(migrated_database, repeats)

    assert Counter(outcome.result for _, outcome in got) == {"recorded": 1, "duplicate": 999}
    facts, outcomes = zip(*got, strict=True)
    assert check(migrated_database, acknowledged(list(facts), list(outcomes))) == 1


def test_of_two_events_under_one_name_the_first_stays_and_the_other_is_told_both_digests(
    migrated_database,
):
    # O-02
    got = offer(
        migrated_database, lambda client: [fact("webhook", note=f"{client % 2}") for _ in range(5)]
    )

    [stored] = [outcome.digest for _, outcome in got if outcome.result == "recorded"]
    for _, outcome in got:
        if outcome.digest == stored:
            assert outcome.result in ("recorded", "duplicate")
        else:
            assert (outcome.result, outcome.stored_digest) == ("mismatch", stored)
        assert (outcome.position, outcome.version) == (1, 1)
    assert Counter(outcome.result for _, outcome in got) == {
        "recorded": 1, "duplicate": 39, "mismatch": 40,
    }  # fmt: skip
    assert check(migrated_database) == 1


def test_another_event_under_a_known_name_is_in_the_ledger_of_an_import_with_both_digests(
    data, orderproof, tmp_path
):
    # O-02; tests/orderproof/test_record.py has the same for single events.
    event = {
        "specversion": "1.0", "id": "a", "source": "/shop", "type": "order.closed",
        "subject": "de/1", "time": "2025-03-03T09:00:00Z", "data": {"outcome": "done"},
    }  # fmt: skip
    file = tmp_path / "events.jsonl"
    changed = {**event, "data": {"outcome": "changed"}}
    file.write_text("".join(json.dumps(each) + "\n" for each in (event, changed, event)))

    done = orderproof("import", file, "--data", data, "--json")

    assert done.code == 7
    assert [done.json[name] for name in ("recorded", "duplicates", "rejected")] == [1, 1, 1]
    [row] = map(json.loads, Path(done.json["rejects_file"]).read_text().splitlines())
    assert (row["code"], row["id"]) == ("idempotency-mismatch", "a")
    assert row["recorded_position"] == 1
    assert len(row["digest"]) == len(row["recorded_digest"]) == 64
    assert row["digest"] != row["recorded_digest"]
