import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from domain.claim import judge
from domain.event import Fact
from domain.policy import POLICY
from sources.format import payloads
from sources.formats import FORMATS
from sources.paypal import FORMAT
from tests.domain.order_story import TODAY
from tests.sources import paypal_payloads as paypal
from tests.sources.arrivals import arrivals, assert_declared, facts_of, told, types
from tests.sources.garbled import garbled
from tests.sources.payload_story import STREAM, order_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests/data/paypal_openapi_examples"
SHARED = ROOT.parent / "shared/data"
ARN = "24011343361000004363200"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PLACED = Fact(
    stream=STREAM,
    type="order.placed",
    source="/shop",
    id="placed",
    occurred_at="2025-03-03T09:00:00+01:00",
    data={"currency": "EUR", "total": 12800},
)
ALL = [
    paypal.capture(),
    paypal.authorization(),
    paypal.refund(),
    paypal.refund("PENDING", status_details={"reason": "ECHECK"}),
    paypal.dispute(),
    paypal.resolved("RESOLVED_WITH_PAYOUT", refunded=paypal.money("5.00")),
    paypal.order(),
    paypal.tracker(),
    paypal.transaction("T1107", "-128.00"),
    paypal.transaction("T0006", "128.00"),
    paypal.sale(),
    paypal.refunded_sale(),
    paypal.event("PAYMENT.CAPTURE.REFUNDED", paypal.refund()),
    paypal.event("PAYMENT.CAPTURE.REVERSED", paypal.refund()),
    paypal.event("CHECKOUT.ORDER.COMPLETED", paypal.order()),
    paypal.event("CUSTOMER.DISPUTE.RESOLVED", paypal.resolved("ACCEPTED")),
]


def verdict(*values):
    order = order_of(paypal.capture(), *values, first=[PLACED])
    return str(judge(order, as_of=TODAY, policy=POLICY, integrity="intact").code)


def real(folder):
    found = {path.name: json.loads(path.read_text()) for path in folder.glob("*.examples.json")}
    assert not folder.is_dir() or found
    return found


def kinds(value):
    return [kind for _, kind, _ in payloads((FORMAT,), value)]


def base(**more):
    same = {
        "refund_id": paypal.REFUND,
        "psp_refund_id": paypal.REFUND,
        "psp": "paypal",
        "payment_id": paypal.CAPTURE,
        "amount": 12800,
        "currency": "EUR",
    }
    return same | more


# What is understood of the documented examples: the others are requests and errors, and no facts.
@pytest.mark.parametrize("folder", [EXAMPLES, SHARED / EXAMPLES.name], ids=["here", "all"])
def test_of_the_documented_examples_only_the_event_is_a_fact(folder):
    found = {name: kinds(value) for name, value in real(folder).items()}

    events = found.pop("notifications_webhooks_v1.examples.json", ["PAYMENT.AUTHORIZATION.CREATED"])
    assert events == ["PAYMENT.AUTHORIZATION.CREATED"]
    assert not any(found.values())


def test_the_documented_event_lies_in_a_wrapper_and_tells_of_an_authorisation():
    value = real(EXAMPLES)["notifications_webhooks_v1.examples.json"]
    received, fact = facts_of(FORMAT, value)

    assert received.id == "8PT597110X687430LKGECATA"
    assert received.data["links"] == ["PAY-36246664YD343335CKHFA4AY", "2DC87612EK520411B"]
    assert (fact.type, fact.occurred_at) == ("payment.authorised", "2013-06-25T21:39:15Z")
    assert fact.data == {
        "payment_id": "2DC87612EK520411B",
        "psp_payment_id": "2DC87612EK520411B",
        "psp_auth_id": "2DC87612EK520411B",
        "psp": "paypal",
        "amount": 747,
        "currency": "USD",
        "expires_at": "2013-07-24T21:39:15Z",
    }


@pytest.mark.parametrize(
    "request_body",
    [
        {"amount": paypal.money(), "invoice_id": "T01", "final_capture": True},
        {"amount": paypal.money(), "invoice_id": "T01", "note_to_payer": "DefectiveProduct"},
        {"intent": "CAPTURE", "purchase_units": [{"amount": paypal.money()}]},
        {"trackers": [{"transaction_id": "T", "tracking_number": "N", "status": "SHIPPED"}]},
        {"url": "https://example.org", "event_type": "PAYMENT.AUTHORIZATION.CREATED"},
        {"note": "Offer refund.", "offer_amount": paypal.money(), "offer_type": "REFUND"},
    ],
)
def test_a_request_is_no_fact(request_body):
    assert kinds(request_body) == []


