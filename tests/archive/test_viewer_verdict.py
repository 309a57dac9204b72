"""The viewer's answer under Node: the same verdicts and the same sentences as the domain's."""

import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from archive import canonical
from domain.claim import judge
from domain.event import Event
from domain.order import fold_order
from domain.sentences import LANGUAGES, action, sentence
from orderproof.viewer_rules import MODULE, rules
from tests.archive.viewer_scene import encoded, node

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
ORDERS = 4000
CHANCE = random.Random(41)

REFUND_TYPES = [
    *("requested", "rejected", "approved", "submitted", "submission_unknown", "accepted"),
    *("customer_action_required", "cancelled", "succeeded", "settled", "offline_recorded"),
    *("failed", "bounced", "reference_recorded", "reference_unavailable", "reissued"),
    *("redirected", "customer_confirmed", "customer_notified"),
]
OTHER_TYPES = [
    *("order.cancelled", "order.expired_unpaid", "order.confirmed", "order.imported"),
    *(
        "payment.confirmed_manually",
        "payment.confirmed_by_shop",
        "payment.authorised",
        "payment.failed",
        "payment.refund_total_reported",
        "dispute.opened",
        "dispute.lost",
        "dispute.accepted",
    ),
    *("dispute.won", "dispute.withdrawn", "compensation.offered", "compensation.accepted"),
    *("compensation.declined", "compensation.issued", "exchange.agreed", "aftersales.requested"),
    *("source.gap_detected", "source.gap_filled", "psp_account.closed", "claim.counter_evidence"),
    *("message.sent", "shipment.delivered", "somebody.invented_this"),
]
AMOUNTS = [12800, 12800, 12800, 5000, 100, 0, 14500]
ODD = [None, "", " ", "x", -5, 2**53, 2**53 + 1, True, [1], {"a": 1}, "\u202ecurrency", "ß" * 90]
PSPS = ["stripe", "Stripe", "amazon_pay", "wechat_pay", "paypal", "alipay", None]
KINDS = ["card", "gift_card", "wallet", "alipay", "bank_account", None]
DAYS = ["2025-03-05", "2025-03-07", "2025-02-29", "2025-03-09T23:30:00-05:00", None]


def instrument():
    return CHANCE.choice(
        [
            {"kind": "card", "brand": "visa", "last4": "4242"},
            {"kind": "Card", "brand": "VISA", "last4": "4242"},
            {"kind": "card", "brand": "mastercard", "last4": "1111", "country": "NO"},
            {"kind": CHANCE.choice(KINDS), "brand": CHANCE.choice(PSPS), "last4": None},
            {},
            None,
            "text",
        ]
    )


def data_of(type_):
    pick = CHANCE.choice
    refund = pick(["r1", "r1", "r1", "r2", "r3", "re_1"])
    known = {
        "refund_id": refund,
        "amount": pick(AMOUNTS),
        "currency": pick(["EUR", "EUR", "EUR", "eur", "USD", "JPY", None]),
        "psp": pick(PSPS),
        "payment_id": pick(["p1", "p1", "p2", None]),
        "psp_payment_id": pick(["pi_1", None]),
        "psp_refund_id": pick(["re_1", "re_1", "re_2", None]),
        "instrument": instrument(),
        "destination": instrument(),
        "kind": pick(["refund", "reversal", "coupon", "return", "money_back", "exchange", None]),
        "route": pick(["original", "original_method", "other", None, None]),
        "original": pick(["exact", "unknown", "price_differs", None, None, None]),
        "pending_reason": pick(["processing", "insufficient_funds", None]),
        "psp_at": pick(["2025-03-06T08:00:00Z", "2025-03-06", "bad", None]),
        "settled_on": pick(DAYS),
        "expires_at": pick(["2025-03-20", "2030-01-01T00:00:00Z", None]),
        "reference": pick(["24011343361000004363200", "123456789012", None, 77]),
        "reference_type": pick(["acquirer_reference_number", "RRN", "odd one", None]),
        "reference_status": pick(["available", "pending", "unavailable", None]),
        "new_refund_id": pick(["r2", "r3", "r1", "re_1", None]),
        "reason": pick(["account_closed", "王", None]),
        "reason_code": pick(["damaged", None]),
        "failure_reason": pick(["expired_or_canceled_card", None]),
        "cause": pick(["capture_failed", "capture_failed", "risk", None]),
        "idempotency_key": pick(["k1", "k2", None]),
        "method": pick(["bank_transfer", None]),
        "presentment_amount": pick([12800, 900, None, None]),
        "presentment_currency": pick(["EUR", "USD", None]),
        "dispute_id": pick(["d1", "d2", None]),
        "respond_by": pick(DAYS),
        "compensation_id": pick(["c1", "c2", None]),
        "instead_of": pick(["r1", "re_1", None, None]),
        "source": pick(["/psp/stripe", "/psp/amazon-pay", "/psp", None]),
        "from": pick(["2025-03-01", None]),
        "to": pick(["2025-03-04", "2025-03-30T00:00:00Z", None]),
        "at": pick(["2025-03-30T00:00:00Z", None]),
    }
    if type_ == "order.cancelled":
        known.pop("amount")
    chosen = {name: value for name, value in known.items() if CHANCE.random() < 0.8}
    if CHANCE.random() < 0.06 and chosen:
        chosen[pick(sorted(chosen))] = pick(ODD)
    return chosen


