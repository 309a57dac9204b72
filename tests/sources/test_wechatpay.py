"""Payloads in the form of pay.weixin.qq.com/doc/v3/merchant/4012268885 and wechatpay.im/webhook/v3/
TRANSACTION.SUCCESS; the persons, numbers and keys are made up."""

import base64
import contextlib
import copy
import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings

from domain import catalogue
from sources import wechatpay
from sources.format import SignatureError, payloads
from sources.formats import FORMATS
from sources.message import MESSAGE
from tests.domain.order_story import code, fold, placed
from tests.sources.garbled import documented, garbled, summary, told

FORMAT = wechatpay.FORMAT
SHARED = Path(__file__).parents[3] / "shared" / "data"
KEY = "0123456789abcdef0123456789abcdef"
NONCE = "fdasflkja484"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PAYMENT = {
    "mchid": "1900000100",
    "appid": "wx0000000000000001",
    "out_trade_no": "T-3001",
    "transaction_id": "4200000000202603010000000001",
    "trade_type": "JSAPI",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "bank_type": "CMB_DEBIT",
    "attach": "",
    "success_time": "2026-03-01T10:00:00+08:00",
    "payer": {"openid": "o-test-payer"},
    "amount": {"total": 12800, "payer_total": 12800, "currency": "CNY", "payer_currency": "CNY"},
}
NOTIFIED = {
    "mchid": "1900000100",
    "transaction_id": "4200000000202603010000000001",
    "out_trade_no": "T-3001",
    "refund_id": "50000000000202603020000000001",
    "out_refund_no": "R-3001",
    "refund_status": "SUCCESS",
    "success_time": "2026-03-03T09:00:00+08:00",
    "user_received_account": "招商银行信用卡0403",
    "amount": {"total": 12800, "refund": 12800, "payer_total": 12800, "payer_refund": 12800},
}
ANSWER = {
    "refund_id": "50000000000202603020000000001",
    "out_refund_no": "R-3001",
    "transaction_id": "4200000000202603010000000001",
    "out_trade_no": "T-3001",
    "channel": "ORIGINAL",
    "user_received_account": "招商银行信用卡0403",
    "success_time": "2026-03-03T09:00:00+08:00",
    "create_time": "2026-03-02T09:00:00+08:00",
    "status": "SUCCESS",
    "funds_account": "AVAILABLE",
    "amount": {
        "total": 12800,
        "refund": 12800,
        "payer_total": 12800,
        "payer_refund": 12800,
        "settlement_refund": 12800,
        "settlement_total": 12800,
        "discount_refund": 0,
        "currency": "CNY",
    },
    "promotion_detail": [],
}


def sealed(inner, event="REFUND.SUCCESS", at="2026-03-03T09:00:05+08:00", number=1, key=KEY):
    """A notification as it is sent."""
    text = AESGCM(key.encode()).encrypt(NONCE.encode(), json.dumps(inner).encode(), b"refund")
    return {
        "id": f"EV-test-{number}",
        "create_time": at,
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": "退款",
        "resource": {
            "algorithm": "AEAD_AES_256_GCM",
            "original_type": "refund",
            "ciphertext": base64.b64encode(text).decode(),
            "nonce": NONCE,
            "associated_data": "refund",
        },
    }


def notification(inner, **how):
    """A notification, opened."""
    return json.loads(FORMAT.opened(json.dumps(sealed(inner, **how)).encode(), [KEY]))


def without(payload, *names):
    return {name: value for name, value in payload.items() if name not in names}


ABNORMAL = without(NOTIFIED, "success_time") | {"refund_status": "ABNORMAL"}
CLOSED = without(NOTIFIED, "success_time", "user_received_account") | {"refund_status": "CLOSED"}
PROCESSING = without(ANSWER, "success_time", "user_received_account") | {"status": "PROCESSING"}


def as_facts(payload):
    return [(f.type, f.occurred_at, f.source, f.data) for f in told(FORMAT, payload)[1:]]


def refund_after(*messages):
    (refund,) = fold(*itertools.chain.from_iterable(map(as_facts, messages))).refunds.values()
    return refund


def test_a_notification_is_opened_with_the_key():
    raw = json.dumps(sealed(NOTIFIED)).encode()

    opened = json.loads(FORMAT.opened(raw, [KEY]))

    assert opened["resource"]["plaintext"] == NOTIFIED
    assert without(opened["resource"], "plaintext") == sealed(NOTIFIED)["resource"]
    assert without(opened, "resource") == without(sealed(NOTIFIED), "resource")
    assert json.loads(FORMAT.opened(raw, ["-----BEGIN PUBLIC KEY-----", "f" * 32, KEY])) == opened


