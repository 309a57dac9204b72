"""Payloads in the form of s.apifox.cn/apidoc/docs-site/3618910/doc-3272874 (notification),
zhifubao.apifox.cn/api-127344301 (refund query) and docs.antom.com/ac/ams/notify_refund; the
persons, numbers and keys are made up."""

import base64
import itertools
import json
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import catalogue
from sources import alipay
from sources.format import SignatureError, payloads
from sources.formats import FORMATS
from sources.message import MESSAGE
from tests.domain.order_story import code, fold, placed
from tests.sources.garbled import documented, garbled, summary, told

FORMAT = alipay.FORMAT
SHARED = Path(__file__).parents[3] / "shared" / "data"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PAID = {
    "notify_time": "2026-03-01 10:00:05",
    "notify_type": "trade_status_sync",
    "notify_id": "ac05099524730693a8b330c5ecf72da9786",
    "charset": "utf-8",
    "version": "1.0",
    "app_id": "2014070000000000",
    "trade_no": "2026030122001400000000000001",
    "out_trade_no": "T-4001",
    "buyer_id": "2088000000000001",
    "buyer_logon_id": "tes***@example.org",
    "seller_id": "2088000000000002",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "128.00",
    "receipt_amount": "128.00",
    "buyer_pay_amount": "128.00",
    "subject": "测试商品",
    "gmt_create": "2026-03-01 09:59:00",
    "gmt_payment": "2026-03-01 10:00:00",
    "fund_bill_list": '[{"amount":"128.00","fundChannel":"ALIPAYACCOUNT"}]',
}
REFUNDED = PAID | {
    "notify_time": "2026-03-03 09:00:05",
    "notify_id": "bc05099524730693a8b330c5ecf72da9787",
    "trade_status": "TRADE_CLOSED",
    "out_biz_no": "R-4001",
    "refund_fee": "128.00",
    "gmt_refund": "2026-03-03 09:00:00.123",
}
QUERY = {
    "alipay_trade_fastpay_refund_query_response": {
        "code": "10000",
        "msg": "Success",
        "trade_no": "2026030122001400000000000001",
        "out_trade_no": "T-4001",
        "out_request_no": "R-4001",
        "total_amount": "128.00",
        "refund_amount": "128.00",
        "refund_status": "REFUND_SUCCESS",
        "gmt_refund_pay": "2026-03-03 09:00:00",
        "deposit_back_info": {
            "has_deposit_back": "true",
            "dback_status": "S",
            "dback_amount": "128.00",
            "bank_ack_time": "2026-03-04 14:03:48",
            "est_bank_receipt_time": "2026-03-05 14:03:48",
        },
    },
    "sign": "made-up",
}
DEPOSIT_BACK = {
    "notify_id": "5608cccc09ddb39d41c2e3c06e3d9fejh2",
    "utc_timestamp": "1772604228000",
    "msg_method": "alipay.trade.refund.depositback.completed",
    "app_id": "2014070000000000",
    "version": "1.1",
    "charset": "UTF-8",
    "biz_content": json.dumps(
        {
            "trade_no": "2026030122001400000000000001",
            "out_trade_no": "T-4001",
            "out_request_no": "R-4001",
            "dback_status": "S",
            "dback_amount": "128.00",
            "bank_ack_time": "2026-03-04 14:03:48",
        }
    ),
}
ANTOM_REFUND = {
    "notifyType": "REFUND_RESULT",
    "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"},
    "refundStatus": "SUCCESS",
    "refundRequestId": "R-5001",
    "refundId": "2026030319401080130018800000000001",
    "refundAmount": {"value": "12800", "currency": "EUR"},
    "refundTime": "2026-03-03T01:52:37-07:00",
}
ANTOM_ANSWER = {
    "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"},
    "refundAmount": {"value": "12800", "currency": "EUR"},
    "refundTime": "2026-03-03T01:52:37-07:00",
    "paymentId": "20260301190741010007000000000001",
    "refundRequestId": "R-5001",
    "refundId": "2026030319401080130018800000000001",
}
ANTOM_PAYMENT = {
    "notifyType": "PAYMENT_RESULT",
    "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"},
    "paymentRequestId": "P-5001",
    "paymentId": "20260301190741010007000000000001",
    "paymentAmount": {"value": "12800", "currency": "EUR"},
    "paymentCreateTime": "2026-03-01T01:50:00-08:00",
    "paymentTime": "2026-03-01T01:52:00-08:00",
    "paymentResultInfo": {"cardNo": "************8764", "cardBrand": "VISA"},
}


