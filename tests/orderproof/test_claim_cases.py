"""Claims that are recorded: received, judged, answered once, answered anew, closed."""

import json
import threading
from datetime import date, timedelta

import pytest

from domain.claim_case import SOURCE
from domain.wording import banned_words
from eventstore import recording
from orderproof import claim_cases, installation
from orderproof.bootstrap import open_store
from orderproof.claim_cases import Asked
from orderproof.claim_on_store import claim_on_store
from orderproof.errors import CommandError

KIND = "refund-not-received"
MONEY = {"amount": 5_000, "currency": "EUR"}
BUYER = {"name": "Test Buyer", "email": "buyer-1@example.org", "language": "en"}
REFERENCE = "24011343361000004363200"


def event(number, type, time, order="1", **data):
    return {
        "specversion": "1.0", "id": f"{order}-{number}", "source": "/shop", "type": type,
        "subject": f"de/{order}", "time": f"2026-03-{time}:00Z", "data": data,
    }  # fmt: skip


def paid_back(order="1", **buyer):
    """An order whose refund went out, and whose reference is awaited."""
    return [
        event(1, "order.placed", "02T09:00", order, currency="EUR", total=5_000,
              buyer=BUYER | buyer),
        event(2, "payment.captured", "02T09:01", order, payment_id="p1", psp="stripe", **MONEY),
        event(3, "refund.requested", "03T09:00", order, refund_id="r1", **MONEY),
        event(4, "refund.approved", "03T10:00", order, refund_id="r1", **MONEY),
        event(5, "refund.submitted", "03T10:30", order, refund_id="r1", **MONEY),
        event(6, "refund.succeeded", "04T11:00", order, refund_id="r1", psp_refund_id="re_1"),
    ]  # fmt: skip


def arn(order="1"):
    known = {"reference_type": "arn", "reference": REFERENCE, "reference_status": "available"}
    return event(7, "refund.reference_recorded", "05T11:00", order, refund_id="r1", **known)


def bounced(order="1"):
    return event(8, "refund.bounced", "20T11:00", order, refund_id="r1", reason="account_closed")


@pytest.fixture
def record(data, orderproof, tmp_path):
    def run(*events):
        file = tmp_path / "events.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in events))
        assert orderproof("record", file, "--data", data).code == 0

    return run


@pytest.fixture
def claim(data, orderproof):
    def run(*options, order="de/1"):
        return orderproof("claim", order, "--record", "--data", data, *options)

    return run


@pytest.fixture
def timeline(data, orderproof):
    """What was recorded of claims: types and data, in order."""

    def run(order="de/1", *options):
        done = orderproof("order", order, "--data", data, "--json", *options)
        return [each for each in done.json["events"] if each["source"] == SOURCE]

    return run


@pytest.fixture
def store(data):
    with open_store(installation.find(data)) as store:
        yield store


def types(events):
    return [each["type"] for each in events]


ANSWER = ["claim.verdict_computed", "message.sent", "claim.answered"]


def test_a_claim_is_recorded_with_its_verdict_its_letter_and_what_is_promised(
    record, claim, timeline
):
    record(*paid_back())

    done = claim("--by", "staff-7", "--json")

    assert done.code == 0
    assert done.json["verdict"] == "SUCCEEDED_REFERENCE_PENDING"
    assert done.json["recorded"] == {
        "order": "de/1", "claim_id": f"{KIND}-1", "answer": 1,
        "verdict": "SUCCEEDED_REFERENCE_PENDING", "repeated": False,
    }  # fmt: skip
    told = timeline()
    assert types(told) == ["claim.received", *ANSWER, "promise.made"]
    received, verdict, message, answered, promise = (each["data"] for each in told)
    assert received == {"claim_id": f"{KIND}-1", "kind": KIND}
    assert verdict["verdict"] == "SUCCEEDED_REFERENCE_PENDING"
    assert verdict["evidence"] == done.json["evidence"]
    assert verdict["rule_version"] == done.json["rule_version"]
    assert float(verdict["seconds"]) >= 0
    assert answered["message_id"] == message["message_id"] == promise["message_id"]
    assert (answered["language"], message["language"]) == ("en", "en")
    assert promise["due_at"] == done.json["next_answer"]


