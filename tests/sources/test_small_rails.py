"""Braintree, Lemon Squeezy and Paddle Classic."""

import base64
import hashlib
import hmac
import itertools
import json
import re
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings

from domain.catalogue import CATALOGUE
from sources.format import SignatureError
from sources.formats import FORMATS
from tests.sources.garbled import GARBAGE, documented, garbled
from tests.sources.payload_story import (
    ROOT,
    assert_translates,
    files,
    load,
    messages,
    order_of,
    told,
    types,
)

unhurried = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
NOW = 1714460400


def one(value, type):
    [fact] = [fact for fact in told(value) if fact.type == type]
    return fact


def refusal(name, body, headers, secrets):
    with pytest.raises(SignatureError) as found:
        FORMATS[name].check(body, headers, secrets, NOW)
    return found.value.code


# Paddle Classic

REFUNDED = load("pay_rails", "subscription_payment_refunded.json")
ALERT = {
    "alert_id": "77",
    "alert_name": "payment_succeeded",
    "currency": "EUR",
    "event_time": "2024-04-30 07:00:00",
    "order_id": "219233-4",
    "payment_method": "card",
    "sale_gross": "128.00",
}
DISPUTED = {
    "alert_id": "78",
    "alert_name": "payment_dispute_created",
    "balance_amount": "128.00",
    "balance_currency": "EUR",
    "event_time": "2024-05-30 07:00:00",
    "order_id": "219233-4",
}
CLOSED = DISPUTED | {"alert_name": "payment_dispute_closed", "event_time": "2024-06-30 07:00:00"}


def test_a_paddle_refund():
    [refund] = order_of(REFUNDED).refunds.values()

    assert (refund.state, refund.returned) == ("paid", (67187, "USD"))
    fact = one(REFUNDED, "refund.succeeded")
    assert fact.occurred_at == "2020-11-16T16:52:45Z"
    assert fact.data["payment_id"] == "paddle:payment/1"
    [(message, _, _)] = messages(REFUNDED)
    assert (message.id, message.order) == ("39297549", None)
    assert message.links[:2] == ["paddle:payment/1", "paddle:4"]


def test_a_paddle_payment_and_its_dispute_in_any_order():
    for life in itertools.permutations([ALERT, DISPUTED, CLOSED]):
        order = order_of(*life)
        [payment], [dispute] = order.payments, order.disputes
        assert (payment.amount, payment.currency) == (12800, "EUR")
        assert (dispute.state, dispute.payment_id) == ("won", payment.payment_id)


def test_answers_of_paddles_api():
    done = load("pay_rails", "test_paddle_classic_can_fully_refund_a_transaction.json")
    refused = load(
        "pay_rails", "test_paddle_classic_cannot_refund_a_transaction_without_payment.json"
    )

    assert types(done) == ["payment.captured", "payment.captured", "refund.accepted"]
    assert types(refused) == ["payment.captured", "payment.captured"]
    assert [fact.data.get("amount") for fact in told(done)] == [0, 119, None]
    assert one(done, "refund.accepted").data["psp_refund_id"] == "12345"


@pytest.fixture(scope="module")
def paddle_keys():
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


def pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip


def signed(key, fields, serialised):
    signature = key.sign(serialised, padding.PKCS1v15(), hashes.SHA1())
    return fields | {"p_signature": base64.b64encode(signature).decode()}


# By hand, as PHP's serialize() writes it: keys sorted, lengths in bytes.
SERIALISED = (
    'a:3:{s:8:"alert_id";s:2:"77";s:10:"alert_name";s:17:"payment_succeeded";'
    's:7:"country";s:7:"Österr";}'
).encode()  # fmt: skip
FIELDS = {"country": "Österr", "alert_name": "payment_succeeded", "alert_id": "77"}


