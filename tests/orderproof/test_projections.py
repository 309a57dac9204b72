"""The verbs of projections, and the worker as a real process: C-05, C-15, its lease."""

import json
import random
import signal
import time

import psycopg2
import pytest

from eventstore.connection import connect
from orderproof import installation, projecting
from orderproof.bootstrap import all_projections, open_store
from projections import fold, runner
from projections.difference import diff
from tests.orderproof.worker_process import until

MODELS = {projection.name for projection in all_projections(bytes(32))}


def events(first, last):
    for n in range(first, last):
        for step, (type_, data) in enumerate(
            [
                ("order.placed", {"total": 100 + n, "currency": "EUR",
                                  "buyer": {"email": f"buyer-{n}@example.org"}}),
                ("payment.captured", {"payment_id": f"p{n}", "amount": 100 + n, "currency": "EUR"}),
                ("order.closed", {"outcome": "delivered"}),
            ]
        ):  # fmt: skip
            yield {
                "specversion": "1.0", "id": f"e{n}-{step}", "source": "/test", "type": type_,
                "subject": f"de/{n}", "time": "2025-03-03T09:00:00Z", "data": data,
            }  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def write(first, last):
        file = tmp_path / f"events-{first}.jsonl"
        file.write_text("".join(json.dumps(event) + "\n" for event in events(first, last)))
        return file

    return write


@pytest.fixture
def filled(data, orderproof, write):
    assert orderproof("import", write(0, 4), "--data", data).code == 0
    assert orderproof("rebuild", "--data", data).code == 0
    return data


@pytest.fixture
def query(migrated_database):
    def query(statement):
        with connect(migrated_database) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return query


@pytest.fixture
def poisoned(filled, orderproof, query, monkeypatch):
    """Order 2 has an event of a version that only a newer program knows."""
    monkeypatch.setattr(fold, "BACK_OFF", 0.001)
    query(
        "UPDATE events SET body = convert_to("
        "replace(convert_from(body, 'UTF8'), '\"schema\":', '\"schema\":9'), 'UTF8')"
        " WHERE stream = 'order/de/2' AND version = 2"
    )
    done = orderproof("rebuild", "--data", filled, "--json")
    assert done.code == 7
    return filled


def test_status_shows_where_each_read_model_stands(filled, orderproof, query):
    done = orderproof("projection", "status", "--data", filled, "--json")

    assert done.code == 0
    models = {model["projection"]: model for model in done.json["projections"]}
    assert set(models) == MODELS
    for model in models.values():
        assert (model["position"], model["lag"], model["set_aside"]) == (12, 0, [])
        assert model["version"] == model["code_version"]
        assert 0 <= model["seconds_since_progress"] < 60
        assert 0 <= model["heartbeat_age"] < 60


def test_status_moves_nothing_and_shows_the_lag(filled, orderproof, query):
    query("UPDATE projections SET position = 5 WHERE name = 'order_lookup'")

    for _ in range(2):
        done = orderproof("projection", "status", "--data", filled, "--json")
        lags = {model["projection"]: model["lag"] for model in done.json["projections"]}
        assert lags.pop("order_lookup") == 7
        assert set(lags.values()) == {0}
    assert "7 behind" in orderproof("projection", "status", "--data", filled).out


def test_status_of_an_empty_store_has_nothing_yet(data, orderproof):
    done = orderproof("projection", "status", "--data", data, "--json")

    assert done.code == 0
    assert {model["version"] for model in done.json["projections"]} == {0}
    assert "never" in orderproof("projection", "status", "--data", data).out


def test_status_raises_an_alarm_where_somebody_holds_the_writers_lock(
    filled, orderproof, migrated_database, monkeypatch
):
    # O-07
    monkeypatch.setattr(projecting, "_LOCK_ALARM", 0.0)
    with connect(migrated_database) as forgetful:
        with forgetful.cursor() as cursor:
            cursor.execute("SELECT position FROM log_head FOR UPDATE")
        pid = forgetful.info.backend_pid
        held = orderproof("projection", "status", "--data", filled, "--json")
        told = orderproof("projection", "status", "--data", filled)
        forgetful.rollback()
    free = orderproof("projection", "status", "--data", filled, "--json")

    assert (held.code, told.code) == (0, 0)
    assert held.json["alarms"] == ["log-lock-held"]
    assert (held.json["log_lock"]["pid"], held.json["log_lock"]["idle"]) == (pid, True)
    assert held.json["longest_transaction_seconds"] > 0
    assert f"pg_terminate_backend({pid})" in told.err
    assert (free.json["alarms"], free.json["log_lock"]) == ([], None)