def test_the_letter_is_sealed_and_handed_out_with_its_address(
    record, claim, timeline, data, orderproof
):
    record(*paid_back())
    claim("--agent", "Test Agent", "--contact", "help@example.org")

    sealed = timeline()[2]
    letters = orderproof("claims", "letters", "--data", data, "--json").json

    assert sealed["sealed"]
    assert {"to", "subject", "body"}.isdisjoint(sealed["data"])
    [letter] = letters["letters"]
    assert (letter["order"], letter["to"]) == ("de/1", "buyer-1@example.org")
    assert "Test Agent" in letter["body"]
    assert letter["body"].startswith("Dear customer,")
    assert letter["body_sha256"] == sealed["data"]["body_sha256"]
    more = orderproof(
        "claims", "letters", "--after", letters["position"], "--data", data, "--json"
    ).json
    assert more == {"letters": [], "position": letters["position"]}
    assert "buyer-1@example.org" in orderproof("claims", "letters", "--data", data).out


def test_a_chinese_customer_gets_a_chinese_letter_without_banned_words(
    record, claim, data, orderproof
):
    record(*paid_back(language="zh-Hans"))
    claim()

    [letter] = orderproof("claims", "letters", "--data", data, "--json").json["letters"]

    assert letter["language"] == "zh-Hans"
    assert letter["subject"] == "订单 1：关于您的退款"
    assert banned_words(letter["body"], "zh") == ()


@pytest.mark.parametrize("options", [[], ["--claim-id", "case-77"]])
def test_the_same_claim_again_records_nothing(record, claim, timeline, options):
    record(*paid_back())
    claim(*options)
    before = timeline()

    again = claim(*options, "--json")

    assert again.json["recorded"]["repeated"]
    assert again.json["recorded"]["claim_id"] == (options[1] if options else f"{KIND}-1")
    assert "nothing new was recorded" in again.err
    assert timeline() == before


def test_a_recorded_claim_changes_no_later_verdict(record, claim, data, orderproof):
    record(*paid_back())
    ask = ("claim", "de/1", "--as-of", "2026-03-05", "--data", data, "--json")
    before = orderproof(*ask).json

    claim()
    claim("--claim-id", "another")

    after = orderproof(*ask).json
    of_the_record = {"seconds", "contacts", "integrity"}
    assert {k: v for k, v in after.items() if k not in of_the_record} == {
        k: v for k, v in before.items() if k not in of_the_record
    }
    assert len(after["contacts"]) == 2
    assert after["contacts"][0]["template"] == "refund-claim"


def test_a_letter_with_a_banned_word_is_refused_and_nothing_is_recorded(record, claim, timeline):
    record(*paid_back())

    done = claim("--agent", "The Guarantee Desk")

    assert done.code == 8
    assert "guarantee" in done.err
    assert timeline() == []


def test_what_was_not_found_or_is_not_theirs_is_not_recorded(record, claim, timeline):
    record(*paid_back())

    assert claim(order="de/2").code == 6
    assert claim("--customer", "somebody-else@example.org").code == 6
    assert timeline() == []


@pytest.mark.parametrize(
    "options",
    [
        ["--record", "--as-of", "2026-03-05"],
        ["--record", "--from-archive", "somewhere"],
        ["--by", "staff-7"],
        ["--claim-id", "x"],
        ["--view", "customer"],
    ],
)
def test_options_that_do_not_go_together_are_refused(data, orderproof, options):
    assert orderproof("claim", "de/1", "--data", data, *options).code == 2