# O-14
def test_either_key_of_paddles_may_have_signed(paddle_keys):
    for key in paddle_keys:
        alert = signed(key, FIELDS, SERIALISED)
        for body in (urlencode(alert).encode(), json.dumps(alert).encode()):
            FORMATS["paddle"].check(body, {}, [pem(each) for each in paddle_keys], NOW)


def test_no_other_signature_of_paddles_passes(paddle_keys):
    ours, theirs = paddle_keys
    good = signed(ours, FIELDS, SERIALISED)

    def code(fields):
        return refusal("paddle", urlencode(fields).encode(), {}, [pem(ours), "no key"])

    assert code(FIELDS) == "signature-missing"
    assert code(good | {"alert_id": "78"}) == "signature-wrong"
    assert code(good | {"more": ""}) == "signature-wrong"
    assert code(signed(theirs, FIELDS, SERIALISED)) == "signature-wrong"
    assert code(good | {"p_signature": "~"}) == "signature-form"
    assert refusal("paddle", b'{"a": 1}', {}, [pem(ours)]) == "signature-form"
    assert refusal("paddle", b"{" * 9999, {}, [pem(ours)]) == "signature-form"
    assert refusal("paddle", b"\xff", {}, [pem(ours)]) == "signature-form"


# Lemon Squeezy

PLACED = load("pay_rails", "order_created.json")


def lemon(name="order_refunded", **attributes):
    value = json.loads(json.dumps(PLACED))
    value["meta"]["event_name"] = name
    value["data"]["attributes"] |= attributes
    return value


def test_a_lemon_squeezy_order():
    order = order_of(PLACED)

    [payment] = order.payments
    assert (order.total, order.currency, payment.amount) == (5899, "USD", 5899)
    assert order.refunds == {}
    [(message, _, _)] = messages(PLACED)
    assert (message.order, message.links[0]) == ("1", "lemonsqueezy:1")


def test_the_shops_own_number_goes_before_the_stores():
    value = lemon()
    value["meta"]["custom_data"] = {"order_id": "4711"}

    [(message, _, _)] = messages(value)
    assert message.order == "4711"


def test_refunds_of_lemon_squeezy_in_any_order():
    part = lemon(status="partial_refund", refunded_amount=1000,
                 refunded_at="2023-02-01T00:00:00.000000Z")  # fmt: skip
    whole = lemon(status="refunded", refunded=True, refunded_amount=5899,
                  refunded_at="2023-03-01T00:00:00.000000Z")  # fmt: skip

    for size in (1, 2, 3):
        for life in itertools.permutations([PLACED, part, whole], size):
            refunds = list(order_of(*life).refunds.values())
            back = 5899 if whole in life else 1000 if part in life else None
            assert [each.returned for each in refunds] == ([(back, "USD")] if back else [])


def test_an_older_refund_without_a_sum_is_of_the_whole():
    value = lemon(status="refunded", refunded=True, refunded_at="2023-03-01T00:00:00.000000Z")

    assert one(value, "refund.succeeded").data["amount"] == 5899


def test_amounts_in_a_currency_without_cents_are_left_out():
    assert "amount" not in one(lemon(currency="JPY"), "payment.captured").data


def test_orders_and_invoices_that_were_asked_for():
    invoice = {"type": "subscription-invoices", "id": "9", "attributes": {
        "store_id": 1, "subscription_id": 2, "status": "paid", "currency": "EUR", "total": 999,
        "card_brand": "visa", "card_last_four": "4242", "created_at": "2023-01-18T12:26:23Z",
    }}  # fmt: skip

    assert types({"data": [PLACED["data"]]}) == ["order.placed", "payment.captured"]
    assert types(invoice) == ["payment.captured"]
    assert one(invoice, "payment.captured").data["instrument"]["last4"] == "4242"


