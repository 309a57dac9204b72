"""`gaps`: found by numbers and by silence, recorded where a refund is concerned, and filled."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from eventstore import recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import installation
from orderproof.bootstrap import open_store
from orderproof.gap_record import concerning
from orderproof.gap_search import Gap
from projections.refund_index import UnderWay
from sources.cloudevent import to_fact
from tests.orderproof import how_to

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def at(hours):
    """So many hours ago."""
    return (NOW - timedelta(hours=hours)).isoformat()


def event(name, type, order, hours, source="/shop/de", **data):
    return {
        "specversion": "1.0", "id": name, "source": source, "type": type, "subject": order,
        "time": at(hours), "data": data,
    }  # fmt: skip


def placed(number, hours=None, shop="de"):
    when = 2_000 - number if hours is None else hours
    return event(f"placed-{number}", "order.placed", f"{shop}/A-{number}", when)


def on_its_way(order, psp="testpay", shop="de"):
    return [
        event(f"sent-{order}", "refund.submitted", f"{shop}/{order}", 201, refund_id=f"r-{order}",
              psp=psp, amount=100, currency="EUR"),
        event(f"taken-{order}", "refund.accepted", f"{shop}/{order}", 200, f"/{psp}/{shop}",
              refund_id=f"r-{order}", psp_refund_id=f"re-{order}", psp=psp),
    ]  # fmt: skip


def heard(hours, source="/testpay/de", shop="de"):
    return [
        event(f"heard-{n}", "order.note_added", f"{shop}/notes", n, source, note_id=f"{n}")
        for n in sorted(hours, reverse=True)
    ]


@pytest.fixture
def clock(migrated_database):
    """Set the clock that events are recorded by."""
    with connect(migrated_database) as connection:

        def set_to(moment):
            with connection, connection.cursor() as cursor:
                cursor.execute("UPDATE test_clock SET at = %s", (moment,))

        with connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE test_clock (at timestamptz); INSERT INTO test_clock VALUES (%s);"
                " GRANT SELECT ON test_clock TO PUBLIC;"
                " CREATE OR REPLACE FUNCTION log_clock() RETURNS timestamptz LANGUAGE sql VOLATILE"
                " AS $$ SELECT at FROM public.test_clock $$",
                (at(2_000),),
            )
        yield set_to


@pytest.fixture
def live(clock, data):
    """Record each event when it happens, and then look at the clock."""

    def run(*events):
        with open_store(installation.find(data)) as store, connect(store.dsn, ROLE) as connection:
            for each in events:
                clock(each["time"])
                recording.record(connection, store.ring, [to_fact(each)])
        clock(NOW.isoformat())

    return run


@pytest.fixture
def send(data, orderproof, tmp_path):
    def run(*events):
        path = tmp_path / "events.jsonl"
        path.write_text("".join(json.dumps(each) + "\n" for each in events))
        assert orderproof("import", path, "--data", data).code == 0

    return run


@pytest.fixture
def gaps(data, orderproof):
    def run(*options, code=7):
        done = orderproof("gaps", *options, "--data", data, "--json")
        assert done.code == code, done
        return done.json

    return run


@pytest.fixture
def recorded(data, orderproof):
    def read(order):
        events = orderproof("order", order, "--data", data, "--json").json["events"]
        return [
            (each["type"], each["data"]["source"], each["data"]["from"], each["data"]["to"])
            for each in events
            if each["type"].startswith("source.gap")
        ]

    return read


def counted(report):
    return [each for each in report["gaps"] if each["kind"] == "numbers"]


def verdict(orderproof, data, order):
    return orderproof("claim", order, "--data", data, "--json").json["verdict"]


def test_numbers_that_nobody_heard_of_are_named(send, gaps):
    send(*(placed(number) for number in range(985, 1_020) if number not in (1_003, 1_010, 1_011)))

    report = gaps()
    found = counted(report)

    assert [(each["source"], each["first"], each["last"], each["count"]) for each in found] == [
        ("/shop/de", "A-1003", "A-1003", 1),
        ("/shop/de", "A-1010", "A-1011", 2),
    ]
    when = [datetime.fromisoformat(found[0][name]) for name in ("start", "end")]
    assert when == [NOW - timedelta(hours=998), NOW - timedelta(hours=996)]
    assert (report["recorded"], report["concerned"]) == (None, 0)


def test_numbers_that_do_not_count_have_no_holes(send, gaps):
    send(*(placed(number, 5) for number in (1, 99, 7_000, 8_123_456, *range(40, 200, 2))))

    assert gaps(code=0)["gaps"] == []


def test_numbers_are_filled_up_as_they_are_written_and_each_shop_counts_for_itself(send, gaps):
    numbers = [n for n in range(90, 112) if n != 101]
    send(
        *(event(f"a{n}", "order.placed", f"de/2026-{n:05}", 200 - n) for n in numbers),
        *(event(f"b{n}", "order.placed", f"fr/2026-{n:05}", 200 - n) for n in range(101, 120)),
    )

    [found] = counted(gaps())

    assert (found["first"], found["shops"]) == ("2026-00101", ["de"])


def test_a_mapping_s_sequence_counts_too(data, orderproof, gaps, tmp_path):
    mapping, table = tmp_path / "map.toml", tmp_path / "in.csv"
    mapping.write_text(
        'name = "erp"\nzone = "UTC"\norder = "no"\ntime = "at"\nsequence = "invoice"\n'
        '[[event]]\ntype = "order.confirmed"\n'
    )
    rows = [f"o{n * 7}x,2026-01-05,RE-{n:04}" for n in range(30) if n not in (12, 13)]
    table.write_text("\n".join(["no,at,invoice", *rows]))
    done = orderproof("import", table, "--map", mapping, "--shop", "de", "--data", data)
    assert done.code == 0, done

    [found] = gaps()["gaps"]

    assert (found["source"], found["first"], found["last"]) == ("/erp/de", "RE-0012", "RE-0013")
    assert orderproof("order", "erp:sequence:RE-0014", "--data", data).code == 0


def test_a_source_that_fell_silent_is_named_and_recorded_where_a_refund_waits_for_it(
    send, live, gaps, recorded, data, orderproof
):
    send(
        placed(1), *on_its_way("A-1"),
        placed(2), *on_its_way("A-2", psp="otherpay"),
        placed(3, shop="fr"), *on_its_way("A-3", shop="fr"),
    )  # fmt: skip
    live(*heard(range(100, 200)))
    before = verdict(orderproof, data, "de/A-1")

    report = gaps("--record")

    [found] = report["gaps"]
    assert (found["kind"], found["source"], found["lasts"]) == ("silence", "/testpay/de", True)
    assert found["usual_hours"] == 1.0
    assert (report["concerned"], report["recorded"], report["filled"]) == (1, 1, 0)
    [(type_, source, _, _)] = recorded("de/A-1")
    assert (type_, source) == ("source.gap_detected", "/testpay/de")
    assert (recorded("de/A-2"), recorded("fr/A-3")) == ([], [])
    assert before.startswith("PENDING_")
    assert verdict(orderproof, data, "de/A-1") == "SOURCE_GAP"
    assert gaps("--record")["recorded"] == 0


def test_a_gap_is_filled_once_the_missing_messages_came(
    send, live, gaps, recorded, data, orderproof
):
    send(placed(1), *on_its_way("A-1"))
    live(*heard([*range(200, 260), *range(100)]))
    assert gaps("--record")["recorded"] == 1
    assert gaps("--record")["filled"] == 0
    assert verdict(orderproof, data, "de/A-1") == "SOURCE_GAP"

    send(*heard(range(150, 200)))
    half = gaps("--record")
    assert (half["recorded"], half["filled"]) == (1, 0)  # what is left of it is another one
    send(*heard(range(100, 150)))
    done = gaps("--record", code=0)

    assert (done["recorded"], done["filled"]) == (0, 2)
    detected = [each[1:] for each in recorded("de/A-1") if each[0] == "source.gap_detected"]
    filled = [each[1:] for each in recorded("de/A-1") if each[0] == "source.gap_filled"]
    assert sorted(detected) == sorted(filled)
    assert verdict(orderproof, data, "de/A-1").startswith("PENDING_")
    assert gaps("--record", code=0)["filled"] == 0


def test_a_source_that_only_speaks_again_has_filled_nothing(send, live, gaps, recorded):
    send(placed(1), *on_its_way("A-1"))
    live(*heard(range(100, 200)))
    gaps("--record")
    live(*heard(range(2)))

    again = gaps("--record")

    assert again["gaps"][0]["lasts"] is False
    assert again["filled"] == 0
    assert {each[0] for each in recorded("de/A-1")} == {"source.gap_detected"}


def test_a_file_that_is_imported_now_and_then_is_not_silent_in_between(send, clock, gaps):
    clock(at(400))
    send(*heard(range(400, 1_100)))
    clock(NOW.isoformat())

    assert gaps(code=0)["gaps"] == []


def test_missing_numbers_concern_refunds_that_their_source_told_of(send, gaps, recorded):
    # The shop itself tells of the refund, and an order after its last word is missing.
    sent = event("sent", "refund.submitted", "de/A-1000", 1_500, refund_id="r", psp="testpay")
    send(*(placed(n, 1_200 - n) for n in range(1_000, 1_030) if n not in (1_010, 1_011)), sent)

    assert gaps("--record", "--days", "1")["recorded"] == 1
    send(placed(1_010, 190))
    half = gaps("--record", "--days", "1")
    assert (half["recorded"], half["filled"]) == (1, 0)
    send(placed(1_011, 189))

    assert gaps("--record", "--days", "1", code=0)["filled"] == 2
    assert [each[0] for each in recorded("de/A-1000")].count("source.gap_filled") == 2


@pytest.mark.parametrize(
    ("source", "shops", "end", "concerned"),
    [
        ("/testpay/de", ("de",), 10, True),
        ("/testpay/fr", ("fr",), 10, False),
        ("/testpay/~", ("~",), 10, True),  # nobody said of which shop its messages are
        ("/shop/de", ("de",), 10, True),  # it told of the refund before
        ("/otherpay/de", ("de",), 10, False),
        ("/testpay/de", ("de",), 5, False),  # heard of since
    ],
)
def test_which_gaps_may_hide_something_about_a_refund(source, shops, end, concerned):
    refund = UnderWay("order/de/1", "r", "testpay", 5 * 10**6, ("/shop/de",))
    gap = Gap(
        kind="silence", source=source, shops=shops, start="1970-01-01T00:00:01Z",
        end=f"1970-01-01T00:00:{end:02}Z",
    )  # fmt: skip

    assert bool(concerning([gap], refund)) is concerned


def test_the_days_are_checked(gaps):
    assert "--days" in gaps("--days", "0", code=2)["error"]


def test_the_how_to_does_what_it_shows(orderproof, data, monkeypatch):
    how_to.run("find-gaps.md", orderproof, data, monkeypatch)