def without(payload, *names):
    return {name: value for name, value in payload.items() if name not in names}


def query(*dropped, **changes):
    name = "alipay_trade_fastpay_refund_query_response"
    return QUERY | {name: without(QUERY[name], *dropped) | changes}


def antom(status, result="SUCCESS", **changes):
    return (
        without(ANTOM_REFUND, "refundTime")
        | {
            "refundStatus": status,
            "result": {"resultCode": result, "resultStatus": "F", "resultMessage": "…"},
        }
        | changes
    )


def as_facts(payload):
    return [(f.type, f.occurred_at, f.source, f.data) for f in told(FORMAT, payload)[1:]]


def refund_after(*messages):
    (refund,) = fold(*itertools.chain.from_iterable(map(as_facts, messages))).refunds.values()
    return refund


PENDING = query("refund_status", "gmt_refund_pay", "deposit_back_info")
UNTIMED = query("gmt_refund_pay", "deposit_back_info")
EVERY = [
    PAID,
    REFUNDED,
    QUERY,
    PENDING,
    DEPOSIT_BACK,
    ANTOM_REFUND,
    ANTOM_ANSWER,
    ANTOM_PAYMENT,
]


def test_a_paid_trade_is_a_capture():
    facts = told(FORMAT, PAID)

    assert summary(facts) == [("payment.captured", "2026-03-01T10:00:00+08:00")]
    assert facts[1].data == {
        "payment_id": "2026030122001400000000000001",
        "psp_payment_id": "2026030122001400000000000001",
        "psp": "alipay",
        "method": "alipay",
        "amount": 12800,
        "currency": "CNY",
    }
    assert facts[0].occurred_at == "2026-03-01T10:00:05+08:00"
    message = FORMAT.translate("trade_status_sync", PAID, b"")
    assert message.order == "T-4001"
    assert list(message.links) == ["2026030122001400000000000001", "alipay:T-4001"]


@pytest.mark.parametrize(
    ("payload", "types"),
    [
        (PAID | {"trade_status": "TRADE_FINISHED"}, ["payment.captured"]),
        (PAID | {"trade_status": "TRADE_CLOSED"}, ["payment.captured"]),
        (without(PAID, "gmt_payment") | {"trade_status": "TRADE_CLOSED"}, ["payment.failed"]),
        (without(PAID, "gmt_payment") | {"trade_status": "WAIT_BUYER_PAY"}, ["payment.initiated"]),
        (PAID | {"trade_status": "NEW"}, []),
    ],
)
def test_other_trade_states(payload, types):
    assert [fact.type for fact in told(FORMAT, payload)[1:]] == types


def test_the_answer_to_a_query_of_a_trade_tells_the_same_capture():
    answer = {
        "alipay_trade_query_response": {
            "code": "10000",
            "trade_no": "2026030122001400000000000001",
            "out_trade_no": "T-4001",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "128.00",
            "send_pay_date": "2026-03-01 10:00:00",
        },
        "sign": "made-up",
    }

    assert FORMAT.kind_of(answer) == "alipay.trade.query"
    assert as_facts(answer) == as_facts(PAID)


def test_a_call_that_was_refused_tells_nothing():
    assert told(FORMAT, query(code="40004", sub_code="ACQ.TRADE_NOT_EXIST"))[1:] == []