def test_an_event_whose_resource_is_encrypted_is_another_sources():
    sealed = {"algorithm": "AEAD_AES_256_GCM", "ciphertext": "c2VhbGVk", "nonce": "n"}
    event = {"id": "EV-2018", "event_type": "REFUND.SUCCESS", "resource": sealed}

    assert kinds(event) == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (paypal.capture(), "capture"),
        (paypal.capture(links=None), "capture"),
        (paypal.refund(), "refund"),
        (paypal.refund(links=[]), "refund"),
        (paypal.authorization(links=None), "authorization"),
        (paypal.dispute(), "dispute"),
        (paypal.order(), "order"),
        (paypal.tracker(), "tracker"),
        (paypal.transaction("T1107", "-1.00"), "transaction"),
        (paypal.sale(), "sale"),
        (paypal.sale(links=None), "sale"),
        (paypal.refunded_sale(), "refund"),
        (
            paypal.event("BILLING.SUBSCRIPTION.CREATED", {"id": "I-1"}),
            "BILLING.SUBSCRIPTION.CREATED",
        ),
    ],
)
def test_each_object_is_told_apart(value, kind):
    assert kinds({"page": [{"of": value}]}) == [kind]


def test_nothing_of_another_source_is_claimed():
    # The test data of the others, where they are there.
    folders = [each for each in (ROOT / "tests/data", SHARED) if each.is_dir()]
    for path in (found for folder in folders for found in sorted(folder.rglob("*.json"))):
        claimed = {
            form.name
            for form, _, _ in payloads([FORMATS["adyen"], FORMAT], json.loads(path.read_text()))
        }
        assert all(path.parent.name.startswith(name) for name in claimed), path.name


def test_a_completed_refund_succeeded_and_is_booked():
    assert told(FORMAT, paypal.refund()) == [
        ("refund.succeeded", base(kind="refund", psp_at="2025-03-05T12:00:00Z")),
        (
            "payment.booked",
            {
                "refund_id": paypal.REFUND,
                "payment_id": paypal.CAPTURE,
                "balance_transaction": paypal.REFUND,
                "psp": "paypal",
                "kind": "refund",
                "status": "completed",
                "booked_on": "2025-03-05",
                "gross": -12800,
                "fee": -365,
                "net": -12435,
                "currency": "EUR",
            },
        ),
    ]


def test_a_refund_with_its_acquirer_reference_is_settled():
    update = "2025-03-08T07:00:00Z"
    value = paypal.refund(update=update, acquirer_reference_number=ARN)
    found = dict(told(FORMAT, value))

    assert found["refund.reference_recorded"] == base(
        reference_type="acquirer_reference_number",
        reference=ARN,
        reference_status="available",
        obtained_at=update,
    )
    assert found["refund.settled"] == base(settled_on="2025-03-08", kind="refund")
    assert verdict(paypal.refund(), value) == "SETTLED_REFERENCE_GIVEN"


def test_the_rate_at_which_the_seller_paid_is_told():
    rate = {"source_currency": "USD", "target_currency": "EUR", "value": "0.9205"}
    breakdown = {"net_amount_breakdown": [{"payable_amount": {}, "exchange_rate": rate}]}
    value = paypal.refund(seller_payable_breakdown=breakdown, acquirer_reference_number=ARN)

    assert dict(told(FORMAT, value))["refund.settled"]["fx"] == "USD/EUR 0.9205"


def test_a_refund_that_the_sellers_bank_has_to_fund_is_pending():
    value = paypal.refund("PENDING", status_details={"reason": "ECHECK"})

    assert told(FORMAT, value) == [
        ("refund.accepted", base(psp_status="PENDING", pending_reason="ECHECK"))
    ]
    assert verdict(value) == "PENDING_NO_FUNDS"
    assert verdict(paypal.refund("PENDING")) == "PENDING_OVERDUE"


