import itertools

import pytest

from sources.stripe.amounts import amount
from tests.sources.payload_story import load, messages, order_of, told, types

T0 = 1714460400  # 2024-04-30T07:00:00Z
DAY = 86400
VISA = {
    "type": "card",
    "card": {
        "brand": "visa",
        "last4": "4242",
        "country": "DE",
        "wallet": {"type": "apple_pay"},
        "network_transaction_id": "104",
        "capture_before": T0 + 7 * DAY,
    },
}


def charge(**more):
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 12800,
        "amount_captured": 12800,
        "amount_refunded": 0,
        "captured": True,
        "created": T0,
        "currency": "eur",
        "livemode": True,
        "paid": True,
        "payment_intent": "pi_1",
        "payment_method_details": VISA,
        "refunded": False,
        "status": "succeeded",
    } | more


def intent(status="succeeded", **more):
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 12800,
        "amount_received": 12800 if status == "succeeded" else 0,
        "created": T0 - 60,
        "currency": "eur",
        "latest_charge": "ch_1",
        "livemode": True,
        "status": status,
    } | more


def event(type, thing, at=T0 + 5, previous=None):
    data = {"object": thing, "previous_attributes": previous or {}}
    return {"id": f"evt_{type}", "object": "event", "type": type, "created": at, "data": data}


def one(value, type):
    [fact] = [fact for fact in told(value) if fact.type == type]
    return fact


SUCCEEDED = event("charge.succeeded", charge())
PAID = event("payment_intent.succeeded", intent())


def test_a_capture_says_what_was_paid_with():
    assert one(SUCCEEDED, "payment.captured").data == {
        "payment_id": "pi_1",
        "psp": "stripe",
        "psp_payment_id": "pi_1",
        "capture_id": "ch_1",
        "method": "card",
        "amount": 12800,
        "currency": "EUR",
        "network_reference": "104",
        "instrument": {
            "kind": "card",
            "brand": "visa",
            "last4": "4242",
            "country": "DE",
            "wallet": "apple_pay",
        },
    }


def test_charge_intent_and_session_tell_one_payment():
    session = {
        "id": "cs_1", "object": "checkout.session", "amount_total": 12800, "created": T0 - 90,
        "currency": "eur", "livemode": True, "payment_intent": "pi_1", "payment_status": "paid",
        "status": "complete", "metadata": {"order": "4711"},
    }  # fmt: skip
    done = event("checkout.session.completed", session)

    for life in itertools.permutations([SUCCEEDED, PAID, done, charge(), intent(), session]):
        [payment] = order_of(*life).payments
        assert (payment.payment_id, payment.amount, payment.currency) == ("pi_1", 12800, "EUR")
        assert (payment.instrument.brand, payment.differs) == ("visa", False)
    [(message, _, _)] = messages(done)
    assert (message.order, message.links) == ("4711", ["pi_1", "cs_1"])


def test_a_partial_capture_takes_only_what_was_captured():
    value = event("charge.captured", charge(amount_captured=5000), T0 + DAY)

    fact = one(value, "payment.captured")

    assert (fact.data["amount"], fact.occurred_at) == (5000, "2024-05-01T07:00:00Z")


def test_an_authorisation_takes_nothing_yet():
    held = charge(captured=False, amount_captured=0)

    fact = one(event("charge.succeeded", held), "payment.authorised")

    assert fact.data["expires_at"] == "2024-05-07T07:00:00Z"
    assert fact.data["instrument"]["last4"] == "4242"
    assert types(intent("requires_capture")) == ["payment.authorised"]


def test_an_authorisation_that_was_let_go_is_no_refund():
    ended = {"object": "list", "data": [{"id": "re_1", "object": "refund", "amount": 12800,
             "created": T0 + DAY, "currency": "eur", "status": "succeeded"}]}  # fmt: skip
    held = charge(captured=False, amount_captured=0, amount_refunded=12800, refunded=True,
                  refunds=ended)  # fmt: skip

    assert types(event("charge.refunded", held)) == ["payment.authorised", "payment.voided"]
    assert one(held, "payment.voided").occurred_at == "2024-05-01T07:00:00Z"
    assert types(event("charge.expired", held)) == [
        "payment.authorised",
        "payment.authorisation_expired",
    ]
    ended["data"][0]["reason"] = "expired_uncaptured_charge"
    assert types(held)[1] == "payment.authorisation_expired"


def test_a_charge_that_failed():
    failed = charge(
        status="failed", paid=False, captured=False, failure_code="card_declined",
        outcome={"type": "issuer_declined", "reason": "insufficient_funds"},
    )  # fmt: skip

    fact = one(event("charge.failed", failed), "payment.failed")

    assert (fact.data["failure_code"], fact.data["cause"]) == (
        "card_declined",
        "insufficient balance",
    )
    blocked = failed | {"outcome": {"type": "blocked"}}
    assert one(blocked, "payment.failed").data["cause"] == "risk"


