"""Messages find their order: at once, or when it arrives, with the same result."""

import hashlib
import itertools
import json
import time

import pytest

from orderproof import installation, linking
from orderproof.bootstrap import open_store
from projections import links
from sources.format import Format
from sources.formats import FORMATS
from sources.message import NO_TIME, Message, Told, object_id
from tests.orderproof.erase_scene import DECISION
from tests.sources import test_adyen as adyen


def kind_of(value):
    return value.get("testpay") if isinstance(value.get("testpay"), str) else None


def translate(kind, value, raw):
    told = {
        "paid": Told(
            type="payment.captured",
            data={
                "payment_id": value.get("payment"),
                "psp": "testpay",
                "amount": 1_000,
                "currency": "EUR",
            },
        ),
        "refunded": Told(
            type="refund.succeeded",
            data={"refund_id": value.get("refund"), "psp": "testpay", "psp_at": value.get("at")},
        ),
    }
    return Message(
        id=value.get("id") or object_id("testpay", raw),
        type=kind,
        occurred_at=value["at"],
        order=value.get("order"),
        links=[value[name] for name in ("payment", "charge", "refund") if value.get(name)],
        told=[told[kind]] if kind in told else [],
    )


@pytest.fixture(autouse=True)
def testpay(monkeypatch):
    """A payment provider whose messages name no order, unless they are asked to."""
    made = Format(name="testpay", title="Test Pay", kind_of=kind_of, translate=translate)
    monkeypatch.setitem(FORMATS, "testpay", made)


PLACED = {
    "specversion": "1.0", "id": "placed-1", "source": "/shop", "type": "order.placed",
    "subject": "de/1001", "time": "2026-01-05T10:00:00Z",
    "data": {"currency": "EUR", "total": 1_000, "buyer": {"email": "ada@example.com"}},
}  # fmt: skip
# The order's own event of the payment says which payment it is.
INITIATED = {
    "specversion": "1.0", "id": "initiated-1", "source": "/shop", "type": "payment.initiated",
    "subject": "de/1001", "time": "2026-01-05T10:01:00Z",
    "data": {"psp_payment_id": "pay_1", "amount": 1_000, "currency": "EUR"},
}  # fmt: skip
PAID = {"testpay": "paid", "id": "m1", "at": "2026-01-05T10:02:00Z", "payment": "pay_1",
        "charge": "ch_1"}  # fmt: skip
# Knows the charge only, so it finds the order by what the message before says.
REFUNDED = {"testpay": "refunded", "id": "m2", "at": "2026-02-01T09:00:00Z", "charge": "ch_1",
            "refund": "re_1"}  # fmt: skip
# Of a source that other processes know, too.
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "amount": 1_000,
    "amount_captured": 1_000,
    "captured": True,
    "paid": True,
    "status": "succeeded",
    "currency": "eur",
    "created": 1_767_607_320,
    "payment_intent": "pay_1",
    "payment_method_details": {},
}
OTHER = {"testpay": "hello", "id": "m3", "at": "2026-02-02T09:00:00Z", "payment": "pay_1"}


@pytest.fixture
def send(data, orderproof, tmp_path):
    numbers = itertools.count()

    def run(*values, shop="de", code=0):
        path = tmp_path / f"{next(numbers)}.jsonl"
        path.write_text("".join(json.dumps(value) + "\n" for value in values))
        named = ("--shop", shop) if shop else ()
        done = orderproof("import", path, *named, "--data", data, "--json")
        assert done.code == code, done
        tally = done.json
        assert tally["read"] == tally["recorded"] + tally["duplicates"] + tally["rejected"]
        return tally

    return run


@pytest.fixture
def timeline(data, orderproof):
    def read(order):
        done = orderproof("order", order, "--data", data, "--json")
        return done.json["events"] if done.code == 0 else done.code

    return read


@pytest.fixture
def personal(data, orderproof):
    def read(order):
        return orderproof("order", order, "--personal", "--data", data, "--json").json["events"]

    return read


@pytest.fixture
def claim(data, orderproof):
    def ask(order):
        return orderproof("claim", order, "--data", data, "--json").json

    return ask


def said(events):
    """What a history says, whatever the order in which it was said."""
    return sorted((event["type"], event["source"], event["id"]) for event in events)


def test_a_message_that_names_its_order_goes_there(send, timeline):
    send({**PAID, "order": "1001"})

    assert said(timeline("de/1001")) == [
        ("payment.captured", "/testpay/de", "m1/payment.captured"),
        ("source.message_received", "/testpay/de", "m1"),
    ]