def test_a_cancelled_refund_bounced_since_nothing_was_credited():
    value = paypal.refund("CANCELLED", update="2025-03-09T12:00:00Z")

    assert told(FORMAT, value) == [("refund.bounced", base(reason="CANCELLED"))]
    assert verdict(value) == "FAILED_NOT_REISSUED"


def test_a_failed_refund_failed():
    value = paypal.refund("FAILED", status_details={"reason": "ECHECK"})

    assert told(FORMAT, value) == [("refund.failed", base(failure_reason="ECHECK"))]


LIFE = (
    paypal.event(
        "PAYMENT.REFUND.PENDING",
        paypal.refund("PENDING", status_details={"reason": "ECHECK"}),
        id="WH-1",
    ),
    paypal.event(
        "PAYMENT.CAPTURE.REFUNDED",
        paypal.refund(update="2025-03-07T12:00:00Z"),
        at="2025-03-07T12:00:09Z",
        id="WH-2",
    ),
    paypal.refund(update="2025-03-09T12:00:00Z", acquirer_reference_number=ARN),
    paypal.event(
        "PAYMENT.REFUND.FAILED",
        paypal.refund("FAILED", update="2025-03-20T12:00:00Z"),
        at="2025-03-20T12:00:09Z",
        id="WH-3",
    ),
)


def test_a_refunds_life_reads_the_same_however_its_messages_arrive():
    states = ["pending", "paid", "paid", "failed"]
    for part, arrival in arrivals(LIFE):
        (refund,) = order_of(*arrival).refunds.values()
        assert refund.state == states[LIFE.index(part[-1])]
        assert (refund.refund_id, refund.psp_refund_id) == (paypal.REFUND,) * 2
        assert (refund.payment_id, refund.psp) == (paypal.CAPTURE, "paypal")
        assert (refund.reference.number == ARN) == (LIFE[2] in part)


def test_an_event_and_the_object_that_it_holds_tell_the_same():
    refund = paypal.refund()
    event = paypal.event("PAYMENT.CAPTURE.REFUNDED", refund)

    assert told(FORMAT, event) == told(FORMAT, refund)
    (folded,) = order_of(event, refund).refunds.values()
    assert folded.returned is None or folded.returned == (12800, "EUR")
    assert len(order_of(event, refund, paypal.capture()).payments) == 1


@pytest.mark.parametrize(
    ("name", "resource", "expected"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", paypal.capture(), ["payment.captured", "payment.booked"]),
        ("PAYMENT.CAPTURE.PENDING", paypal.capture("PENDING"), ["payment.initiated"]),
        ("PAYMENT.CAPTURE.DENIED", paypal.capture("DECLINED"), ["payment.failed"]),
        ("PAYMENT.CAPTURE.DECLINED", paypal.capture("DECLINED"), ["payment.failed"]),
        ("PAYMENT.CAPTURE.REFUNDED", paypal.refund(), ["refund.succeeded", "payment.booked"]),
        ("PAYMENT.CAPTURE.REVERSED", paypal.refund(), ["dispute.funds_withdrawn"]),
        ("PAYMENT.REFUND.PENDING", paypal.refund("PENDING"), ["refund.accepted"]),
        ("PAYMENT.REFUND.FAILED", paypal.refund("FAILED"), ["refund.failed"]),
        ("PAYMENT.AUTHORIZATION.CREATED", paypal.authorization(), ["payment.authorised"]),
        ("PAYMENT.AUTHORIZATION.VOIDED", paypal.authorization("VOIDED"), ["payment.voided"]),
        ("PAYMENT.SALE.COMPLETED", paypal.sale(), ["payment.captured"]),
        ("PAYMENT.SALE.PENDING", paypal.sale("pending"), ["payment.initiated"]),
        ("PAYMENT.SALE.DENIED", paypal.sale("denied"), ["payment.failed"]),
        ("PAYMENT.SALE.REFUNDED", paypal.refunded_sale(), ["refund.succeeded"]),
        ("PAYMENT.SALE.REVERSED", paypal.refunded_sale(), ["dispute.funds_withdrawn"]),
        (
            "CHECKOUT.ORDER.APPROVED",
            paypal.order("APPROVED", purchase_units=[{"amount": paypal.money()}]),
            ["payment.initiated"],
        ),
        (
            "CHECKOUT.ORDER.VOIDED",
            paypal.order("VOIDED", purchase_units=[]),
            ["payment.voided"],
        ),
        (
            "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
            {"order_id": paypal.ORDER, "purchase_units": []},
            ["payment.voided"],
        ),
        ("CUSTOMER.DISPUTE.CREATED", paypal.dispute(), ["dispute.opened"]),
        ("CUSTOMER.DISPUTE.CREATED", paypal.dispute(stage="INQUIRY"), ["dispute.inquiry_opened"]),
        ("CUSTOMER.DISPUTE.UPDATED", paypal.dispute("UNDER_REVIEW"), ["dispute.opened"]),
        ("CUSTOMER.DISPUTE.RESOLVED", paypal.resolved("RESOLVED_BUYER_FAVOUR"), ["dispute.lost"]),
        ("RISK.DISPUTE.CREATED", paypal.dispute(), ["dispute.opened"]),
        ("BILLING.SUBSCRIPTION.ACTIVATED", {"id": "I-BW452GLLEP1G"}, []),
        ("PAYMENT.CAPTURE.TELEPORTED", paypal.capture("TELEPORTED"), []),
    ],
)
def test_what_an_event_tells(name, resource, expected):
    assert types(FORMAT, paypal.event(name, resource)) == expected