def ask(store, today, claim_id=None):
    return claim_cases.record(store, "de/1", None, Asked(kind=KIND, claim_id=claim_id), today)[1]


DAY = date(2026, 3, 5)


def test_an_open_claim_is_answered_anew_when_the_awaited_event_comes(record, store, timeline):
    record(*paid_back())
    ask(store, DAY)
    seen = {}
    assert claim_cases.reanswer(store, DAY, seen) == ([], [])

    record(arn())
    done, refused = claim_cases.reanswer(store, DAY, seen)

    assert refused == []
    [answer] = done
    assert (answer.answer, answer.verdict) == (2, "SETTLED_WITHIN_WINDOW")
    told = timeline()
    assert types(told) == [
        "claim.received", *ANSWER, "promise.made", *ANSWER, "promise.kept", "promise.made",
    ]  # fmt: skip
    letter = timeline("de/1", "--json")[6]
    assert letter["sealed"]
    assert claim_cases.reanswer(store, DAY, {}) == ([], [])


def test_a_stop_is_heard_between_two_claims(record, store):
    record(*paid_back("1"), *paid_back("2"))
    for order in ("de/1", "de/2"):
        claim_cases.record(store, order, None, Asked(kind=KIND), DAY)
    record(arn("1"), arn("2"))
    stops = iter([False, True])

    done, _ = claim_cases.reanswer(store, DAY, {}, lambda: next(stops))

    assert [answer.order for answer in done] == ["de/1"]
    assert [answer.order for answer in claim_cases.reanswer(store, DAY, {})[0]] == ["de/2"]


def test_the_new_letter_holds_what_was_awaited(record, store, data, orderproof):
    record(*paid_back())
    ask(store, DAY)
    record(arn())
    claim_cases.reanswer(store, DAY, {})

    first, second = orderproof("claims", "letters", "--data", data, "--json").json["letters"]

    assert REFERENCE not in first["body"]
    assert REFERENCE in second["body"]


def test_an_event_that_changes_no_verdict_is_no_reason_for_a_letter(record, store, timeline):
    record(*paid_back())
    ask(store, DAY)
    before = timeline()
    seen = {}

    record(event(20, "shipment.delivered", "06T09:00", shipment_id="s1"))
    assert claim_cases.reanswer(store, DAY, seen) == ([], [])

    assert timeline() == before
    assert len(seen) == 1


def test_a_promised_day_is_kept_while_something_is_awaited(record, store):
    record(*paid_back())
    ask(store, DAY)
    [claim] = claim_cases.open_claims(store)
    due = claim.next_answer

    assert due == date(2026, 3, 12)
    assert claim_cases.reanswer(store, due - timedelta(days=1), {}) == ([], [])
    [answer], _ = claim_cases.reanswer(store, due, {})
    assert (answer.answer, answer.verdict) == (2, "SUCCEEDED_REFERENCE_PENDING")
    assert claim_cases.reanswer(store, due, {}) == ([], [])


def test_the_window_runs_out_and_the_customer_hears_of_it_once(record, store):
    record(*paid_back(), arn())
    first = ask(store, DAY)
    [claim] = claim_cases.open_claims(store)
    # Ten weekdays from Wednesday 4 March end on the 18th; the letter named the day after.
    assert (first.verdict, claim.next_answer) == ("SETTLED_WITHIN_WINDOW", date(2026, 3, 19))

    done = [claim_cases.reanswer(store, DAY + timedelta(days=n), {})[0] for n in range(60)]

    answers = [(n, one.verdict) for n, some in enumerate(done) for one in some]
    assert answers == [(14, "SETTLED_REFERENCE_GIVEN")]


def test_a_refund_that_bounces_later_is_told_of_as_well(record, store):
    record(*paid_back(), arn())
    ask(store, date(2026, 3, 25))

    record(bounced())

    [answer], _ = claim_cases.reanswer(store, date(2026, 3, 25), {})
    assert answer.verdict == "FAILED_NOT_REISSUED"