def test_a_charge_without_its_refunds_still_says_how_much_went_back():
    value = event("charge.refunded", charge(amount_refunded=500), T0 + DAY)

    fact = one(value, "payment.refund_total_reported")

    assert (fact.data["amount"], fact.occurred_at) == (500, "2024-05-01T07:00:00Z")
    assert not [each for each in types(value) if each.startswith("refund.")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("requires_payment_method", "payment.initiated"),
        ("requires_confirmation", "payment.initiated"),
        ("requires_action", "payment.initiated"),
        ("processing", "payment.initiated"),
        ("requires_capture", "payment.authorised"),
        ("succeeded", "payment.captured"),
        ("canceled", "payment.voided"),
    ],
)
def test_each_state_of_an_intent(status, expected):
    assert types(intent(status)) == [expected]


def test_an_intent_that_failed_or_was_left():
    error = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}
    failed = event(
        "payment_intent.payment_failed",
        intent("requires_payment_method", last_payment_error=error),
    )
    left = intent("canceled", latest_charge=None, cancellation_reason="abandoned")
    ran_out = intent("canceled", cancellation_reason="automatic", canceled_at=T0 + 7 * DAY)

    assert one(failed, "payment.failed").data["failure_code"] == "lost_card"
    assert one(left, "payment.failed").data["cause"] == "customer left"
    assert one(ran_out, "payment.authorisation_expired").occurred_at == "2024-05-07T07:00:00Z"


def test_an_intent_with_its_charge_inside_tells_both():
    listed = intent(latest_charge=None, charges={"data": [charge(payment_intent=None)]})

    for value in (intent(latest_charge=charge()), listed):
        [payment] = order_of(value).payments
        assert (payment.payment_id, payment.instrument.last4) == ("pi_1", "4242")


def test_a_session_that_ran_out():
    session = {"id": "cs_1", "object": "checkout.session", "created": T0, "livemode": True,
               "payment_intent": "pi_1", "payment_status": "unpaid", "status": "expired",
               "expires_at": T0 + DAY}  # fmt: skip

    fact = one(session, "payment.failed")

    assert (fact.data["cause"], fact.occurred_at) == ("customer left", "2024-05-01T07:00:00Z")


def test_settlement_and_presentment_of_a_charge():
    entry = {"exchange_rate": 1.09, "available_on": T0 + 2 * DAY, "status": "available"}
    seen = {"presentment_amount": 14000, "presentment_currency": "chf"}

    data = one(charge(balance_transaction=entry, presentment_details=seen), "payment.captured").data

    assert (data["fx_rate"], data["settled_on"]) == ("1.09", "2024-05-02")
    assert (data["presentment_amount"], data["presentment_currency"]) == (14000, "CHF")


def test_a_warning_of_fraud():
    value = load("stripe_openapi_fixtures", "radar.early_fraud_warning.json")

    [fact] = told(value)

    assert fact.type == "payment.fraud_warning_received"
    assert (fact.data["payment_id"], fact.data["fraud_type"]) == ("ch_1234", "misc")


@pytest.mark.parametrize(
    ("code", "theirs", "ours"),
    [
        ("EUR", 1000, 1000),
        ("JPY", 500, 500),
        ("MGA", 500, 50000),  # no decimals with Stripe, two by ISO 4217
        ("ISK", 500, 5),  # hundredths with Stripe, none by ISO 4217
        ("UGX", 500, 5),
        ("ISK", 4010, None),  # a fraction, as they were charged until April 2023
        ("HUF", 1045, 1045),  # only payouts go without decimals
        ("TWD", 80045, 80045),
        ("KWD", 5120, 5120),
        ("ISK", -500, -5),
        ("EUR", True, None),
        ("EUR", 10.5, None),
        (None, 10, None),
    ],
)
def test_minor_units(code, theirs, ours):
    assert amount(theirs, code) == ours


def test_a_payment_in_a_currency_of_stripes_own_counting():
    assert one(charge(currency="isk"), "payment.captured").data["amount"] == 128


# Real payloads


def test_the_charges_of_the_rails_fixtures():
    [first] = order_of(load("pay_rails", "charge.succeeded.json")).payments
    [second] = order_of(load("pay_rails", "charge.updated.json")).payments

    assert (first.amount, first.currency, first.instrument.last4) == (500, "USD", "4242")
    assert (second.payment_id, second.amount) == ("pi_1234", 24900)


def test_stripes_own_fixtures():
    folder = "stripe_openapi_fixtures"

    assert types(load(folder, "charge.json")) == ["payment.authorised"]
    assert types(load(folder, "payment_intent.json")) == ["payment.initiated"]
    assert types(load(folder, "checkout.session.json")) == ["payment.initiated"]
