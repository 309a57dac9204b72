import itertools

import pytest

from tests.sources.payload_story import load, order_of, told, types

T0 = 1714460400  # 2024-04-30T07:00:00Z
DAY = 86400


def dispute(status, **more):
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 12800,
        "charge": "ch_1",
        "created": T0,
        "currency": "eur",
        "evidence_details": {"due_by": T0 + 9 * DAY},
        "livemode": True,
        "payment_intent": "pi_1",
        "payment_method_details": {
            "type": "card",
            "card": {"case_type": "chargeback", "network_reason_code": "13.1"},
        },
        "reason": "product_not_received",
        "status": status,
    } | more


def event(type, status, day, previous=None, **more):
    data = {"object": dispute(status, **more), "previous_attributes": previous or {}}
    return {
        "id": f"evt_{type}_{day}", "object": "event", "type": f"charge.dispute.{type}",
        "created": T0 + day * DAY, "data": data,
    }  # fmt: skip


def one(value, type):
    [fact] = [fact for fact in told(value) if fact.type == type]
    return fact


INQUIRY = event("created", "warning_needs_response", 0)
ESCALATED = event("updated", "needs_response", 3, {"status": "warning_needs_response"})
TAKEN = event("funds_withdrawn", "needs_response", 3)
ANSWERED = event("updated", "under_review", 5, {"status": "needs_response"})
WON = event("closed", "won", 60, {"status": "under_review"})
BACK = event("funds_reinstated", "won", 60)
LOST = event("closed", "lost", 60, {"status": "under_review"})


def test_a_dispute_says_why_and_until_when_to_answer():
    assert one(TAKEN, "dispute.opened").data == {
        "dispute_id": "dp_1",
        "psp_dispute_id": "dp_1",
        "payment_id": "pi_1",
        "amount": 12800,
        "currency": "EUR",
        "kind": "chargeback",
        "reason": "product_not_received",
        "network_code": "13.1",
        "respond_by": "2024-05-09T07:00:00Z",
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("warning_needs_response", ["dispute.inquiry_opened"]),
        ("warning_under_review", ["dispute.inquiry_opened"]),
        ("warning_closed", ["dispute.inquiry_opened", "dispute.withdrawn"]),
        ("needs_response", ["dispute.opened"]),
        ("under_review", ["dispute.opened"]),
        ("won", ["dispute.opened", "dispute.won"]),
        ("lost", ["dispute.opened", "dispute.lost"]),
        ("charge_refunded", ["dispute.withdrawn"]),
        ("prevented", ["dispute.withdrawn"]),
        ("something_new", []),
    ],
)
def test_each_state(status, expected):
    assert types(dispute(status)) == expected


def test_a_dispute_that_the_balance_paid_before_it_was_one_was_accepted():
    paid = [{"id": "txn_1", "amount": -12800, "currency": "eur", "created": T0 + 1}]

    assert "dispute.accepted" in types(dispute("prevented", balance_transactions=paid))


# O-03
@pytest.mark.parametrize(("end", "state"), [(WON, "won"), (LOST, "lost")])
def test_any_part_of_a_dispute_in_any_order(end, state):
    life = [INQUIRY, ESCALATED, TAKEN, ANSWERED, end]
    for size in range(1, 6):
        for chosen in itertools.permutations(life, size):
            disputes = order_of(*chosen).disputes
            if set(map(id, chosen)) == {id(INQUIRY)}:
                assert disputes == ()  # a question moves no money
                continue
            [found] = disputes
            assert found.state == (state if end in chosen else "open")
            assert (found.payment_id, found.amount) == ("pi_1", 12800)
            assert found.respond_by == "2024-05-09"


def test_an_inquiry_that_was_taken_further_is_open_from_then_on():
    assert one(ESCALATED, "dispute.opened").occurred_at == "2024-05-03T07:00:00Z"


def test_the_money_moves_by_events_of_its_own():
    assert one(TAKEN, "dispute.funds_withdrawn").occurred_at == "2024-05-03T07:00:00Z"
    assert one(BACK, "dispute.funds_reinstated").data["amount"] == 12800
    assert one(ANSWERED, "dispute.evidence_submitted").occurred_at == "2024-05-05T07:00:00Z"


def test_a_dispute_that_was_asked_for_brings_its_entries():
    moved = [
        {"id": "txn_1", "amount": -13952, "currency": "usd", "created": T0 + 3 * DAY},
        {"id": "txn_2", "amount": 13952, "currency": "usd", "created": T0 + 60 * DAY},
    ]

    value = dispute("won", balance_transactions=moved)

    assert one(value, "dispute.funds_withdrawn").data["amount"] == 13952
    assert one(value, "dispute.funds_withdrawn").data["currency"] == "USD"
    assert one(value, "dispute.won").occurred_at == "2024-06-29T07:00:00Z"


def test_stripes_own_fixture_is_an_inquiry():
    [fact] = told(load("stripe_openapi_fixtures", "dispute.json"))

    assert (fact.type, fact.data["kind"]) == ("dispute.inquiry_opened", "inquiry")
    assert fact.data["network_code"] == "10.4"