@pytest.mark.parametrize(
    ("name", "resource", "expected"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", paypal.capture(), "payment.captured"),
        ("PAYMENT.CAPTURE.REFUNDED", paypal.refund(), "refund.succeeded"),
        ("PAYMENT.REFUND.FAILED", paypal.refund(), "refund.failed"),
        ("PAYMENT.CAPTURE.DENIED", paypal.capture(), "payment.failed"),
    ],
)
def test_an_events_name_stands_in_for_a_status_that_is_missing(name, resource, expected):
    bare = {key: value for key, value in resource.items() if key != "status"}

    assert types(FORMAT, paypal.event(name, bare))[0] == expected


def test_a_capture_stays_captured_when_it_is_refunded_later():
    before = paypal.capture()
    after = paypal.capture("REFUNDED", update_time="2025-03-05T12:00:00Z")

    (payment,) = order_of(before, after).payments
    assert (payment.payment_id, payment.amount, payment.differs) == (paypal.CAPTURE, 12800, False)
    assert told(FORMAT, before) == told(FORMAT, after)


def test_an_order_tells_of_all_that_is_in_it():
    value = paypal.order()
    captured = dict(told(FORMAT, value))["payment.captured"]

    assert types(FORMAT, value) == [
        "payment.authorised",
        "payment.captured",
        "payment.booked",
        "refund.succeeded",
        "payment.booked",
        "shipment.dispatched",
    ]
    assert captured["instrument"] == {"kind": "card", "brand": "visa", "last4": "4242"}
    assert dict(told(FORMAT, value))["shipment.dispatched"]["tracking_no"] == "00340434161094"
    assert verdict(value) == verdict(paypal.refund()) == "SUCCEEDED_REFERENCE_PENDING"


def test_nothing_is_told_that_is_not_declared():
    for value in ALL:
        for name, data in told(FORMAT, value):
            assert_declared(name, data)


def test_no_name_or_address_of_a_person_is_told():
    facts = [fact for value in ALL for fact in told(FORMAT, value)]

    assert facts
    assert "Test Buyer" not in str(facts)
    assert "example.org" not in str(facts)


@pytest.mark.parametrize(
    ("source", "instrument"),
    [
        ({"paypal": {"email_address": "k@example.org"}}, {"kind": "wallet", "brand": "paypal"}),
        (
            {"apple_pay": {"card": {"brand": "MASTERCARD", "last_digits": "1111"}}},
            {"kind": "card", "brand": "mastercard", "last4": "1111", "wallet": "apple_pay"},
        ),
        (
            {"ideal": {"country_code": "NL"}},
            {"kind": "bank_account", "brand": "ideal", "country": "NL"},
        ),
    ],
)
def test_what_was_paid_with_is_read_from_the_order(source, instrument):
    captured = dict(told(FORMAT, paypal.order(payment_source=source)))["payment.captured"]

    assert captured["instrument"] == instrument


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("RESOLVED_BUYER_FAVOUR", "DISPUTE_WON_BY_CUSTOMER"),
        ("ACCEPTED", "DISPUTE_WON_BY_CUSTOMER"),
        ("RESOLVED_SELLER_FAVOUR", "NEVER_REQUESTED"),
        ("DENIED", "NEVER_REQUESTED"),
        ("CANCELED_BY_BUYER", "NEVER_REQUESTED"),
        ("NONE", "NEVER_REQUESTED"),
        ("RESOLVED_WITH_PAYOUT", "NEVER_REQUESTED"),
    ],
)
def test_a_dispute_ends_as_its_outcome_says(outcome, expected):
    running = paypal.dispute()
    ended = paypal.resolved(outcome)

    assert verdict(running) == "DISPUTE_OPEN"
    assert verdict(running, ended) == verdict(ended, running) == expected