def placed():
    channel = CHANCE.choice(["web", "web", "amazon", "Amazon Pay", "王", None])
    return {
        "placed_at": "2025-03-03T09:00:00+00:00",
        "buyer": CHANCE.choice([{"language": "zh-Hans"}, {"language": "en"}, None, "x"]),
        "currency": "EUR",
        "total": 12800,
        "source_channel": channel,
        "customer_id": CHANCE.choice(["c-1", "c-1", "C-1", "c-2"]),
    }


def time():
    if CHANCE.random() < 0.02:
        return CHANCE.choice(["bad", "0001-01-01T00:00:00+23:59", ""])
    day, hour, zone = CHANCE.randrange(3, 29), CHANCE.randrange(24), CHANCE.randrange(9)
    return CHANCE.choice(
        [
            f"2025-03-{day:02}T{hour:02}:00:00+0{zone}:00",
            f"2025-03-{day:02}T12:00:00.123456789Z",
            "2025-03-05t23:59:60-05:00",
            "2025-03-05 12:00:00Z",
        ]
    )


def story():
    types = ["order.placed"] * (CHANCE.random() < 0.9) + ["payment.captured"] * (
        CHANCE.random() < 0.85
    )
    types += ["order.placed"] * (CHANCE.random() < 0.05)
    if CHANCE.random() < 0.8:
        types += [f"refund.{CHANCE.choice(REFUND_TYPES)}" for _ in range(CHANCE.randrange(1, 8))]
    if CHANCE.random() < 0.5:
        types += [CHANCE.choice(OTHER_TYPES) for _ in range(CHANCE.randrange(1, 4))]
    return [
        Event(
            stream="order/de/1",
            version=number,
            type=type_,
            source=CHANCE.choice(["/psp/stripe", "/shop", "/b"]),
            id=f"e{CHANCE.randrange(10**6)}-{number}",
            occurred_at=time(),
            recorded_at="2026-01-01T00:00:00.000000Z",
            data=placed() if type_ == "order.placed" else data_of(type_),
        )
        for number, type_ in enumerate(types, 1)
    ]


def written_cases():
    lines = [json.loads(line) for line in (CASES / "events.jsonl").read_text().splitlines()]
    subjects = dict.fromkeys(line["subject"] for line in lines)
    return [
        [
            Event(
                stream=f"order/{subject}",
                version=number,
                type=line["type"],
                source=line["source"],
                id=line["id"],
                occurred_at=line["time"],
                recorded_at="2026-01-01T00:00:00.000000Z",
                data=line["data"],
            )
            for number, line in enumerate((one for one in lines if one["subject"] == subject), 1)
        ]
        for subject in subjects
    ]


def call(events, as_of, integrity):
    told = [
        {
            "type": e.type,
            "source": e.source,
            "id": e.id,
            "occurredAt": e.occurred_at,
            "data": e.data,
        }
        for e in events
    ]
    text = encoded(canonical.encode(told))  # read as the page reads lines: large numbers stay whole
    return "judge", {"events": text, "asOf": as_of.isoformat(), "integrity": integrity}


def iso(day):
    return None if day is None else day.isoformat()


def of_python(events, as_of, integrity):
    order = fold_order(events)
    found = judge(order, as_of=as_of, integrity=integrity)
    return {
        "code": str(found.code),
        "row": found.row,
        "cause": found.cause,
        "sides": list(found.sides),
        "also": [str(code) for code in found.also],
        "nextActor": found.next_actor,
        "ids": list(found.event_ids),
        "confidence": found.confidence,
        "said": {
            code: [sentence(order, found, words), action(order, found, words)]
            for code, words in LANGUAGES.items()
        },
        "deadline": iso(found.deadline),
        "nextAnswer": iso(found.next_answer),
        "deciding": next(
            (n for n, one in enumerate(found.obligations) if one is found.deciding), -1
        ),
        "obligations": [
            {
                "refund": None if one.refund is None else one.refund.refund_id,
                "state": one.state,
                "verdict": str(one.verdict),
                "row": one.row,
                "also": [str(code) for code in one.also],
                "amount": one.amount,
                "currency": one.currency,
                "psp": one.psp,
                "expectedBy": iso(one.expected_by),
                "deadline": iso(one.deadline),
                "nextAnswer": iso(one.next_answer),
                "alarm": one.alarm,
                "ids": list(one.event_ids),
            }
            for one in found.obligations
        ],
    }


@pytest.fixture(scope="module")
def orders():
    """Orders with the day of the answer and what verification said, and each row's count."""
    told = [(events, date(2026, 11, 22), "intact") for events in written_cases()]
    for _ in range(ORDERS):
        as_of = date(2025, 3, 10) + timedelta(days=CHANCE.randrange(30))
        said = CHANCE.choice(["intact"] * 12 + ["altered", "incomplete", "cannot_tell"])
        told.append((story(), as_of, said))
    return told


def test_the_page_judges_and_speaks_as_the_service_does(tool, orders):
    found = [one["is"] for one in node(tool("node"), [call(*one) for one in orders])]
    rows = set()

    for given, ours in zip(orders, found, strict=True):
        theirs = of_python(*given)
        assert ours == theirs, [(e.type, e.occurred_at, e.data) for e in given[0]]
        rows |= {theirs["row"], *(one["row"] for one in theirs["obligations"])}

    assert rows - {0} == set(range(1, 35)), "every row of the table is met"


def test_the_rules_are_those_of_the_domain():
    assert MODULE.read_text(encoding="utf-8") == rules(), "run `make docs`"