def test_yuan_with_decimals_and_other_currencies():
    def amount(**changes):
        data = told(FORMAT, query(**changes))[1].data
        return data.get("amount"), data.get("currency")

    assert amount(refund_amount="88.88") == (8888, "CNY")
    assert amount(refund_amount="88.8") == (8880, "CNY")
    assert amount(refund_amount=88.88) == (8888, "CNY")
    assert amount(refund_amount="88.888") == (None, None)
    assert amount(refund_amount="5000", refund_currency="JPY") == (5000, "JPY")
    assert amount(refund_amount="50", refund_currency="?") == (None, None)


def test_a_notified_refund_names_itself_but_not_its_amount():
    facts = told(FORMAT, REFUNDED)

    assert summary(facts) == [
        ("payment.captured", "2026-03-01T10:00:00+08:00"),
        ("refund.succeeded", "2026-03-03T09:00:00.123+08:00"),
    ]
    # The sum of all refunds is in the payload; that of this one is not.
    assert facts[2].data == {
        "refund_id": "R-4001",
        "psp_refund_id": "R-4001",
        "psp": "alipay",
        "payment_id": "2026030122001400000000000001",
        "kind": "refund",
        "psp_at": "2026-03-03T09:00:00.123+08:00",
    }
    later = without(REFUNDED, "out_biz_no")
    assert [fact.type for fact in told(FORMAT, later)[1:]] == ["payment.captured"]


def test_a_refund_to_a_card_is_settled_when_the_bank_took_it():
    facts = told(FORMAT, QUERY)

    assert summary(facts) == [
        ("refund.succeeded", "2026-03-03T09:00:00+08:00"),
        ("refund.settled", "2026-03-04T14:03:48+08:00"),
    ]
    assert facts[2].data["destination"] == {"kind": "card"}
    assert facts[2].data["settled_on"] == "2026-03-04"
    assert (facts[2].data["amount"], facts[2].data["currency"]) == (12800, "CNY")


def test_a_card_that_takes_nothing_leaves_the_money_in_the_balance():
    failed = query(deposit_back_info={"has_deposit_back": "true", "dback_status": "F"})

    types = [fact.type for fact in told(FORMAT, failed)[1:]]

    assert types == ["refund.succeeded", "refund.redirected", "refund.settled"]
    assert refund_after(failed).redirected_to.kind == "wallet"
    waiting = query(deposit_back_info={"has_deposit_back": "true", "dback_status": "P"})
    assert [fact.type for fact in told(FORMAT, waiting)[1:]] == ["refund.succeeded"]


def test_a_missing_status_is_pending():
    facts = told(FORMAT, PENDING)

    assert [fact.type for fact in facts[1:]] == ["refund.accepted"]
    assert refund_after(PENDING).state == "pending"
    assert refund_after(query("refund_status", error_code="ACQ.REASON")).state == "failed"


def test_a_success_without_its_time_is_a_success():
    facts = told(FORMAT, UNTIMED)

    assert refund_after(UNTIMED, PENDING).state == "paid"
    assert "psp_at" not in facts[1].data


def test_the_life_of_a_refund_ends_paid_in_whatever_order_it_is_told():
    life = [PENDING, REFUNDED, QUERY, DEPOSIT_BACK]

    for some in itertools.permutations(life):
        refund = refund_after(*some, *some)
        assert (refund.refund_id, refund.state, refund.conflict) == ("R-4001", "paid", ())
        assert refund.destination.kind == "card"
    for size in range(1, 4):
        for some in itertools.combinations(life, size):
            refund = refund_after(*some)
            assert refund.state == ("pending" if some == (PENDING,) else "paid")
            assert refund.payment_id == "2026030122001400000000000001"


def test_a_version_of_the_interface_without_wrapper_is_understood():
    bare = QUERY["alipay_trade_fastpay_refund_query_response"]

    assert FORMAT.kind_of(bare) == "refund"
    assert summary(told(FORMAT, bare)) == summary(told(FORMAT, QUERY))