def test_a_payout_to_the_customer_counts_as_money_that_came_back():
    paid = paypal.resolved("RESOLVED_WITH_PAYOUT", refunded=paypal.money())
    credit = {"affected_party": "BUYER", "type": "CREDIT", "amount": paypal.money()}
    moved = paypal.resolved("RESOLVED_WITH_PAYOUT", money_movements=[credit])

    assert verdict(paid) == verdict(moved) == "DISPUTE_WON_BY_CUSTOMER"


def test_an_inquiry_holds_nothing_back_until_it_becomes_a_claim():
    inquiry = paypal.dispute(stage="INQUIRY")
    claim = paypal.dispute(update="2025-03-15T12:00:00Z")

    assert verdict(inquiry) == "NEVER_REQUESTED"
    assert verdict(inquiry, claim) == "DISPUTE_OPEN"


def test_a_dispute_that_is_opened_again_is_open():
    won = paypal.resolved("RESOLVED_SELLER_FAVOUR")
    again = paypal.dispute(stage="PRE_ARBITRATION", update="2025-04-01T12:00:00Z")

    assert verdict(won, again) == "DISPUTE_OPEN"


def test_what_a_dispute_tells():
    ((_, data),) = told(FORMAT, paypal.dispute())

    assert data == {
        "dispute_id": paypal.DISPUTE,
        "psp_dispute_id": paypal.DISPUTE,
        "payment_id": paypal.CAPTURE,
        "kind": "chargeback",
        "reason": "credit_not_processed",
        "respond_by": "2025-03-20T12:00:00Z",
        "amount": 12800,
        "currency": "EUR",
    }


@pytest.mark.parametrize(
    ("code", "value", "status", "expected"),
    [
        ("T0006", "128.00", "S", ["payment.captured", "payment.booked"]),
        ("T0006", "128.00", "V", ["payment.captured", "payment.booked"]),
        ("T0006", "128.00", "P", ["payment.initiated"]),
        ("T0006", "128.00", "D", ["payment.failed"]),
        ("T0001", "-128.00", "S", ["payment.booked"]),
        ("T1107", "-128.00", "S", ["refund.succeeded", "payment.booked"]),
        ("T1107", "-128.00", "P", ["refund.accepted"]),
        ("T1107", "-128.00", "D", ["refund.failed"]),
        ("T1107", "-128.00", "V", ["refund.bounced", "payment.booked"]),
        ("T1106", "-128.00", "S", ["dispute.funds_withdrawn", "payment.booked"]),
        ("T1201", "-128.00", "S", ["dispute.funds_withdrawn", "payment.booked"]),
        ("T1202", "128.00", "S", ["dispute.funds_reinstated", "payment.booked"]),
        ("T1300", "128.00", "S", ["payment.authorised"]),
        ("T1302", "128.00", "S", ["payment.voided"]),
        ("T1108", "4.00", "S", ["payment.booked"]),
        ("T1107", "-128.00", "?", []),
    ],
)
def test_what_a_transaction_of_the_reports_tells(code, value, status, expected):
    page = {"transaction_details": [paypal.transaction(code, value, status)], "page": 1}

    assert types(FORMAT, page) == expected