def test_what_no_key_of_ours_opens_is_refused():
    raw = json.dumps(sealed(NOTIFIED)).encode()
    flipped = sealed(NOTIFIED)
    flipped["resource"]["associated_data"] = "payment"

    for body, keys in [(raw, ["f" * 32]), (raw, []), (json.dumps(flipped).encode(), [KEY])]:
        with pytest.raises(SignatureError) as caught:
            FORMAT.opened(body, keys)
        assert caught.value.code == "signature-wrong"
        assert KEY not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"id":1}', json.dumps(ANSWER).encode()])
def test_what_is_no_notification_stays_as_it_is(raw):
    assert FORMAT.opened(raw, [KEY]) == raw


def test_a_notification_that_was_not_opened_is_kept_and_tells_nothing():
    facts = told(FORMAT, sealed(NOTIFIED))

    assert [fact.type for fact in facts] == [MESSAGE]
    assert facts[0].data["links"] == ["EV-test-1"]
    assert facts[0].data["message_type"] == "REFUND.SUCCESS"


def test_a_payment_is_a_capture():
    expected = {
        "payment_id": "4200000000202603010000000001",
        "psp_payment_id": "4200000000202603010000000001",
        "psp": "wechatpay",
        "method": "wechatpay",
        "amount": 12800,
        "currency": "CNY",
        "instrument": {"kind": "card"},
    }
    opened = notification(PAYMENT, event="TRANSACTION.SUCCESS")

    for payload in (PAYMENT, opened, PAYMENT | {"trade_state": "REFUND"}):
        facts = told(FORMAT, payload)
        assert summary(facts) == [("payment.captured", "2026-03-01T10:00:00+08:00")]
        assert facts[1].data == expected
    assert FORMAT.translate("transaction", PAYMENT, b"").order == "T-3001"


def test_what_coupons_paid_is_not_seen_by_the_customer():
    amount = PAYMENT["amount"] | {"payer_total": 10000}

    data = told(FORMAT, PAYMENT | {"amount": amount})[1].data

    assert (data["amount"], data["presentment_amount"]) == (12800, 10000)


@pytest.mark.parametrize(
    ("state", "types"),
    [
        ("NOTPAY", []),
        ("USERPAYING", []),
        ("CLOSED", ["payment.failed"]),
        ("PAYERROR", ["payment.failed"]),
        ("REVOKED", ["payment.voided"]),
        ("NEW", []),
    ],
)
def test_other_trade_states(state, types):
    payload = without(PAYMENT, "success_time", "transaction_id") | {"trade_state": state}

    facts = told(FORMAT, payload)[1:]

    assert [fact.type for fact in facts] == types
    assert all(fact.data["payment_id"] == "T-3001" for fact in facts)


def test_a_refund_that_succeeded_is_settled_where_it_went():
    facts = told(FORMAT, notification(NOTIFIED))

    assert summary(facts) == [
        ("refund.succeeded", "2026-03-03T09:00:00+08:00"),
        ("refund.settled", "2026-03-03T09:00:00+08:00"),
    ]
    assert facts[2].data == {
        "refund_id": "R-3001",
        "psp_refund_id": "50000000000202603020000000001",
        "psp": "wechatpay",
        "payment_id": "4200000000202603010000000001",
        "amount": 12800,
        "currency": "CNY",
        "settled_on": "2026-03-03",
        "source": "webhook",
        "destination": {"kind": "card", "brand": "招商银行信用卡", "last4": "0403"},
    }
    assert list(FORMAT.translate("refund", NOTIFIED, b"").links) == [
        "4200000000202603010000000001",
        "wechatpay:T-3001",
        "50000000000202603020000000001",
        "wechatpay:R-3001",
    ]