def test_the_verdict_of_a_refund_needs_no_reference():
    order = [placed(currency="CNY"), *as_facts(PAID)]

    assert code(*order, *as_facts(QUERY)) == "SETTLED_NO_REFERENCE"
    failed = query(deposit_back_info={"dback_status": "F"})
    assert code(*order, *as_facts(failed)) == "OTHER_INSTRUMENT"


@pytest.mark.parametrize(
    ("payload", "what", "state"),
    [
        (ANTOM_REFUND, "refund.succeeded", "paid"),
        (ANTOM_ANSWER, "refund.succeeded", "paid"),
        (antom("FAIL", "PROCESS_FAIL"), "refund.failed", "failed"),
        (antom("FAILED", "PROCESS_FAIL"), "refund.failed", "failed"),
        (antom("CANCELLED"), "refund.cancelled", "cancelled"),
        (antom("PROCESSING"), "refund.accepted", "pending"),
        (antom("FAIL", "MERCHANT_BALANCE_NOT_ENOUGH"), "refund.accepted", "pending"),
        (
            without(ANTOM_ANSWER, "refundTime")
            | {"result": {"resultStatus": "U", "resultCode": "REFUND_IN_PROCESS"}},
            "refund.accepted",
            "pending",
        ),
        (
            without(ANTOM_ANSWER, "refundTime")
            | {"result": {"resultStatus": "F", "resultCode": "ORDER_IS_CLOSED"}},
            "refund.failed",
            "failed",
        ),
    ],
)
def test_antoms_refunds(payload, what, state):
    facts = told(FORMAT, payload)

    assert [fact.type for fact in facts[1:]] == [what]
    assert refund_after(payload).state == state
    data = facts[1].data
    assert (data["refund_id"], data["psp"]) == ("R-5001", "antom")
    assert data["psp_refund_id"] == "2026030319401080130018800000000001"
    assert (data["amount"], data["currency"]) == (12800, "EUR")


def test_antoms_refund_waits_for_money_of_the_sellers():
    waiting = antom("FAIL", "MERCHANT_BALANCE_NOT_ENOUGH")
    order = [placed(), *as_facts(ANTOM_PAYMENT)]

    assert code(*order, *as_facts(waiting)) == "PENDING_NO_FUNDS"
    for some in itertools.permutations([waiting, antom("PROCESSING"), ANTOM_REFUND]):
        assert refund_after(*some, *some).state == "paid"


def test_antoms_payments():
    facts = told(FORMAT, ANTOM_PAYMENT)

    assert summary(facts) == [("payment.captured", "2026-03-01T01:52:00-08:00")]
    assert facts[1].data["instrument"] == {"kind": "card", "brand": "VISA", "last4": "8764"}
    failed = ANTOM_PAYMENT | {"result": {"resultStatus": "F", "resultCode": "RISK_REJECT"}}
    assert told(FORMAT, failed)[1].data["failure_code"] == "RISK_REJECT"
    pending = ANTOM_PAYMENT | {"notifyType": "PAYMENT_PENDING"}
    assert told(FORMAT, pending)[1:] == []
    named = ANTOM_PAYMENT | {"order": {"referenceOrderId": "T-5001"}}
    assert FORMAT.translate("PAYMENT_RESULT", named, b"").order == "T-5001"
    assert FORMAT.translate("PAYMENT_RESULT", ANTOM_PAYMENT, b"").order is None


def test_the_answer_to_a_query_of_antoms_payment_tells_its_refunds():
    answer = without(ANTOM_PAYMENT, "notifyType") | {
        "paymentStatus": "SUCCESS",
        "transactions": [
            {
                "transactionType": "REFUND",
                "transactionStatus": "SUCCESS",
                "transactionRequestId": "R-5001",
                "transactionId": "2026030319401080130018800000000001",
                "transactionAmount": {"value": "12800", "currency": "EUR"},
                "transactionTime": "2026-03-03T01:52:37-07:00",
                "transactionResult": {"resultStatus": "S", "resultCode": "SUCCESS"},
            },
            {"transactionType": "CAPTURE"},
        ],
    }

    assert FORMAT.kind_of(answer) == "antom.payment"
    assert [fact.type for fact in told(FORMAT, answer)[1:]] == [
        "payment.captured",
        "refund.succeeded",
    ]
    assert as_facts(answer)[1] == as_facts(ANTOM_ANSWER)[0]
    asked = without(answer, "paymentStatus", "transactions")
    assert told(FORMAT, asked)[1:] == []