def test_a_refund_in_the_reports_is_the_same_as_in_its_webhook():
    webhook = paypal.event("PAYMENT.CAPTURE.REFUNDED", paypal.refund())
    report = paypal.transaction(
        "T1107", "-128.00", own=paypal.REFUND, fee_amount=paypal.money("3.65")
    )

    (refund,) = order_of(webhook, report).refunds.values()
    assert (refund.refund_id, refund.payment_id) == (paypal.REFUND, paypal.CAPTURE)
    booked = dict(told(FORMAT, report))["payment.booked"]
    assert (booked["gross"], booked["fee"], booked["net"]) == (-12800, -365, -12435)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SHIPPED", ["shipment.dispatched"]),
        ("IN_TRANSIT", ["tracking.scan_received"]),
        ("DELIVERED", ["shipment.delivered"]),
        ("RETURNED", ["shipment.return_received"]),
        ("CANCELLED", []),
    ],
)
def test_what_a_tracker_tells(status, expected):
    assert types(FORMAT, paypal.tracker(status)) == expected


def test_a_parcel_that_comes_back_is_no_delivery():
    value = paypal.tracker("DELIVERED", shipment_direction="RETURN")

    assert types(FORMAT, value) == ["shipment.return_received"]


def test_links_name_the_nearest_to_the_order_first():
    (received, *_) = facts_of(FORMAT, paypal.event("PAYMENT.CAPTURE.COMPLETED", paypal.capture()))
    assert received.data["links"] == [paypal.ORDER, paypal.AUTHORIZATION, paypal.CAPTURE]
    (received, *_) = facts_of(FORMAT, paypal.refund())
    assert received.data["links"] == [paypal.CAPTURE, paypal.REFUND]
    (received, *_) = facts_of(FORMAT, paypal.dispute())
    assert received.data["links"] == [paypal.CAPTURE, paypal.DISPUTE]


@pytest.mark.parametrize("value", ALL, ids=lambda value: "")
def test_every_message_but_a_tracker_names_the_order(value):
    ((_, kind, payload),) = payloads((FORMAT,), value)
    expected = None if kind == "tracker" or "sale_id" in payload else "T01"

    assert FORMAT.translate(kind, payload, b"{}").order == expected


def test_the_order_is_the_custom_id_where_no_invoice_is_named():
    value = paypal.capture(invoice_id=None, custom_id="T02")

    assert FORMAT.translate("capture", value, b"{}").order == "T02"


@pytest.mark.parametrize("custom", ['{"order_id": 7, "order_key": "wc_order_x"}', "two words", ""])
def test_a_custom_text_that_is_no_number_names_no_order(custom):
    value = paypal.capture(invoice_id=None, custom_id=custom)

    assert FORMAT.translate("capture", value, b"{}").order is None


def test_the_reference_names_what_is_told():
    text = (ROOT / "docs/reference/sources.md").read_text()
    section = text.split("\n## PayPal\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", section))
    values = [
        *ALL,
        paypal.refund("FAILED"),
        paypal.refund("CANCELLED"),
        paypal.refund(acquirer_reference_number=ARN),
        paypal.capture("PENDING"),
        paypal.capture("DECLINED"),
        paypal.authorization("VOIDED"),
        paypal.authorization("EXPIRED"),
        paypal.dispute(stage="INQUIRY"),
        *(paypal.resolved(f"RESOLVED_{who}_FAVOUR") for who in ("BUYER", "SELLER")),
        paypal.resolved("CANCELED_BY_BUYER"),
        paypal.transaction("T1202", "1.00"),
        *map(paypal.tracker, TRACKED),
        *(paypal.tracker(each, shipment_direction="RETURN") for each in TRACKED),
    ]

    assert documented == {name for value in values for name in types(FORMAT, value)}


TRACKED = (
    "SHIPPED",
    "IN_TRANSIT",
    "DELIVERED",
    "INRETURN",
    "RETURNED",
    "LOCAL_PICKUP",
    "DELIVERY_DELAYED",
    "DELIVERY_FAILED",
)


@unhurried
@given(garbled(ALL))
def test_whatever_a_payload_holds_it_is_kept(payload):
    raw = json.dumps(payload).encode()
    events = ["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.CREATED"]
    objects = ["refund", "capture", "order", "dispute", "tracker", "transaction", "authorization"]
    for kind in {FORMAT.kind_of(payload) or "unknown", *events, *objects}:
        message = FORMAT.translate(kind, payload, raw)
        assert message.links
        assert all(isinstance(link, str) and link for link in message.links)
    facts_of(FORMAT, payload)