def lemon_signature(secret, body):
    return {"x-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


# O-14
@pytest.mark.parametrize("secret", ["new", "old"])
def test_either_secret_of_lemon_squeezys(secret):
    FORMATS["lemonsqueezy"].check(b"{}", lemon_signature(secret, b"{}"), ["new", "old"], NOW)


def test_no_other_signature_of_lemon_squeezys_passes():
    good = lemon_signature("new", b"{}")

    assert refusal("lemonsqueezy", b"{ }", good, ["new"]) == "signature-wrong"
    assert refusal("lemonsqueezy", b"{}", good, ["other"]) == "signature-wrong"
    assert refusal("lemonsqueezy", b"{}", {"x-signature": "ü"}, ["new"]) == "signature-wrong"
    assert refusal("lemonsqueezy", b"{}", {}, ["new"]) == "signature-missing"


# Braintree

SALE = {
    "id": "s4l3",
    "type": "sale",
    "amount": "128.00",
    "currency_iso_code": "EUR",
    "status": "settled",
    "order_id": "4711",
    "created_at": "2024-04-30T07:00:00Z",
    "updated_at": "2024-05-01T07:00:00Z",
    "payment_instrument_type": "credit_card",
    "credit_card": {"card_type": "Visa", "last_4": "4242"},
    "status_history": [
        {"status": "settled", "timestamp": "2024-05-01T07:00:00Z"},
        {"status": "authorized", "timestamp": "2024-04-30T07:00:00Z"},
        {"status": "settling", "timestamp": "2024-04-30T20:00:00Z"},
    ],
}


def credit(status, updated, **more):
    return {
        "id": "r3f",
        "type": "credit",
        "amount": "28.00",
        "currencyIsoCode": "EUR",
        "status": status,
        "orderId": "4711",
        "refundedTransactionId": "s4l3",
        "createdAt": "2024-05-10T07:00:00Z",
        "updatedAt": updated,
    } | more


def dispute(status, **more):
    return {
        "id": "d1",
        "kind": "chargeback",
        "amount_disputed": "128.00",
        "currency_iso_code": "EUR",
        "received_date": "2024-06-01",
        "reply_by_date": "2024-06-15",
        "reason": "product_not_received",
        "reason_code": "13.1",
        "status": status,
        "transaction": {"id": "s4l3", "order_id": "4711"},
        "updated_at": "2024-07-01T00:00:00Z",
    } | more


def test_a_braintree_sale_tells_its_history():
    assert [(fact.type, fact.occurred_at) for fact in told(SALE)] == [
        ("payment.authorised", "2024-04-30T07:00:00Z"),
        ("payment.captured", "2024-04-30T20:00:00Z"),
    ]
    data = one(SALE, "payment.captured").data
    assert (data["amount"], data["instrument"]["last4"]) == (12800, "4242")
    [(message, _, _)] = messages(SALE)
    assert (message.order, message.links) == ("4711", ["s4l3"])


def test_a_braintree_refund_in_any_order():
    waits = credit("submitted_for_settlement", "2024-05-10T07:00:00Z")
    done = credit("settled", "2024-05-11T07:00:00Z")
    found = credit("settled", "2024-05-13T07:00:00Z", acquirerReferenceNumber="2" * 23)

    for size in (1, 2, 3):
        for life in itertools.permutations([waits, done, found], size):
            [refund] = order_of(*life).refunds.values()
            assert refund.state == ("pending" if life == (waits,) else "paid")
            assert refund.returned == (2800, "EUR")
            assert (refund.payment_id, refund.psp_refund_id) == ("s4l3", "r3f")
            assert refund.reference.is_arn == (found in life)


@pytest.mark.parametrize(
    ("status", "state"),
    [("voided", "cancelled"), ("settlement_declined", "failed"), ("processor_declined", "failed")],
)
def test_a_braintree_refund_that_did_not_go_through(status, state):
    [refund] = order_of(credit(status, "2024-05-11T07:00:00Z")).refunds.values()

    assert refund.state == state


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("open", ["dispute.opened"]),
        ("disputed", ["dispute.opened", "dispute.evidence_submitted"]),
        ("won", ["dispute.opened", "dispute.won"]),
        ("lost", ["dispute.opened", "dispute.lost"]),
        ("expired", ["dispute.opened", "dispute.lost"]),
        ("accepted", ["dispute.opened", "dispute.accepted"]),
    ],
)
def test_a_braintree_dispute_alone_and_in_a_notification(status, expected):
    value = dispute(status)
    notice = {"kind": f"dispute_{status}", "timestamp": "2024-07-01T00:00:00Z", "dispute": value}

    assert types(value) == types(notice) == expected
    [(message, _, _)] = messages(notice)
    assert (message.type, message.order) == (f"dispute_{status}", "4711")
    assert message.links == ["s4l3", "d1"]
    assert types(dispute(status, kind="retrieval"))[0] == "dispute.inquiry_opened"