def test_a_rebuild_that_leaves_orders_out_names_them_and_is_partly_done(poisoned, orderproof):
    done = orderproof("rebuild", "--data", poisoned)

    assert done.code == 7
    assert done.err.count("order de/2: the event at position 8") == len(MODELS)
    assert "NewerSchemaError" in done.err
    assert "Traceback" not in done.err
    status = orderproof("projection", "status", "--data", poisoned, "--json")
    assert status.code == 7
    [aside] = status.json["projections"][0]["set_aside"]
    assert (aside["order"], aside["error"], aside["attempts"]) == ("de/2", "NewerSchemaError", 6)


def test_an_order_with_an_event_of_a_newer_version_is_shown_raw(poisoned, orderproof):
    # E-02
    done = orderproof("order", "de/2", "--data", poisoned, "--json")

    assert done.code == 0
    assert [event["type"] for event in done.json["events"]] == [
        "order.placed", "payment.captured", "order.closed",
    ]  # fmt: skip


def test_skip_and_retry_as_an_operator_does_it(poisoned, orderproof, query):
    # E-03
    aside = orderproof("projection", "status", "--data", poisoned, "--json").json["projections"]
    position = aside[0]["set_aside"][0]["position"]
    assert orderproof("projection", "retry", "--data", poisoned).code == 7

    done = orderproof(
        "projection", "skip", "order_summary", position, "--reason", "newer program gone",
        "--by", "op-1", "--data", poisoned, "--json",
    )  # fmt: skip

    assert (done.code, done.json["set_aside"]) == (0, [])
    [(recorded,)] = query(
        "SELECT convert_from(body, 'UTF8') FROM events WHERE type = 'projection.event_skipped'"
    )
    assert "newer program gone" in recorded
    left = orderproof("projection", "status", "--data", poisoned, "--json").json["projections"]
    assert [len(model["set_aside"]) for model in left] == [0] + [1] * (len(MODELS) - 1)
    assert orderproof("projection", "diff", "--data", poisoned).code == 0


def test_only_what_holds_a_projection_up_can_be_skipped(poisoned, orderproof):
    done = orderproof(
        "projection", "skip", "order_summary", 1, "--reason", "x", "--by", "y", "--data", poisoned
    )

    assert done.code == 8


def test_a_retry_of_an_order_that_is_not_set_aside_finds_nothing(poisoned, orderproof):
    assert orderproof("projection", "retry", "--order", "de/1", "--data", poisoned).code == 6


def test_a_retry_takes_orders_back_once_they_can_be_read(poisoned, orderproof, query):
    query(
        "UPDATE events SET body = convert_to("
        "replace(convert_from(body, 'UTF8'), '\"schema\":9', '\"schema\":'), 'UTF8')"
        " WHERE stream = 'order/de/2' AND version = 2"
    )

    done = orderproof("projection", "retry", "--order", "de/2", "--data", poisoned, "--json")

    assert done.code == 0
    assert done.json["tried"] == done.json["healed"] == len(MODELS)
    assert orderproof("projection", "status", "--data", poisoned).code == 0


def test_a_diff_names_what_differs_and_a_rebuild_heals_it(filled, orderproof, query):
    query("UPDATE views.order_summary SET total = 1 WHERE number = '3'")

    done = orderproof("projection", "diff", "--data", filled, "--json")

    assert (done.code, done.json["equal"]) == (3, False)
    [summary] = [p for p in done.json["projections"] if p["projection"] == "order_summary"]
    assert (summary["different"], summary["orders"]) == (1, ["de/3"])
    rebuilt = orderproof("rebuild", "order_summary", "--data", filled, "--json")
    assert (rebuilt.code, rebuilt.json["projections"][0]["corrected"]) == (0, 1)
    assert "rows that had been wrong: 0" in orderproof("rebuild", "--data", filled).out
    assert orderproof("projection", "diff", "--data", filled).code == 0


def test_an_altered_event_is_reported_by_status_too(filled, orderproof, query):
    query("UPDATE events SET body = 'garbage' WHERE stream = 'order/de/1'")

    assert orderproof("rebuild", "--data", filled).code == 3
    done = orderproof("projection", "status", "--data", filled)

    assert done.code == 3
    assert "is not what was recorded" in done.err
    skip = ["projection", "skip", "order_summary", 1, "--reason", "x", "--by", "y"]
    assert orderproof(*skip, "--data", filled).code == 8


def test_an_order_is_found_by_e_mail_and_by_phone(filled, orderproof):
    done = orderproof("order", "BUYER-3@example.org", "--data", filled, "--json")

    assert (done.code, done.json["order"]) == (0, "3")
    assert orderproof("claim", "buyer-3@example.org", "--data", filled, "--json").code == 0
    assert orderproof("order", "nobody@example.org", "--data", filled).code == 6


