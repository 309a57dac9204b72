"""`orderproof erase`, end to end."""

import json
import signal
import subprocess
import sys
import time

import psycopg2
import pytest

from domain.command import CancelOrder, Staff
from domain.erasure import erasures
from eventstore import log
from eventstore.connection import connect, transaction
from eventstore.erasing import key_states
from eventstore.stream_keys import KeyRing
from orderproof.desk import open_desk
from orderproof.keys import Keys
from tests.orderproof.erase_scene import (
    DECISION,
    MAX,
    ZOE,
    closed_long_ago,
    event,
    lines,
    placed,
    story,
)


@pytest.fixture
def write(tmp_path):
    def write(events, name="events.jsonl"):
        file = tmp_path / name
        file.write_text(lines(events))
        return file

    return write


@pytest.fixture
def recorded(data, orderproof, write):
    assert orderproof("import", write(story()), "--data", data).code == 0
    return data


@pytest.fixture
def erase(recorded, orderproof):
    def erase(subject, *options, decision=DECISION):
        return orderproof("erase", subject, *decision, "--yes", "--data", recorded, *options)

    return erase


def shown(done):
    return {f"{o['shop']}/{o['order']}": o for o in done.json["orders"]}


def timeline(orderproof, data, order, *options):
    return orderproof("order", order, "--data", data, "--json", *options).json["events"]


@pytest.mark.parametrize("subject", [ZOE["email"].upper(), ZOE["phone"], "de/1"])
def test_an_erasure_finds_all_orders_of_the_person_and_nobody_elses(erase, subject):
    done = erase(subject, "--json")

    # de/2 names no address: the shop's customer id leads to it. de/3 has no customer id, and
    # fr/1 has the same id in another shop, which is somebody else.
    found = {"de/1", "de/2", "de/3"} - ({"de/3"} if subject == ZOE["phone"] else set())
    assert done.code == 0
    assert set(shown(done)) == found
    assert all(order["erased"] == ["contact"] for order in shown(done).values())


def test_an_erased_person_is_gone_from_the_timeline_and_the_searches(erase, recorded, orderproof):
    before = timeline(orderproof, recorded, "de/1", "--personal")

    assert erase(ZOE["email"]).code == 0

    after = timeline(orderproof, recorded, "de/1", "--personal")
    assert before[0]["data"]["buyer"]["email"] == ZOE["email"]
    assert "email" not in after[0]["data"]["buyer"]
    assert [e["erased"] for e in after] == [["contact"], [], ["contact"], []]
    assert orderproof("order", ZOE["email"], "--data", recorded).code == 6
    assert orderproof("order", ZOE["phone"], "--data", recorded).code == 6
    assert orderproof("order", MAX["email"], "--data", recorded, "--json").code == 2  # de/9, fr/1
    assert orderproof("claim", "de/1", "--data", recorded).code == 0


def test_the_timeline_says_who_erased_when_and_on_what_ground(erase, recorded, orderproof):
    done = erase(ZOE["email"], "--json")

    [*_, last] = timeline(orderproof, recorded, "de/1")
    text = orderproof("order", "de/1", "--data", recorded).out
    assert (last["type"], last["position"] <= done.json["position"]) == (
        "erasure.key_destroyed", True,
    )  # fmt: skip
    assert last["data"]["erasure_id"] == done.json["erasure_id"]
    assert last["data"]["purposes"] == ["contact"]
    for told in ("GDPR Art. 17 (1) b, ticket 77", "staff-1", "staff-2"):
        assert told in text
    assert "personal data erased: contact" in text


def test_what_tax_law_asks_for_stays_unless_it_is_named_and_its_time_is_over(
    erase, recorded, orderproof, write
):
    orderproof("import", write([closed_long_ago("de/1")], "closed.jsonl"), "--data", recorded)
    first = erase(ZOE["email"], "--json")
    kept = timeline(orderproof, recorded, "de/1", "--personal")[0]["data"]["bill_to"]
    second = erase("de/1", "--purpose", "tax", "--json")

    gone = timeline(orderproof, recorded, "de/1", "--personal")[0]["data"]["bill_to"]
    assert shown(first)["de/1"]["stays"] == ["tax"]
    assert kept["name"] == ZOE["name"]
    assert shown(second)["de/1"]["erased"] == ["tax"]
    assert gone == {"city": "Exampletown", "country": "DE"}