def test_nothing_of_the_buyer_leaves_the_payload():
    text = json.dumps([fact.data for each in EVERY for fact in told(FORMAT, each)[1:]])

    assert "example.org" not in text
    assert "2088000000000001" not in text


def test_the_reference_names_the_events_that_are_told_and_no_others():
    more = [
        without(PAID, "gmt_payment") | {"trade_status": "TRADE_CLOSED"},
        without(PAID, "gmt_payment") | {"trade_status": "WAIT_BUYER_PAY"},
        query(deposit_back_info={"dback_status": "F"}),
        antom("FAIL", "PROCESS_FAIL"),
        antom("CANCELED"),
    ]
    facts = [fact for each in [*EVERY, *more] for fact in told(FORMAT, each)]

    assert {fact.type for fact in facts} - {MESSAGE} == documented("Alipay")
    for fact in facts:
        assert set(fact.data) <= set(catalogue.find(fact.type).fields), fact.type


def test_only_its_own_payloads_are_claimed():
    for payload in EVERY:
        assert [name for name, form in FORMATS.items() if form.kind_of(payload)] == ["alipay"]
    for file in SHARED.rglob("*.json") if SHARED.is_dir() else ():
        try:
            value = json.loads(file.read_text())
        except ValueError:
            continue
        assert not list(payloads((FORMAT,), value)), file


@unhurried
@given(garbled(EVERY))
def test_garbled_payloads_never_raise(payload):
    for _, _, each in payloads((FORMAT,), payload):
        assert told(FORMAT, each)[0].data["links"]


@unhurried
@given(st.text())
def test_any_content_of_a_message_is_kept(content):
    payload = DEPOSIT_BACK | {"biz_content": content}
    if content:
        assert told(FORMAT, payload)[0].type == MESSAGE


NOW = 1_772_500_000
ALIPAYS = rsa.generate_private_key(65537, 2048)
NEWER = rsa.generate_private_key(65537, 2048)


def pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def bare(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(
        key.public_key().public_bytes(serialization.Encoding.DER, form)
    ).decode()


def sign(key, content):
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def signed_fields(key, fields=PAID):
    pairs = [f"{name}={fields[name]}" for name in sorted(fields)]
    made = sign(key, "&".join(pairs).encode(fields["charset"]))
    return fields | {"sign": made, "sign_type": "RSA2"}


def form(key, fields=PAID):
    return urlencode(signed_fields(key, fields), encoding=fields["charset"]).encode()


def refusal(raw, headers=None, keys=None, now=NOW):
    with pytest.raises(SignatureError) as caught:
        FORMAT.check(raw, headers or {}, [pem(ALIPAYS)] if keys is None else keys, now)
    return caught.value.code


def test_a_form_is_opened_as_json_of_its_fields():
    opened = json.loads(FORMAT.opened(form(ALIPAYS), []))

    assert without(opened, "sign", "sign_type") == PAID
    assert summary(told(FORMAT, opened)) == summary(told(FORMAT, PAID))
    chinese = json.loads(FORMAT.opened(form(ALIPAYS, PAID | {"charset": "gbk"}), []))
    assert chinese["subject"] == "测试商品"
    for body in (b"", b"{}", json.dumps(ANTOM_REFUND).encode()):
        assert FORMAT.opened(body, []) == body


@pytest.mark.parametrize(
    "raw", [b"\xff", b"a", b"a=%E6&charset=utf-8", b"a=1&a=2", b"a=1&charset=utf-7", b"x=1&" * 300]
)
def test_what_is_no_form_is_refused(raw):
    with pytest.raises(SignatureError) as caught:
        FORMAT.opened(raw, [])
    assert caught.value.code == "signature-form"
    assert refusal(raw) == "signature-form"


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_a_signature_by_any_key_is_accepted(charset):
    # O-14
    fields = PAID | {"charset": charset}
    FORMAT.check(form(ALIPAYS, fields), {}, [pem(ALIPAYS)], NOW)
    FORMAT.check(form(ALIPAYS, fields), {}, [bare(ALIPAYS)], NOW)
    FORMAT.check(form(ALIPAYS, fields), {}, ["garbage", bare(NEWER), pem(ALIPAYS)], NOW)
    FORMAT.check(form(NEWER, fields), {}, [pem(NEWER), pem(ALIPAYS)], NOW)
    as_json = json.dumps(signed_fields(ALIPAYS, fields)).encode()
    FORMAT.check(as_json, {}, [pem(ALIPAYS)], NOW)


def test_what_is_not_signed_is_refused():
    good = signed_fields(ALIPAYS)

    def changed(**changes):
        return refusal(json.dumps(good | changes).encode())

    assert refusal(urlencode(PAID).encode()) == "signature-missing"
    assert changed(sign="%%") == "signature-form"
    assert changed(sign_type="RSA") == "signature-form"
    assert changed(total_amount=128) == "signature-form"
    assert refusal(form(NEWER)) == "signature-wrong"
    assert refusal(form(ALIPAYS), keys=[]) == "signature-wrong"
    assert changed(extra="1") == "signature-wrong"
    assert refusal(json.dumps(without(good, "body", "subject")).encode()) == "signature-wrong"
    for name in PAID:
        if name != "charset":
            assert changed(**{name: good[name] + "0"}) == "signature-wrong"


BODY = json.dumps(ANTOM_REFUND).encode()
ADDRESS = "/v1/webhooks/alipay/example"


def antoms(key, body=BODY, at=f"{NOW}123", path=ADDRESS):
    made = sign(key, f"POST {path}\nSANDBOX_TEST.{at}.".encode() + body)
    return {
        "client-id": "SANDBOX_TEST",
        "request-time": at,
        "signature": f"algorithm=RSA256, keyVersion=2, signature={quote(made, safe='')}",
        ":path": ADDRESS,
    }


def test_antoms_signature_covers_address_client_time_and_body():
    # O-14
    FORMAT.check(BODY, antoms(ALIPAYS), [pem(NEWER), bare(ALIPAYS)], NOW + 300)
    FORMAT.check(BODY, antoms(NEWER), [pem(NEWER), pem(ALIPAYS)], NOW - 300)
    FORMAT.check(BODY, antoms(ALIPAYS, at="2026-03-03T01:06:40Z"), [pem(ALIPAYS)], NOW)
    good = antoms(ALIPAYS)
    assert refusal(BODY, good | {":path": "/other"}) == "signature-wrong"
    assert refusal(BODY, good | {"client-id": "OTHER"}) == "signature-wrong"
    assert refusal(BODY, good | {"request-time": f"{NOW}124"}) == "signature-wrong"
    assert refusal(BODY, antoms(NEWER)) == "signature-wrong"
    assert refusal(BODY, good, keys=[]) == "signature-wrong"
    for name in ("client-id", "request-time", ":path"):
        assert refusal(BODY, without(good, name)) == "signature-missing"
    assert refusal(BODY, good | {"signature": "garbage"}) == "signature-form"
    assert refusal(BODY, good | {"signature": "algorithm=RSA256,signature=%25"}) == "signature-form"
    for place in range(0, len(BODY), 37):
        flipped = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert refusal(flipped, good) == "signature-wrong"


def test_an_old_notification_of_antoms_is_refused():
    # O-13
    assert refusal(BODY, antoms(ALIPAYS), now=NOW + 301) == "signature-old"
    assert refusal(BODY, antoms(ALIPAYS), now=NOW + 600) == "signature-old"
    assert refusal(BODY, antoms(ALIPAYS, at="soon")) == "signature-form"