@pytest.mark.parametrize(
    "arguments",
    [
        ["projection", "diff", "no-such"],
        ["projection", "skip", "order_lookup", "1", "--reason", " ", "--by", "x"],
        ["worker", "nothing"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(filled, orderproof, arguments):
    assert orderproof(*arguments, "--data", filled).code == 2


def reached(query):
    return query("SELECT coalesce(min(position), 0) FROM projections")[0][0]


def ready(query):
    return until(
        lambda: query("SELECT count(*) FROM projections WHERE version > 0") == [(len(MODELS),)]
    )


def record(data, facts):
    """Record without catching up, as another process of ours would."""
    from eventstore.recording import record as append

    with open_store(installation.find(data)) as store:
        append(store.connection, store.ring, facts)


def facts(first, last):
    from domain.event import Fact

    for event in events(first, last):
        yield Fact(
            stream=f"order/{event['subject']}", type=event["type"], source=event["source"],
            id=event["id"], occurred_at=event["time"], data=event["data"],
        )  # fmt: skip


def test_a_worker_follows_the_log_and_drains_on_sigterm(data, worker, query):
    one = worker()
    assert one.says(f"feeding {len(MODELS)} projections"), one.said

    record(data, list(facts(0, 50)))

    assert until(lambda: reached(query) == 150)
    [(beat,)] = query("SELECT min(heartbeat_at) FROM projections")
    started = time.monotonic()
    assert one.end() == 0
    assert time.monotonic() - started < 10
    assert beat is not None


def test_the_heartbeat_moves_while_nothing_else_does(data, worker, query, monkeypatch):
    one = worker()
    assert ready(query)
    [(first, moved)] = query("SELECT heartbeat_at, advanced_at FROM projections LIMIT 1")

    assert until(
        lambda: query("SELECT min(heartbeat_at) FROM projections")[0][0] > first, seconds=15
    )

    assert query("SELECT advanced_at FROM projections LIMIT 1") == [(moved,)]
    assert one.end() == 0


def test_a_second_worker_waits_for_the_first_and_takes_over(data, worker, query):
    one = worker()
    assert one.says("feeding")
    two = worker()
    assert two.says("another worker feeds the projections")

    one.end(signal.SIGKILL)

    assert two.says("feeding")
    record(data, list(facts(0, 3)))
    assert until(lambda: reached(query) == 9)
    assert two.end() == 0


def test_a_worker_whose_connections_are_cut_goes_on_by_itself(data, worker, query):
    one = worker()
    assert one.says("feeding")

    query(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    assert one.says("the database cannot be reached or went away")
    record(data, list(facts(0, 3)))
    assert until(lambda: reached(query) == 9)
    assert one.end() == 0


def test_a_worker_that_waits_for_a_lock_still_ends_on_sigterm(
    data, worker, migrated_database, query
):
    one = worker()
    assert ready(query)
    holder = psycopg2.connect(migrated_database)
    holder.cursor().execute("LOCK TABLE views.order_lookup IN EXCLUSIVE MODE")
    record(data, list(facts(0, 3)))
    time.sleep(2)

    started = time.monotonic()
    code = one.end()

    holder.rollback()
    holder.close()
    assert code == 0
    assert time.monotonic() - started < 12


def kills(data, worker, query, rounds, orders, seconds=300.0):
    """Kill workers at random moments of their work; return how many were in the middle of it."""
    deadline = time.monotonic() + seconds
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    middle = 0
    for n in range(rounds):
        if n and time.monotonic() > deadline:
            break
        record(data, list(facts(n * orders, (n + 1) * orders)))
        one = worker()
        target = reached(query) + draw.randrange(3 * orders)
        until(lambda target=target: reached(query) >= target)
        one.end(signal.SIGKILL)
        middle += reached(query) < 3 * orders * (n + 1)
    return middle


def check(data):
    with open_store(installation.find(data)) as store:
        runner.catch_up(store.views, store.log, store.projections)
        return diff(store.views, store.log, store.projections)


def test_a_worker_killed_in_a_batch_counts_nothing_twice_and_nothing_less(data, worker, query):
    # C-05
    kills(data, worker, query, rounds=3, orders=1_500)

    assert all(each.is_equal for each in check(data))


@pytest.mark.faults
def test_many_workers_killed_in_a_batch_count_nothing_twice_and_nothing_less(
    data, worker, query, fault_seconds
):
    # C-05
    assert kills(data, worker, query, rounds=30, orders=2_000, seconds=fault_seconds) > 0

    assert all(each.is_equal for each in check(data))