def test_a_second_erasure_changes_nothing_and_says_so(erase, recorded, orderproof):
    erase("de/3")
    before = timeline(orderproof, recorded, "de/3")

    again = erase("de/3")

    assert again.code == 0
    assert "Nothing was left to erase" in again.out
    assert timeline(orderproof, recorded, "de/3") == before


@pytest.mark.parametrize("held", ["de/1", "de/2"])
def test_a_hold_on_one_order_of_the_person_refuses_all_of_it_and_is_named(
    erase, recorded, orderproof, held
):
    why = ("--reason", "court order 7", "--by", "staff-9")
    hold = orderproof("hold", "add", held, *why, "--data", recorded, "--json").json

    refused = erase(ZOE["email"], "--json")
    still_there = orderproof("order", ZOE["email"], "--data", recorded).code
    orderproof("hold", "release", hold["hold_id"], *why, "--data", recorded)

    assert refused.code == 8
    assert [(d["kind"], d["what"], d["order"]) for d in refused.json["duties"]] == [
        ("hold", hold["hold_id"], held[3:])
    ]
    assert still_there == 2  # several orders
    assert erase(ZOE["email"]).code == 0


def test_tax_data_stays_until_the_last_law_is_satisfied_and_the_refusal_says_which(
    erase, recorded, orderproof, write, monkeypatch
):
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "FR")

    refused = erase("de/1", "--purpose", "tax", "--json")

    [duty] = refused.json["duties"]
    assert refused.code == 8
    assert (duty["kind"], duty["what"], duty["purposes"]) == ("law", "fr-contract", ["tax"])
    assert duty["until"] > "2036"
    assert "fr-contract" in refused.json["error"]


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ([("refund.approved", {"refund_id": "r1", "amount": 100, "currency": "EUR"})], "refund"),
        ([("dispute.opened", {"dispute_id": "d1", "amount": 100, "currency": "EUR"})], "dispute"),
        ([("claim.received", {"claim_id": "c1"})], "claim"),
    ],
)
def test_while_somebody_has_to_be_answered_nothing_is_erased(
    erase, recorded, orderproof, write, events, what
):
    told = [event("de/1", f"e{n}", type_, data) for n, (type_, data) in enumerate(events)]
    assert orderproof("import", write(told, "open.jsonl"), "--data", recorded).code == 0

    refused = erase("de/1", "--json")

    assert refused.code == 8
    assert [(d["kind"], d["what"]) for d in refused.json["duties"]] == [("open", what)]


def test_a_claim_that_is_closed_stands_against_nothing(erase, recorded, orderproof, write):
    told = [event("de/1", type_, type_, {"claim_id": "c1"})
            for type_ in ("claim.received", "claim.closed")]  # fmt: skip
    assert orderproof("import", write(told, "closed.jsonl"), "--data", recorded).code == 0

    assert erase("de/1").code == 0


def test_one_person_alone_cannot_erase(erase, recorded, orderproof):
    alone = ("--ground", "a", "--requested-by", "Staff-1", "--approved-by", " staff-1 ")

    assert erase("de/1", decision=alone).code == 8
    assert orderproof("order", ZOE["email"], "--data", recorded).code != 6


@pytest.mark.parametrize(
    "named", [ZOE["email"], "zoe  CANARYNAME", "on +49 30 55507701", "Zoe Canaryname's wish"]
)
def test_what_is_recorded_for_good_must_not_name_the_person(erase, named):
    decision = ("--ground", named, "--requested-by", "staff-1", "--approved-by", "staff-2")

    done = erase("de/1", decision=decision)

    assert done.code == 8
    assert "--ground" in done.err
    assert not {ZOE["email"], "canary", "5550"} & set(done.err.casefold().split())


@pytest.mark.parametrize(
    "named", ["应李测本人要求", "李  测", "+４９ ３０ ５５５０ ７７０１", "Åsa asks"]
)
def test_a_name_of_two_characters_and_digits_of_any_script_are_seen_as_well(
    erase, recorded, orderproof, write, named
):
    buyers = [{"name": "李测", "phone": ZOE["phone"]}, {"name": "Åsa", "phone": "030 1111111"}]
    orders = [placed(f"cn/{n}", buyer) for n, buyer in enumerate(buyers)]
    orderproof("import", write(orders, "short.jsonl"), "--data", recorded)
    order = "cn/1" if "sa" in named else "cn/0"

    done = erase(order, decision=("--ground", named, *DECISION[2:]))

    assert done.code == 8
    assert "--ground" in done.err