# O-03, O-04
@pytest.mark.parametrize("sequence", list(itertools.permutations([INITIATED, PAID, REFUNDED])))
def test_in_whatever_sequence_messages_come_the_order_ends_the_same(
    send, timeline, claim, sequence
):
    for each in (*sequence, OTHER):
        send(each)

    assert said(timeline("de/1001")) == sorted(
        [
            ("payment.initiated", "/shop", "initiated-1"),
            ("source.message_received", "/testpay/de", "m1"),
            ("payment.captured", "/testpay/de", "m1/payment.captured"),
            ("source.message_received", "/testpay/de", "m2"),
            ("refund.succeeded", "/testpay/de", "m2/refund.succeeded"),
            ("source.message_received", "/testpay/de", "m3"),
        ]
    )
    assert claim("re_1")["order"] == "1001"
    assert claim("ch_1")["obligations"][0]["refund_id"] == "re_1"


def test_what_waits_is_found_by_its_own_ids_and_listed(send, timeline, claim, data, orderproof):
    send(PAID)

    assert [event["type"] for event in timeline("ch_1")] == [
        "source.message_received",
        "payment.captured",
    ]
    listed = orderproof("unlinked", "--data", data, "--json").json
    [row] = listed["waiting"]
    assert (row["place"], row["links"]) == ("de/~testpay/pay_1", ["ch_1", "pay_1"])
    assert row["messages"] == 1
    # The name that is listed is one that can be asked for, and it is said that it is no order.
    for verb in ("order", "claim"):
        asked = orderproof(verb, row["place"], "--data", data)
        assert "de/~testpay/pay_1 is no order yet" in asked.err
    assert orderproof("order", "de/~testpay/nothing", "--data", data).code == 6

    send(PLACED, INITIATED)

    assert orderproof("unlinked", "--data", data, "--json").json["waiting"] == []
    assert claim("ch_1")["order"] == "1001"


def test_a_delivery_with_another_payload_is_kept_beside_the_first(send, timeline):
    named = {**PAID, "order": "1001"}
    send(named)

    again = {**named, "attempt": 2}
    assert (send(again)["recorded"], send(again)["recorded"], send(named)["recorded"]) == (1, 0, 0)

    kept = [event["id"] for event in timeline("de/1001") if event["type"].startswith("source.")]
    assert (kept[0], len(kept)) == ("m1", 2)
    assert kept[1].startswith("m1/")


def test_what_nothing_dates_happened_by_the_time_it_came_in(send, timeline):
    undated = {**PAID, "id": None, "at": NO_TIME}
    send(undated)
    assert send(undated)["duplicates"] == 2
    send(INITIATED)

    events = [event for event in timeline("de/1001") if event["source"] == "/testpay/de"]
    assert len(events) == 2
    assert all(event["occurred_at"] > "2026" for event in events)
    assert send(undated)["duplicates"] == 2


# O-01: the same message again, before and after its order is known
def test_a_repeated_message_is_a_duplicate_wherever_it_is_recorded(send, timeline):
    assert send(PAID)["recorded"] == 2
    assert send(PAID) == {"read": 2, "recorded": 0, "duplicates": 2, "rejected": 0,
                          "rejects_file": None}  # fmt: skip
    send(INITIATED)
    assert send(PAID)["duplicates"] == 2
    assert len(timeline("de/1001")) == 3


def test_a_repeated_message_is_a_repeat_also_where_what_is_recorded_cannot_be_opened(
    send, timeline, data, orderproof
):
    send({**PAID, "order": "1001"}, PLACED)
    before = said(timeline("de/1001"))
    assert orderproof("erase", "de/1001", *DECISION, "--yes", "--data", data).code == 0

    assert send({**PAID, "order": "1001"})["duplicates"] == 2
    assert [one for one in said(timeline("de/1001")) if not one[0].startswith("erasure.")] == before
    another = send({**PAID, "order": "1001", "attempt": 2})
    assert another["recorded"] == 1