def test_a_claim_that_needs_no_more_closes_itself(record, store, timeline):
    record(*paid_back(), arn())
    ask(store, DAY)
    record(event(9, "refund.customer_confirmed", "10T09:00", refund_id="r1", message_id="m1"))

    claim_cases.reanswer(store, DAY, {})

    assert types(timeline())[-5:] == [*ANSWER, "promise.kept", "claim.closed"]
    assert timeline()[-1]["data"]["outcome"] == "CONFIRMED_RECEIVED"
    assert claim_cases.open_claims(store) == []
    assert claim_on_store(store, "de/1", None, DAY).order.open_promises == ()


def test_a_promise_that_was_kept_late_is_told_as_broken(record, store, timeline):
    record(*paid_back())
    ask(store, DAY)
    ask(store, DAY + timedelta(days=8))

    assert types(timeline())[-2:] == ["promise.broken", "promise.made"]


def test_two_workers_do_not_answer_twice(record, data, store, timeline):
    record(*paid_back())
    ask(store, DAY)
    record(arn())
    done, start = [], threading.Barrier(4)

    def work():
        with open_store(installation.find(data)) as own:
            start.wait(30)
            done.append(claim_cases.reanswer(own, DAY, {}))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(120)

    assert len(done) == 4
    assert sum(len(answered) for answered, _ in done) == 1
    assert types(timeline()).count("claim.answered") == 2
    assert types(timeline()).count("message.sent") == 2


class KilledError(Exception):
    pass


@pytest.mark.parametrize("committed", [False, True])
def test_a_worker_that_dies_while_it_answers_leaves_one_answer(
    record, store, timeline, monkeypatch, committed
):
    record(*paid_back())
    ask(store, DAY)
    record(arn())
    real = recording.record_after

    def dies(connection, keys, facts, version):
        if committed:
            real(connection, keys, facts, version)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(recording, "record_after", dies)
        with pytest.raises(KilledError):
            claim_cases.reanswer(store, DAY, {})
    done, _ = claim_cases.reanswer(store, DAY, {})

    assert len(done) == (0 if committed else 1)
    assert types(timeline()).count("claim.answered") == 2


def test_an_answer_is_recorded_whole_right_behind_what_it_stands_on_or_not_at_all(
    record, store, timeline, monkeypatch
):
    record(*paid_back())
    real, times = recording.record_after, []

    def overtaken(connection, keys, facts, version):
        if not times:
            record(event(20, "shipment.delivered", "06T09:00", shipment_id="s1"))
        times.append(real(connection, keys, facts, version))
        return times[-1]

    monkeypatch.setattr(recording, "record_after", overtaken)
    recorded = ask(store, DAY)

    assert times == [False, True]
    assert not recorded.repeated
    assert types(timeline()) == ["claim.received", *ANSWER, "promise.made"]


def test_an_order_that_never_keeps_still_is_given_up_without_a_trace(
    record, store, timeline, monkeypatch
):
    record(*paid_back())
    monkeypatch.setattr(recording, "record_after", lambda *_: False)

    with pytest.raises(CommandError, match="nothing was recorded"):
        ask(store, DAY)
    assert timeline() == []