@pytest.mark.parametrize("text", ["ticket\udcff", "ticket\n77", "\x1b[31mticket"])
@pytest.mark.parametrize("option", ["--ground", "--requested-by", "--approved-by"])
def test_what_is_recorded_for_good_is_one_line_of_text(erase, option, text):
    decision = list(DECISION)
    decision[decision.index(option) + 1] = text

    done = erase("de/1", decision=decision)

    assert done.code == 2
    assert option in done.err


def test_without_a_terminal_nothing_is_erased_unless_yes_is_said(recorded, orderproof):
    done = orderproof("erase", ZOE["email"], *DECISION, "--data", recorded, "--json")

    assert done.code == 2
    assert "--yes" in done.json["error"]
    assert [o["to_erase"] for o in done.json["plan"]["orders"]] == [["contact"]] * 3
    assert orderproof("order", ZOE["email"], "--data", recorded).code == 2  # three orders


@pytest.mark.parametrize("subject", ["nobody@example.org", "de/404", "C-404", "+49 30 1111111"])
def test_nobody_is_found_by_a_subject_that_is_nobodys(erase, subject):
    done = erase(subject)

    assert done.code == 6
    assert subject not in done.err


def test_a_customer_id_of_two_shops_may_be_two_persons(erase):
    done = erase("C-1", "--json")

    assert done.code == 2
    assert done.json["candidates"] == ["de/1", "de/2", "fr/1"]


def test_a_number_that_only_ends_like_a_known_one_erases_nobody(erase):
    done = erase("030 55507701", "--json")

    assert done.code == 6
    assert done.json["candidates"] == ["de/1"]
    assert "name the order: de/1" in done.err


def test_what_was_erased_is_what_there_was_a_key_for(erase):
    done = erase("de/1", "--purpose", "contact", "--purpose", "fraud")

    assert "\nErased contact of " in done.out


def test_what_comes_after_an_erasure_is_recorded_readable_and_can_be_erased_again(
    erase, recorded, orderproof, write
):
    erase(ZOE["email"])
    later = event("de/1", "later", "message.received",
                  {"message_id": "m2", "channel": "email", "from": ZOE["email"]})  # fmt: skip

    assert orderproof("import", write([later], "later.jsonl"), "--data", recorded).code == 0

    *_, last = timeline(orderproof, recorded, "de/1", "--personal")
    assert last["data"]["from"] == ZOE["email"]
    assert (last["sealed"], last["erased"]) == (False, [])
    assert shown(erase(ZOE["email"], "--json"))["de/1"]["erased"] == ["contact"]
    events = timeline(orderproof, recorded, "de/1", "--personal")
    assert "from" not in events[-2]["data"]
    assert events[-2]["erased"] == ["contact"]


def test_the_same_events_again_are_duplicates_and_bring_nothing_back(
    erase, recorded, orderproof, write
):
    erase(ZOE["email"])

    again = orderproof("import", write(story()), "--data", recorded, "--json")

    assert (again.code, again.json["recorded"], again.json["duplicates"]) == (0, 0, len(story()))
    assert "email" not in timeline(orderproof, recorded, "de/1", "--personal")[0]["data"]["buyer"]
    assert orderproof("order", ZOE["email"], "--data", recorded).code == 6


def test_an_archive_made_before_verifies_and_the_next_one_tells_of_the_erasure(
    erase, recorded, orderproof
):
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    erase(ZOE["email"])
    assert orderproof("verify", recorded / "archive").code == 0

    assert orderproof("archive", "--all", "--data", recorded).code == 0

    assert orderproof("verify", recorded / "archive").code == 0
    claim = orderproof("claim", "de/1", "--from-archive", recorded / "archive", "--json")
    assert claim.code == 0
    assert claim.json["integrity"]["verdict"] == "intact"


def test_another_orders_personal_data_is_untouched(erase, recorded, orderproof):
    before = timeline(orderproof, recorded, "de/9", "--personal")

    erase(ZOE["email"])

    assert timeline(orderproof, recorded, "de/9", "--personal") == before
    assert before[0]["data"]["buyer"] == MAX