@pytest.mark.parametrize(
    ("account", "channel", "types", "destination"),
    [
        (
            "支付用户零钱",
            "BALANCE",
            ["refund.succeeded", "refund.settled"],
            {"kind": "wallet", "wallet": "wechatpay"},
        ),
        (
            "支付用户零钱通",
            "OTHER_BALANCE",
            ["refund.redirected", "refund.succeeded", "refund.settled"],
            {"kind": "wallet", "wallet": "wechatpay"},
        ),
        (
            "工商银行借记卡1234",
            "OTHER_BANKCARD",
            ["refund.redirected", "refund.succeeded", "refund.settled"],
            {"kind": "card", "brand": "工商银行借记卡", "last4": "1234"},
        ),
        (
            "商户结算银行账户",
            "OTHER_BANKCARD",
            ["refund.redirected", "refund.bounced"],
            None,
        ),
        (None, "ORIGINAL", ["refund.succeeded"], None),
    ],
)
def test_where_the_money_went(account, channel, types, destination):
    payload = ANSWER | {"user_received_account": account, "channel": channel}

    facts = told(FORMAT, payload)

    assert [fact.type for fact in facts[1:]] == types
    if destination is not None:
        assert facts[-1].data["destination"] == destination


def test_an_account_that_cannot_be_read_is_sealed():
    facts = told(FORMAT, ANSWER | {"user_received_account": "Test Buyer 6222"[:12]})

    assert facts[2].data["destination"] == {"kind": "bank_account", "account_label": "Test Buyer 6"}
    instrument = catalogue.find("refund.settled").fields["destination"]
    assert instrument["account_label"] is catalogue.Class.P4


def test_the_life_of_a_refund_ends_paid_in_whatever_order_it_is_told():
    life = [PROCESSING, notification(NOTIFIED, number=2), NOTIFIED, ANSWER]

    for some in itertools.permutations(life):
        refund = refund_after(*some, *some)
        assert (refund.refund_id, refund.state) == ("R-3001", "paid")
        assert refund.destination.last4 == "0403"
        assert refund.conflict == ()
    for size in range(1, 4):
        for some in itertools.combinations(life, size):
            expected = "pending" if some == (PROCESSING,) else "paid"
            refund = refund_after(*some)
            assert refund.state == expected
            assert refund.psp_refund_id == "50000000000202603020000000001"


def test_an_abnormal_refund_is_paid_once_it_went_elsewhere():
    abnormal = notification(ABNORMAL, event="REFUND.ABNORMAL", at="2026-03-03T08:00:00+08:00")
    elsewhere = ANSWER | {
        "channel": "OTHER_BANKCARD",
        "user_received_account": "工商银行借记卡1234",
        "success_time": "2026-03-05T09:00:00+08:00",
    }

    for some in itertools.permutations([PROCESSING, abnormal]):
        refund = refund_after(*some)
        assert (refund.state, refund.failed.note) == ("failed", "ABNORMAL")
    for some in itertools.permutations([PROCESSING, abnormal, elsewhere]):
        refund = refund_after(*some)
        assert refund.state == "paid"
        assert refund.redirected_to.last4 == "1234"


def test_a_refund_that_was_closed_failed():
    closed = notification(CLOSED, event="REFUND.CLOSED", at="2026-03-09T09:00:00+08:00")

    for some in itertools.permutations([PROCESSING, closed, closed]):
        refund = refund_after(*some)
        assert (refund.state, refund.failed.note) == ("failed", "CLOSED")


def test_the_verdict_of_a_wallet_refund_needs_no_reference():
    order = [placed(currency="CNY"), *as_facts(PAYMENT)]

    assert code(*order, *as_facts(ANSWER)) == "SETTLED_NO_REFERENCE"
    assert code(*order, *as_facts(ABNORMAL)) == "FAILED_NOT_REISSUED"
    other = ANSWER | {"channel": "OTHER_BALANCE", "user_received_account": "支付用户零钱"}
    assert code(*order, *as_facts(other)) == "OTHER_INSTRUMENT"


def test_only_what_was_refunded_is_compared_and_the_customer_sees_less():
    amount = ANSWER["amount"] | {"payer_refund": 10000, "discount_refund": 2800}

    settled = told(FORMAT, ANSWER | {"amount": amount})[2].data

    assert (settled["amount"], settled["presentment_amount"]) == (12800, 10000)


def test_nothing_of_the_payer_leaves_the_payload():
    facts = [fact for each in (PAYMENT, NOTIFIED, ANSWER) for fact in told(FORMAT, each)[1:]]

    assert "o-test-payer" not in json.dumps([fact.data for fact in facts])