def braintree_form(private, payload="eHh4", public="pub"):
    key = hashlib.sha1(private.encode()).digest()
    digest = hmac.new(key, payload.encode(), hashlib.sha1).hexdigest()
    stated = f"other|{'0' * 40}&{public}|{digest}"
    return urlencode({"bt_signature": stated, "bt_payload": payload}).encode()


# O-14
@pytest.mark.parametrize("private", ["new", "old"])
def test_either_key_of_braintrees(private):
    FORMATS["braintree"].check(braintree_form(private), {}, ["pub|new", "pub|old"], NOW)


def test_no_other_signature_of_braintrees_passes():
    good = braintree_form("new")

    assert refusal("braintree", good, {}, ["pub|other", "new"]) == "signature-wrong"
    assert refusal("braintree", good.replace(b"eHh4", b"eHh5"), {}, ["pub|new"]) == (
        "signature-wrong"
    )
    assert refusal("braintree", b"bt_payload=eHh4", {}, ["pub|new"]) == "signature-missing"
    assert refusal("braintree", b"\xff", {}, ["pub|new"]) == "signature-form"


# All of them

CLAIMED = {
    "order_created.json": "lemonsqueezy",
    "subscription_payment_refunded.json": "paddle",
    "charge.refunded.json": "stripe",
    "charge.succeeded.json": "stripe",
    "charge.updated.json": "stripe",
    "test_paddle_classic_can_fully_refund_a_transaction.json": "paddle",
    "test_paddle_classic_cannot_refund_a_transaction_without_payment.json": "paddle",
}


@pytest.mark.parametrize("path", files("pay_rails"), ids=lambda path: path.name)
def test_every_payload_of_the_rails_fixtures_is_its_own_sources(path):
    found = {form.name for _, _, form in messages(json.loads(path.read_text()))}

    # The other recorded calls hold errors and empty lists.
    assert found == {name for file, name in CLAIMED.items() if file == path.name}


ORIGINALS = {
    "braintree": [SALE, credit("settled", None, arn="2" * 23), dispute("won")],
    "lemonsqueezy": [PLACED, lemon(status="refunded", refunded=True, refunded_amount=10)],
    "paddle": [REFUNDED, ALERT, DISPUTED, CLOSED],
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_no_change_of_a_payload_makes_an_exception(name):
    @unhurried
    @given(garbled(ORIGINALS[name]))
    def try_one(value):
        assert_translates(FORMATS[name], value)

    try_one()


@unhurried
@given(GARBAGE)
def test_no_garbage_makes_an_exception(value):
    for name in ORIGINALS:
        for key in ("data", "transaction", "status_history", "alert_name", "attributes"):
            assert_translates(FORMATS[name], {key: value, "timestamp": value, "kind": value})


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_page_names_what_they_can_tell(name):
    code = "".join(path.read_text() for path in (ROOT / "sources" / name).glob("*.py"))
    names = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', code)) & set(CATALOGUE)

    assert documented(FORMATS[name].title) == names