# Whoever is erased is not readable again because a message of theirs finds its order later.
def test_what_waited_when_its_person_was_erased_is_linked_without_personal_data(
    send, personal, data, orderproof
):
    send(PLACED, {**PAID, "payer": "Ada"})
    assert personal("de/~testpay/pay_1")[0]["data"]["raw"]
    assert orderproof("erase", "ada@example.com", *DECISION, "--yes", "--data", data).code == 0

    send(INITIATED)

    linked = {event["type"]: event for event in personal("de/1001")}
    assert linked["payment.captured"]["data"]["amount"] == 1_000
    assert "raw" not in linked["source.message_received"]["data"]
    assert linked["source.message_received"]["data"]["sha256"]
    waiting = personal("de/~testpay/pay_1")
    assert "raw" not in waiting[0]["data"]
    assert waiting[0]["erased"] == ["contact"]
    [destroyed] = [event for event in waiting if event["type"] == "erasure.key_destroyed"]
    assert destroyed["data"]["ground"] == DECISION[1]

    # What comes after the erasure is news of its own.
    send({**OTHER, "payer": "Ada"})
    assert personal("de/1001")[-1]["data"]["raw"]


def test_a_message_that_comes_to_a_linked_place_follows(send, data, timeline):
    send(PAID)
    send(INITIATED)
    late = {**OTHER, "payment": "pay_unknown", "charge": "ch_1"}

    send(late)

    assert ("source.message_received", "/testpay/de", "m3") in said(timeline("de/1001"))


def test_an_id_that_two_orders_name_is_left_to_a_person(send, data, orderproof):
    send(PAID)
    send(INITIATED, {**INITIATED, "id": "initiated-2", "subject": "de/1002"})

    [row] = orderproof("unlinked", "--data", data, "--json").json["waiting"]
    assert row["candidates"] == ["de/1001", "de/1002"]


# O-12
def test_another_shop_s_order_is_not_meant(send, timeline):
    send({**INITIATED, "subject": "fr/1001"})
    send(PAID)

    assert len(timeline("fr/1001")) == 1


def test_without_a_shop_any_order_may_be_meant_by_its_ids_or_its_number(send, timeline):
    send({**PAID, "id": "m9", "order": "1001", "payment": "pay_9", "charge": "ch_9"}, shop=None)
    send(PAID, shop=None)
    send(PLACED, INITIATED)
    send(OTHER, shop=None)

    assert said(timeline("de/1001")) == sorted(
        [
            ("order.placed", "/shop", "placed-1"),
            ("payment.initiated", "/shop", "initiated-1"),
            ("source.message_received", "/testpay/de", "m1"),
            ("payment.captured", "/testpay/de", "m1/payment.captured"),
            ("source.message_received", "/testpay/de", "m9"),
            ("payment.captured", "/testpay/de", "m9/payment.captured"),
            ("source.message_received", "/testpay/de", "m3"),
        ]
    )


def test_a_killed_pass_is_done_again_without_a_second_record(send, data, timeline, monkeypatch):
    send(PAID)
    with monkeypatch.context() as patched:
        patched.setattr(linking, "link", lambda _: None)
        send(INITIATED)
    with open_store(installation.find(data)) as store:
        real = linking.recording.record

        def killed(connection, ring, facts, versions=None):
            if versions is not None:
                raise KeyboardInterrupt
            return real(connection, ring, facts, versions)

        with monkeypatch.context() as patched:
            patched.setattr(linking.recording, "record", killed)
            with pytest.raises(KeyboardInterrupt):
                linking.link(store)

        assert linking.link(store).places == 1

    assert len(timeline("de/1001")) == 3


def test_the_worker_links_what_others_record(send, data, timeline, worker, monkeypatch):
    send(CHARGE)
    with monkeypatch.context() as patched:
        patched.setattr(linking, "link", lambda _: None)
        send(INITIATED)
    with open_store(installation.find(data)) as store:
        assert links.anything_waits(store.views)
        worker()
        deadline = time.monotonic() + 60
        while links.anything_waits(store.views):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    assert "payment.captured" in [event["type"] for event in timeline("de/1001")]


def test_a_message_of_a_source_that_this_release_does_not_know_goes_on_waiting(
    send, data, timeline, orderproof, monkeypatch
):
    send(PAID)
    with monkeypatch.context() as patched:
        patched.delitem(FORMATS, "testpay")
        send(INITIATED)
        assert len(orderproof("unlinked", "--data", data, "--json").json["waiting"]) == 1

    assert orderproof("unlinked", "--data", data, "--json").json == {"linked": 1, "waiting": []}
    assert len(timeline("de/1001")) == 3