def test_the_reference_names_the_events_that_are_told_and_no_others():
    every = [
        PAYMENT,
        PAYMENT | {"trade_state": "CLOSED"},
        PAYMENT | {"trade_state": "REVOKED"},
        ANSWER | {"channel": "OTHER_BALANCE"},
        PROCESSING,
        ABNORMAL,
        CLOSED,
    ]
    facts = [fact for each in every for fact in told(FORMAT, each)]

    assert {fact.type for fact in facts} - {MESSAGE} == documented("WeChat Pay")
    for fact in facts:
        assert set(fact.data) <= set(catalogue.find(fact.type).fields), fact.type


def test_only_its_own_payloads_are_claimed():
    for payload in (PAYMENT, NOTIFIED, ANSWER, sealed(ANSWER), notification(PAYMENT)):
        assert [name for name, form in FORMATS.items() if form.kind_of(payload)] == ["wechatpay"]
    for file in SHARED.rglob("*.json") if SHARED.is_dir() else ():
        try:
            value = json.loads(file.read_text())
        except ValueError:
            continue
        assert not list(payloads((FORMAT,), value)), file


@unhurried
@given(garbled([PAYMENT, NOTIFIED, ANSWER, PROCESSING, sealed(ANSWER), notification(NOTIFIED)]))
def test_garbled_payloads_never_raise(payload):
    for _, _, each in payloads((FORMAT,), payload):
        assert told(FORMAT, each)[0].data["links"]


@unhurried
@given(garbled([sealed(ANSWER)]))
def test_garbled_notifications_are_opened_refused_or_left(payload):
    raw = json.dumps(payload).encode()
    with contextlib.suppress(SignatureError):
        assert json.loads(FORMAT.opened(raw, [KEY]))


BODY = json.dumps(sealed(NOTIFIED)).encode()
NOW = 1_772_500_000
PLATFORM = rsa.generate_private_key(65537, 2048)
NEWER = rsa.generate_private_key(65537, 2048)


def pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test platform")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def signed(key, body=BODY, at=NOW):
    content = f"{at}\n{NONCE}\n".encode() + body + b"\n"
    made = key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    return {
        "wechatpay-timestamp": str(at),
        "wechatpay-nonce": NONCE,
        "wechatpay-serial": "PUB_KEY_ID_0000000000000000000001",
        "wechatpay-signature": base64.b64encode(made).decode(),
    }


def refusal(headers, keys=None, body=BODY, now=NOW):
    with pytest.raises(SignatureError) as caught:
        FORMAT.check(body, headers, [pem(PLATFORM)] if keys is None else keys, now)
    return caught.value.code


def test_a_signature_by_any_key_or_certificate_is_accepted():
    # O-14
    FORMAT.check(BODY, signed(PLATFORM), [pem(PLATFORM)], NOW)
    FORMAT.check(BODY, signed(PLATFORM), [certificate(PLATFORM)], NOW + 300)
    FORMAT.check(BODY, signed(PLATFORM), [KEY, "garbage", pem(NEWER), pem(PLATFORM)], NOW - 300)
    FORMAT.check(BODY, signed(NEWER), [pem(NEWER), pem(PLATFORM)], NOW)


def test_an_old_notification_is_refused():
    # O-13
    assert refusal(signed(PLATFORM), now=NOW + 301) == "signature-old"
    assert refusal(signed(PLATFORM), now=NOW + 600) == "signature-old"
    moved = signed(PLATFORM) | {"wechatpay-timestamp": str(NOW + 600)}
    assert refusal(moved, now=NOW + 600) == "signature-wrong"


def test_what_is_not_signed_is_refused():
    good = signed(PLATFORM)
    for name in ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature"):
        assert refusal(without(good, name)) == "signature-missing"
    assert refusal(good | {"wechatpay-signature": "%%"}) == "signature-form"
    probe = good | {"wechatpay-signature": "WECHATPAY/SIGNTEST/" + good["wechatpay-signature"]}
    assert refusal(probe) in ("signature-form", "signature-wrong")
    assert refusal(good | {"wechatpay-nonce": "other"}) == "signature-wrong"
    assert refusal(signed(NEWER)) == "signature-wrong"
    assert refusal(good, keys=[]) == "signature-wrong"
    assert refusal(good, keys=["", "garbage", KEY]) == "signature-wrong"
    for place in range(0, len(BODY), 61):
        flipped = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert refusal(good, body=flipped) == "signature-wrong"


def test_the_payloads_here_are_left_as_they_are():
    before = copy.deepcopy([PAYMENT, NOTIFIED, ANSWER])
    for each in (PAYMENT, NOTIFIED, ANSWER):
        told(FORMAT, each)
    assert before == [PAYMENT, NOTIFIED, ANSWER]