def test_no_event_of_an_erasure_names_the_person(erase, migrated_database):
    erase(ZOE["email"])

    connection = psycopg2.connect(migrated_database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT body FROM events WHERE type LIKE 'erasure.%' ORDER BY position")
        bodies = [bytes(body) for (body,) in cursor.fetchall()]
    connection.close()
    assert len(bodies) == 4  # the whole, and one in each order
    for body in bodies:
        assert "pii" not in json.loads(body)
        assert b"anary" not in body
        assert b"7701" not in body


def test_an_order_found_by_a_number_leads_to_the_guest_orders_of_its_buyer(
    erase, recorded, orderproof, write
):
    other = placed("us/5", {"name": "Z. C.", "email": ZOE["email"]})
    orderproof("import", write([other], "other.jsonl"), "--data", recorded)

    assert set(shown(erase("de/1", "--json"))) == {"de/1", "de/2", "de/3", "us/5"}


def test_a_claim_says_that_personal_data_was_erased_on_the_store_and_from_the_archive(
    erase, recorded, orderproof
):
    before = orderproof("claim", "de/1", "--data", recorded, "--json").json
    erase(ZOE["email"])
    assert orderproof("archive", "--all", "--data", recorded).code == 0

    for options in (("--data", recorded), ("--from-archive", recorded / "archive")):
        told = orderproof("claim", "de/1", *options, "--json")
        assert told.code == 0
        assert told.json["verdict"] == before["verdict"]
        [erasure] = told.json["erasures"]
        assert (erasure["purposes"], erasure["approved_by"]) == (["contact"], "staff-2")
        assert erasure["ground"] in orderproof("claim", "de/1", *options).out
        assert "个人数据已删除" in orderproof("claim", "de/1", *options, "--lang", "zh").out
        assert orderproof("claim", "de/1", *options, "--letter").code == 0
    assert before["erasures"] == []


def test_the_desk_works_on_an_order_whose_person_was_erased(erase, recorded, migrated_database):
    erase(ZOE["email"])
    cancel = CancelOrder(
        id="cancel-1", at="2025-03-04T09:00:00Z", staff=Staff(id="clerk-1"),
        reason_code="changed_mind", by="customer",
    )  # fmt: skip

    with open_desk(migrated_database, KeyRing(Keys(recorded / "keys").personal_data)) as desk:
        receipt = desk.carry_out("order/de/1", cancel)
        again = desk.carry_out("order/de/1", cancel)

    assert receipt.version == 5  # after three of the shop's and the erasure
    assert again.repeated


@pytest.mark.parametrize("moment", range(6))
def test_killed_at_any_moment_all_is_erased_or_nothing(
    moment, recorded, orderproof, migrated_database
):
    command = [sys.executable, "-m", "orderproof", "erase", ZOE["email"], *DECISION, "--yes"]
    process = subprocess.Popen(
        [*command, "--data", str(recorded)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    # The plan is printed before anything is erased; then come the erasure and the read models.
    process.stdout.readline()
    time.sleep(moment * 0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    with connect(migrated_database) as connection:
        states = key_states(connection, ["order/de/1", "order/de/2", "order/de/3"])
        told = [e for s in states for e in erasures(log.read_order(connection, None, s))]
    gone = {"contact" in state.destroyed for state in states.values()}
    assert gone in ({True}, {False})
    assert len(told) == (3 if gone == {True} else 0)
    again = orderproof("erase", "de/1", *DECISION, "--yes", "--data", recorded)
    assert again.code == 0
    assert orderproof("order", ZOE["email"], "--data", recorded).code == 6
    assert not timeline(orderproof, recorded, "de/1", "--personal")[0]["data"]["buyer"]


def test_an_order_that_cannot_be_read_is_named_since_it_may_be_the_persons(
    erase, recorded, orderproof, migrated_database
):
    orderproof("order", "de/1", "--data", recorded)  # brings the read models up to date
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        cursor.execute(
            "INSERT INTO set_aside_orders (projection, stream_id, position, attempts, error, place,"
            " altered)"
            " SELECT 'person_index', stream_id, position, 1, 'E', 'x', false"
            " FROM streams"
            " WHERE stream = 'order/de/9'"
        )

    done = erase(ZOE["email"], "--json")

    assert done.code == 7
    assert done.json["unsearched"] == ["de/9"]
    assert set(shown(done)) == {"de/1", "de/2", "de/3"}