def test_the_payload_is_kept_with_its_digest_and_sealed(send, data, orderproof):
    send({**PAID, "order": "1001", "name": "Ada Example"})

    shown = orderproof("order", "de/1001", "--personal", "--data", data, "--json").json
    kept = shown["events"][0]["data"]
    assert json.loads(kept["raw"])["name"] == "Ada Example"
    assert kept["sha256"] == hashlib.sha256(kept["raw"].encode()).hexdigest()
    assert "Ada" not in str(orderproof("order", "de/1001", "--data", data, "--json").json)
    orderproof("archive", "--all", "--data", data)
    history = b"".join(path.read_bytes() for path in (data / "archive").rglob("*.gz"))
    assert b"Ada Example" not in history


def test_a_shop_s_order_number_that_looks_like_the_beginning_of_a_place_is_an_order(send, timeline):
    for number in ("~", "~1", "~/x", "~Pay/1"):
        send({**PLACED, "id": number, "subject": f"de/{number}"})

        assert [event["type"] for event in timeline(f"de/{number}")] == ["order.placed"]


AUTHORISED, _ = adyen.PAID
REFUND = adyen.item("REFUND", merchantReference="R-77")
PLACED_T01 = {**PLACED, "id": "placed-t01", "subject": "de/T01"}


# O-03
@pytest.mark.parametrize("sequence", list(itertools.permutations([AUTHORISED, REFUND, PLACED_T01])))
@pytest.mark.parametrize("shop", ["de", None])
def test_a_refund_with_a_reference_of_its_own_goes_where_its_payment_is(
    send, timeline, sequence, shop
):
    for each in sequence:
        send(each, shop=shop)

    assert "refund.succeeded" in [event["type"] for event in timeline("de/T01")]
    assert timeline("de/R-77") == 6


def test_a_payment_that_is_known_comes_before_an_order_of_the_reference(send, timeline):
    send({**PLACED_T01, "id": "other", "subject": "de/R-77"})
    send(AUTHORISED)
    send(REFUND)

    assert "refund.succeeded" in [event["type"] for event in timeline("de/T01")]
    assert len(timeline("de/R-77")) == 1


@pytest.mark.parametrize("sequence", list(itertools.permutations([PLACED_T01, 1])))
@pytest.mark.parametrize("shop", ["de", None])
def test_where_no_payment_is_known_the_reference_is_the_orders_number(
    send, timeline, claim, sequence, shop
):
    refund = adyen.item("REFUND")
    for each in sequence:
        send(refund if each == 1 else each, shop=shop)
        found = "de/T01" if each != 1 or sequence[0] != 1 else "T01"
        assert claim(found)["verdict"] != "ORDER_NOT_FOUND"

    assert "refund.succeeded" in [event["type"] for event in timeline("de/T01")]
    assert send(refund, shop=shop)["duplicates"] == 2


def test_a_message_that_may_name_an_order_is_listed_with_its_number(send, data, orderproof):
    send(REFUND)

    [row] = orderproof("unlinked", "--data", data, "--json").json["waiting"]
    assert row["links"] == [adyen.PAYMENT, "REFUND0000000001", "order:R-77"]


def test_an_order_number_in_a_payload_does_not_lead_to_where_others_wait(send, timeline):
    send(PAID)
    send({**REFUNDED, "charge": "ch_9", "order": "~testpay/pay_1"})
    send(PLACED, INITIATED)

    assert "refund.succeeded" not in [event["type"] for event in timeline("de/1001")]
    assert [event["type"] for event in timeline("re_1")][-1] == "refund.succeeded"


def test_no_event_from_outside_is_recorded_where_messages_wait(send, timeline):
    assert send({**PLACED, "subject": "de/~testpay/pay_1"}, code=7)["rejected"] == 1


def test_nothing_is_added_to_what_waits_since_it_would_stay_behind(
    send, timeline, data, orderproof, tmp_path
):
    send(PAID)
    note = tmp_path / "note.txt"
    note.write_text("He says it never came.")

    claimed = orderproof("claim", "ch_1", "--record", "--data", data)
    added = orderproof("evidence", "add", "ch_1", note, "--data", data)

    assert (claimed.code, added.code) == (8, 8)
    assert "is no order" in claimed.err
    assert len(timeline("ch_1")) == 2


@pytest.mark.parametrize("payload", [{**CHARGE, "metadata": {"specversion": "1.0"}}, CHARGE])
def test_payloads_are_found_beside_cloudevents_and_whatever_words_they_hold(send, payload):
    assert send(payload, PLACED)["rejected"] == 0
    assert send({**PLACED, "id": "placed-2"}, {**payload, "id": "ch_2"})["rejected"] == 0