def test_open_claims_are_listed_with_the_next_answer_and_closed(
    record, claim, data, orderproof, timeline
):
    record(*paid_back("1"), *paid_back("2"))
    claim()
    claim(order="de/2")

    listed = orderproof("claims", "list", "--data", data, "--json").json["claims"]
    assert [(row["order"], row["verdict"], row["overdue"]) for row in listed] == [
        ("de/1", "SUCCEEDED_REFERENCE_PENDING", False),
        ("de/2", "SUCCEEDED_REFERENCE_PENDING", False),
    ]
    assert all(row["next_answer"] for row in listed)
    close = ("claims", "close", "de/1", f"{KIND}-1", "--by", "staff-7", "--outcome", "withdrawn")
    assert orderproof(*close, "--data", data, "--json").json["closed"]
    assert not orderproof(*close, "--data", data, "--json").json["closed"]

    text = orderproof("claims", "list", "--data", data).out
    assert "de/1" not in text
    assert "1 claim open" in text
    assert types(timeline())[-2:] == ["promise.kept", "claim.closed"]
    assert claim("--claim-id", f"{KIND}-1").code == 8
    assert claim("--json").json["recorded"]["claim_id"] == f"{KIND}-2"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["de/9", "x", "--by", "s", "--outcome", "o"], 6),
        (["de/1", "x", "--by", "s", "--outcome", "o"], 6),
        (["de/1", "x", "--by", " ", "--outcome", "o"], 2),
    ],
)
def test_only_a_claim_that_is_there_can_be_closed(record, data, orderproof, arguments, code):
    record(*paid_back())

    assert orderproof("claims", "close", *arguments, "--data", data).code == code


def test_a_claim_from_outside_is_listed_and_answered_by_nobody_but_staff(record, store, claim):
    record(*paid_back(), event(9, "claim.received", "06T09:00", claim_id="desk-4", kind=KIND))

    [row] = claim_cases.open_claims(store)
    assert (row.claim_id, row.answers, row.verdict) == ("desk-4", 0, None)
    assert claim_cases.reanswer(store, DAY, {}) == ([], [])
    recorded = ask(store, DAY)
    assert (recorded.claim_id, recorded.answer) == ("desk-4", 1)


def test_nobody_outside_can_say_that_a_claim_was_answered(record, store):
    forged = event(9, "claim.answered", "06T09:00", claim_id=f"{KIND}-1", kind=KIND,
                   verdict="CONFIRMED_RECEIVED")  # fmt: skip
    record(*paid_back())
    ask(store, DAY)

    record(forged)

    [row] = claim_cases.open_claims(store)
    assert (row.answers, row.verdict) == (1, "SUCCEEDED_REFERENCE_PENDING")


def test_a_claim_in_an_altered_store_is_answered_and_not_recorded(
    record, claim, timeline, data, orderproof, migrated_database
):
    import psycopg2

    record(*paid_back())
    orderproof("archive", "--all", "--data", data)
    with psycopg2.connect(migrated_database) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE events SET body = replace(convert_from(body, 'UTF8'), '5000', '5001')::bytea"
            " WHERE type = 'refund.requested'"
        )

    done = claim("--json")

    assert done.code == 3
    assert "recorded" not in done.json
    assert timeline() == []


def test_the_worker_watches(record, claim, worker, timeline):
    record(*paid_back())
    claim()
    one = worker("watch")
    assert one.says("watching open claims"), one.said

    record(arn())

    assert one.says("answer 2"), one.said
    assert one.end() == 0
    assert types(timeline()).count("claim.answered") == 2


def test_an_auditor_sees_timeline_proofs_and_rules_and_no_person(record, claim, data, orderproof):
    record(*paid_back())
    claim("--by", "staff-7")
    ask = ("claim", "de/1", "--view", "auditor", "--data", data)

    seen = orderproof(*ask, "--json").json
    text = orderproof(*ask).out

    assert [each["version"] for each in seen["timeline"]] == list(range(1, 12))
    assert seen["timeline"][-1]["hash"] == seen["proofs"]["head"] == seen["integrity"]["head"]
    assert seen["timeline"][0]["sealed"]
    assert seen["rules"]["version"] == seen["rule_version"]
    assert seen["rules"]["rows"] == [12, 34]
    assert seen["rules"]["windows"]
    assert seen["personal_data"] == "masked"
    for shown in (json.dumps(seen, ensure_ascii=False), text):
        assert "Test Buyer" not in shown
        assert "buyer-1@example.org" not in shown
        assert "Dear customer" not in shown
    assert "row 12 and row 34 of the decision table" in text
    assert "claim.verdict_computed" in text
