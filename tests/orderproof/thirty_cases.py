"""One realistic case for each verdict: what came in, what is asked, what the answer must say."""

from dataclasses import dataclass

from tests.orderproof.shop_stories import (
    ARN,
    FOUND,
    NUMBER,
    PAID,
    RE,
    SUCCEEDED,
    adyen_item,
    adyen_paid,
    approved,
    asked,
    charge,
    delivered,
    dispute,
    parcel,
    refund,
    sale,
    shopify,
    shopify_refund,
    staff,
    stripe,
    to_card,
    unix,
    with_arn,
    woo_refund,
    woocommerce,
    wrote,
)
from tests.sources import paypal_payloads as paypal
from tests.sources import test_adyen as adyen
from tests.sources import test_alipay as alipay
from tests.sources import test_amazon as amazon
from tests.sources import test_wechatpay as wechat

SOON, LATE = "2025-03-10", "2025-09-15"
EVIL = "=cmd|'/C calc'!A0 <script>alert(1)</script> \u202e\U00020bb7"
"""What a spreadsheet, a browser, a terminal or a font may stumble over."""
SHOWN = EVIL.replace("\u202e", "�")


@dataclass(frozen=True)
class Case:
    """One case.

    Args:
        files: payloads by file, in the order in which they are imported.
        as_of: day of the answer.
        actor: who must act next.
        en: what the English letter says.
        zh: what the Chinese letter says.
        order: what is asked for.
        expected_by: last day in time of the refund that decides.
        refund: verdicts of the obligations; the order's own alone where nothing else is said.
        never: what no letter may say.
    """

    files: tuple[tuple[dict, ...], ...]
    as_of: str
    actor: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    order: str = NUMBER
    expected_by: str | None = None
    refunds: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()


def paid_with_stripe(*transactions, **changes):
    return shopify(transactions=[sale(), *transactions], **changes)


PAYPAL_SALE = sale(paypal.CAPTURE, "paypal")
PAYPAL_PAID = paypal.event(
    "PAYMENT.CAPTURE.COMPLETED", paypal.capture(), "2025-03-03T09:01:05Z", "WH-1"
)
WECHAT = wechat.PAYMENT | {"out_trade_no": NUMBER}
WECHAT_REFUND = wechat.ANSWER | {"out_trade_no": NUMBER}
_QUERIED = alipay.QUERY["alipay_trade_fastpay_refund_query_response"] | {"out_trade_no": NUMBER}
ALIPAY_REFUND = {
    "alipay_trade_fastpay_refund_query_response": alipay.without(_QUERIED, "deposit_back_info"),
    "sign": "made-up",
}
ALIPAY = alipay.PAID | {"out_trade_no": NUMBER}
CHINESE = shopify(
    customer_locale="zh-CN",
    name="王 \U00020bb7",
    currency="CNY",
    presentment_currency="CNY",
    created_at="2026-03-01T09:00:00+08:00",
    processed_at="2026-03-01T09:00:00+08:00",
    updated_at="2026-03-01T09:00:00+08:00",
    status="pending",
) | {"name": f"#{NUMBER}"}
AMAZON_SHIPPED = amazon.shipment_event()

CASES = {
    "ORDER_NOT_FOUND": Case(
        files=((paid_with_stripe(),), (PAID,)),
        order=EVIL,
        as_of=SOON,
        actor="customer",
        en=(SHOWN, "There is no order with these details", "send us the order number"),
        zh=(SHOWN, "没有找到", "请将订单号"),
    ),
    "NEVER_CAPTURED": Case(
        files=(
            (adyen_item("CANCELLATION", "03-04", "CANCEL0000000001"),),
            (shopify(status="voided", gateway="adyen"),),
            (adyen.batch(adyen.PAID[0]),),
        ),
        as_of=SOON,
        actor="nobody",
        en=("No money was taken", "your bank releases it by itself"),
        zh=("从未扣款", "银行会自行释放"),
    ),
    "NEVER_REQUESTED": Case(
        files=(
            (delivered(),),
            (PAID,),
            (paid_with_stripe(fulfillments=[parcel()]),),
        ),
        as_of=LATE,
        actor="seller",
        en=("EUR 128.00 was paid for this order on 2025-03-03", "tell us for which goods"),
        zh=("EUR 128.00", "2025-03-03", "没有退款申请"),
    ),
    "CANCELLED_BUT_NO_REFUND": Case(
        files=(
            tuple(reversed(adyen_paid())),
            (
                shopify(
                    gateway="adyen",
                    cancelled_at="2025-03-04T09:00:00+01:00",
                    cancel_reason="customer",
                    updated_at="2025-03-04T09:00:00+01:00",
                    note=EVIL,
                ),
            ),
        ),
        as_of=SOON,
        actor="seller",
        en=("cancelled on 2025-03-04", "EUR 128.00 of the EUR 128.00", "is owed", "2025-03-17"),
        zh=("2025-03-04", "EUR 128.00", "从未退还", "2025-03-17"),
    ),
    "REQUESTED_UNDECIDED": Case(
        files=(
            (wrote(EVIL, "03-05T08:59"), asked()),
            (PAYPAL_PAID,),
            (woocommerce(method="ppcp-gateway", payment=paypal.CAPTURE, intent=None),),
        ),
        as_of=SOON,
        actor="seller",
        en=("EUR 128.00 was requested on 2025-03-05 and is not decided", "2025-03-17"),
        zh=("EUR 128.00", "2025-03-05", "尚未作出决定", "2025-03-17"),
        never=("script",),
    ),
    "REJECTED": Case(
        files=(
            (staff("refund.rejected", "03-06T09:00", refund_id="R-1", reason_code=EVIL),),
            (asked(),),
            (PAID,),
            (paid_with_stripe(),),
        ),
        as_of=SOON,
        actor="customer",
        en=("EUR 128.00 was refused on 2025-03-06", SHOWN, "answer this letter"),
        zh=("EUR 128.00", "2025-03-06", "被拒绝", SHOWN, "请回复本函"),
    ),
    "APPROVED_NOT_SUBMITTED": Case(
        files=(
            (woo_refund(False),),
            (
                woocommerce(
                    "refunded",
                    method="bacs",
                    payment="",
                    intent=None,
                    refunds=[{"id": 728, "reason": EVIL, "total": "-128.00"}],
                ),
            ),
        ),
        as_of=SOON,
        actor="seller",
        en=("EUR 128.00 was approved on 2025-03-05", "does not show that it was sent"),
        zh=("EUR 128.00", "2025-03-05", "已批准"),
        never=("script",),
    ),
    "SUBMISSION_UNKNOWN": Case(
        files=(
            (
                staff("refund.submission_unknown", "03-05T10:31", refund_id="R-1",
                      psp="paypal", idempotency_key="k-1", error="timeout"),
                staff("refund.submitted", "03-05T10:30", refund_id="R-1", amount=12800,
                      currency="EUR", psp="paypal", idempotency_key="k-1"),
                approved(),
                asked(),
            ),
            (shopify(gateway="paypal", transactions=[PAYPAL_SALE]),),
            (PAYPAL_PAID,),
        ),
        as_of=SOON,
        actor="seller",
        en=("EUR 128.00 was sent to PayPal on 2025-03-05", "not known yet", "2025-03-17"),
        zh=("EUR 128.00", "PayPal", "2025-03-05", "尚不清楚"),
        never=("k-1",),
    ),
    "PENDING_NO_FUNDS": Case(
        files=(
            (stripe("refund.updated", refund("pending", pending_reason="insufficient_funds"),
                    "03-06", previous={"pending_reason": "processing"}),),
            (stripe("refund.created", refund("pending", pending_reason="processing")),),
            (shopify_refund(status="pending"),),
            (PAID,),
            (paid_with_stripe(),),
        ),
        as_of=SOON,
        actor="seller",
        en=("Stripe accepted the refund of EUR 128.00 on 2025-03-06", "our balance"),
        zh=("Stripe", "EUR 128.00", "2025-03-06", "余额不足"),
    ),
    "PENDING_CUSTOMER_ACTION": Case(
        files=(
            (
                stripe(
                    "refund.created",
                    refund(
                        "requires_action",
                        destination_details={"type": "multibanco", "multibanco": {}},
                        next_action={
                            "type": "display_details",
                            "display_details": {
                                "email_sent": {"email_sent_to": "ada@example.org"},
                                "expires_at": unix("04-19"),
                            },
                        },
                    ),
                ),
            ),
            (
                stripe(
                    "charge.succeeded",
                    charge(payment_method_details={"type": "multibanco", "multibanco": {}}),
                    "03-03",
                ),
            ),
            (woocommerce(method="stripe_multibanco"),),
        ),
        as_of=SOON,
        actor="customer",
        en=("EUR 128.00 waits", "Please give Stripe the bank details", "by 2025-04-19"),
        zh=("EUR 128.00", "向 Stripe 提供银行信息", "2025-04-19"),
    ),
    "PENDING_WITHIN_WINDOW": Case(
        files=(
            (wechat.notification(wechat.PROCESSING | {"out_trade_no": NUMBER}, number=2),),
            (wechat.PROCESSING | {"out_trade_no": NUMBER},),
            (WECHAT,),
            (CHINESE,),
        ),
        as_of="2026-03-04",
        actor="PSP",
        expected_by="2026-03-05",
        en=("WeChat Pay accepted the refund of CNY 128.00 on 2026-03-02", "by 2026-03-05"),
        zh=("CNY 128.00", "2026-03-02", "2026-03-05", "支付机构正在处理"),
    ),
    "PENDING_OVERDUE": Case(
        files=(
            (adyen_item("CANCEL_OR_REFUND",
                        additionalData={"modification.action": "refund"}),),
            tuple(adyen_paid()),
            (shopify(gateway="adyen"),),
        ),
        as_of=LATE,
        actor="seller",
        expected_by="2025-03-19",
        en=("Adyen accepted the refund of EUR 128.00 on 2025-03-05", "did not complete it by"),
        zh=("Adyen", "EUR 128.00", "2025-03-05", "未能在 2025-03-19 前完成"),
    ),
    "SUCCEEDED_REFERENCE_PENDING": Case(
        files=((SUCCEEDED,), (shopify_refund(),), (paid_with_stripe(),), (PAID,)),
        as_of="2025-03-06",
        actor="PSP",
        expected_by="2025-03-19",
        en=("We returned EUR 128.00", "on 2025-03-05", "usually comes within 3 working days"),
        zh=("EUR 128.00", "2025-03-05", "3 个工作日"),
    ),
    "SETTLED_WITHIN_WINDOW": Case(
        files=(
            (adyen_item("REFUND", additionalData={"arn": ARN}),),
            tuple(adyen_paid()),
            (shopify(gateway="adyen", name=EVIL),),
        ),
        as_of=SOON,
        actor="customer's bank",
        expected_by="2025-03-19",
        en=("EUR 128.00", "2025-03-05", f"ARN {ARN}", "until 2025-03-19", "trace with Adyen",
            "(the Visa card ending 4242)"),
        zh=("EUR 128.00", "2025-03-05", f"ARN {ARN}", "2025-03-19", "通过 Adyen 追查"),
        never=("script",),
    ),
    "SETTLED_REFERENCE_GIVEN": Case(
        files=(
            (stripe("refund.updated", refund(
                **with_arn(),
                balance_transaction={"id": "txn_1", "object": "balance_transaction",
                                     "amount": -12800, "currency": "eur", "type": "refund",
                                     "created": unix("03-05"), "available_on": unix("03-07"),
                                     "status": "available", "source": RE},
            ), "03-08"),),
            (FOUND,),
            (delivered(),),
            (SUCCEEDED, PAID),
            (shopify_refund(),),
            (paid_with_stripe(fulfillments=[parcel()]),),
        ),
        as_of=LATE,
        actor="customer's bank",
        expected_by="2025-03-19",
        en=("On 2025-03-05 we returned EUR 128.00 to the Visa card ending 4242",
            "2025-03-03", "2025-03-07", f"ARN {ARN}",
            "in writing", "trace with Stripe"),
        zh=("2025-03-05", "EUR 128.00", "2025-03-03", "尾号 4242 的 Visa 卡", f"ARN {ARN}",
            "通过 Stripe 追查"),
    ),
    "SETTLED_NO_REFERENCE": Case(
        files=(
            (ALIPAY_REFUND,),
            (alipay.REFUNDED | {"out_trade_no": NUMBER},),
            (ALIPAY,),
            (CHINESE,),
        ),
        as_of="2026-09-01",
        actor="customer's bank",
        en=("CNY 128.00", "2026-03-03", "R-4001", "gives no bank reference"),
        zh=("CNY 128.00", "2026-03-03", "R-4001", "没有银行参考号"),
        never=("ARN",),
    ),
    "REVERSED_NO_CREDIT_LINE": Case(
        files=(
            (stripe("charge.refund.updated", refund(**to_card("reversal")), "03-06",
                    previous=to_card("pending")),),
            (SUCCEEDED,),
            (PAID,),
            (woo_refund(True, meta_data=[{"key": "_stripe_refund_id", "value": RE}]),),
            (woocommerce("refunded", refunds=[{"id": 728, "reason": "", "total": "-128.00"}]),),
        ),
        as_of=LATE,
        actor="nobody",
        en=("EUR 128.00 was reversed on 2025-03-05", "original charge", "No separate credit"),
        zh=("EUR 128.00", "2025-03-05", "原扣款", "不会另有入账记录"),
        never=("ARN", "in writing"),
    ),
    "FAILED_NOT_REISSUED": Case(
        files=(
            (wechat.notification(
                wechat.ABNORMAL | {"out_trade_no": NUMBER}, event="REFUND.ABNORMAL"
            ),),
            (WECHAT,),
            (wechat.PROCESSING | {"out_trade_no": NUMBER},),
            (CHINESE,),
        ),
        as_of="2026-03-10",
        actor="seller",
        en=("CNY 128.00 failed on 2026-03-03", "did not arrive", "by 2026-03-17"),
        zh=("CNY 128.00", "2026-03-03", "没有到账", "2026-03-17"),
    ),
    "FAILED_REISSUED": Case(
        files=(
            (stripe("refund.created", refund(id="re_3TestThirty0002", created=unix("03-12"),
                                             **with_arn()), "03-12"),),
            (staff("refund.reissued", "03-12T10:00", refund_id=RE,
                   new_refund_id="re_3TestThirty0002", route="original", why="card expired"),),
            (stripe("refund.failed",
                    refund("failed", failure_reason="expired_or_canceled_card",
                           failure_balance_transaction="txn_back"),
                    "03-10", previous={"status": "succeeded"}),),
            (SUCCEEDED, PAID),
            (paid_with_stripe(),),
        ),
        as_of=LATE,
        actor="customer's bank",
        expected_by="2025-03-26",
        refunds=("FAILED_REISSUED", "SETTLED_REFERENCE_GIVEN"),
        en=("EUR 128.00", "2025-03-12", f"ARN {ARN}", "the Visa card ending 4242"),
        zh=("EUR 128.00", "2025-03-12", f"ARN {ARN}"),
        never=("2025-03-05",),
    ),
    "REFUND_CANCELLED": Case(
        files=(
            (stripe("refund.updated", refund("canceled", failure_reason="merchant_request"),
                    "03-06", previous={"status": "pending"}),),
            (stripe("refund.created", refund("pending")),),
            (PAID,),
            (paid_with_stripe(),),
        ),
        as_of=SOON,
        actor="seller",
        en=("EUR 128.00 was cancelled on 2025-03-06", "merchant request", "not paid"),
        zh=("EUR 128.00", "2025-03-06", "merchant request", "没有支付"),
    ),
    "AMOUNT_MISMATCH": Case(
        files=(
            (paypal.event("PAYMENT.CAPTURE.REFUNDED",
                          paypal.refund(amount=paypal.money("118.00"),
                                        acquirer_reference_number=ARN)),),
            (shopify_refund(paypal.REFUND, "paypal"),),
            (shopify(gateway="paypal", transactions=[PAYPAL_SALE]),),
            (PAYPAL_PAID,),
        ),
        as_of=LATE,
        actor="seller",
        en=("We returned EUR 118.00", "2025-03-05", "EUR 128.00 was agreed", ARN),
        zh=("EUR 118.00", "2025-03-05", "EUR 128.00", ARN),
    ),
    "OTHER_INSTRUMENT": Case(
        files=(
            (WECHAT_REFUND | {"channel": "OTHER_BALANCE",
                              "user_received_account": "支付用户零钱"},),
            (CHINESE,),
            (WECHAT,),
        ),
        as_of="2026-09-01",
        actor="customer",
        en=("CNY 128.00", "2026-03-03", "to the wallet", "not to the card"),
        zh=("CNY 128.00", "2026-03-03", "钱包"),
    ),
    "COMPENSATION_INSTEAD": Case(
        files=(
            (
                staff("compensation.accepted", "03-06T10:00", compensation_id="c-1",
                      kind="coupon", amount=3000, currency="EUR", message_id="m-1"),
                staff("compensation.offered", "03-05T10:00", compensation_id="c-1",
                      kind="coupon", amount=3000, currency="EUR"),
                wrote(EVIL, "03-06T09:59"),
            ),
            (PAYPAL_PAID,),
            (shopify(gateway="paypal", transactions=[PAYPAL_SALE]),),
        ),
        as_of=LATE,
        actor="seller",
        en=("EUR 30.00", "accepted on 2025-03-06", "If you did not accept it"),
        zh=("EUR 30.00", "2025-03-06", "如您并未接受"),
        never=("script",),
    ),
    "DISPUTE_OPEN": Case(
        files=(
            (adyen.batch(adyen.item(
                "NOTIFICATION_OF_CHARGEBACK", at="2025-03-10T12:00:00Z",
                pspReference="DISPUTE000000001", reason="Credit Not Processed",
                additionalData={"defensePeriodEndsAt": "2025-03-24T00:00:00+00:00"},
            )),),
            tuple(adyen_paid()),
            (shopify(gateway="adyen"),),
        ),
        as_of="2025-03-12",
        actor="customer's bank",
        en=("EUR 128.00 was opened with the bank on 2025-03-10", "nothing is refunded beside it"),
        zh=("EUR 128.00", "2025-03-10", "尚未裁定"),
    ),
    "DISPUTE_WON_BY_CUSTOMER": Case(
        files=(
            (paypal.event("CUSTOMER.DISPUTE.RESOLVED",
                          paypal.resolved("RESOLVED_BUYER_FAVOUR", refunded=paypal.money()),
                          "2025-03-20T12:00:05Z", "WH-3"),),
            (paypal.event("CUSTOMER.DISPUTE.CREATED", paypal.dispute(),
                          "2025-03-10T12:00:05Z", "WH-2"),),
            (PAYPAL_PAID,),
            (shopify(gateway="paypal", transactions=[PAYPAL_SALE]),),
        ),
        as_of=LATE,
        actor="nobody",
        en=("EUR 128.00 came back", "2025-03-20", "card or account that you disputed"),
        zh=("EUR 128.00", "2025-03-20", "争议退回"),
    ),
    "DUPLICATE_REFUND": Case(
        files=(
            (stripe("charge.dispute.closed", dispute("lost"), "05-12",
                    previous={"status": "under_review"}),),
            (stripe("charge.dispute.created", dispute("needs_response"), "03-10"),),
            (FOUND, SUCCEEDED, PAID),
            (shopify_refund(),),
            (paid_with_stripe(),),
        ),
        as_of=LATE,
        actor="seller",
        en=("EUR 256.00 was returned for EUR 128.00 paid",),
        zh=("EUR 256.00", "EUR 128.00", "超出应退金额"),
    ),
    "HANDLED_BY_PLATFORM": Case(
        files=((AMAZON_SHIPPED,), (amazon.order("Shipped"),)),
        order=amazon.ORDER_ID,
        as_of=LATE,
        actor="platform",
        en=(amazon.ORDER_ID, "Amazon", "Please ask Amazon about the refund"),
        zh=(amazon.ORDER_ID, "请向亚马逊查询退款"),
    ),
    "CONFIRMED_RECEIVED": Case(
        files=(
            (
                staff("refund.customer_confirmed", "03-12T09:05", refund_id=RE, message_id="m-1"),
                wrote(f"Thank you, it is there! {EVIL}"),
            ),
            (FOUND,),
            (SUCCEEDED,),
            (woo_refund(True, meta_data=[{"key": "_stripe_refund_id", "value": RE}]),),
            (woocommerce("refunded", refunds=[{"id": 728, "reason": "", "total": "-128.00"}]),),
            (PAID,),
        ),
        as_of=LATE,
        actor="nobody",
        en=("EUR 128.00", "2025-03-05", "confirmed on 2025-03-12", "You told us yourself"),
        zh=("EUR 128.00", "2025-03-05", "2025-03-12", "您曾亲自告知"),
        never=("script", "in writing"),
    ),
    "SOURCE_GAP": Case(
        files=(
            (staff("psp_account.closed", "03-07T00:00", psp="stripe", account_ref="acct_1",
                   at="2025-03-07T00:00:00Z"),),
            (stripe("refund.created", refund("pending", pending_reason="processing")),),
            (paid_with_stripe(),),
            (PAID,),
        ),
        as_of=LATE,
        actor="seller",
        en=("Messages of Stripe about the refund of EUR 128.00 are missing", "by 2025-09-22"),
        zh=("Stripe", "EUR 128.00", "消息缺失", "2025-09-22"),
    ),
    "EVIDENCE_CONFLICT": Case(
        files=(
            (staff("claim.counter_evidence", "04-20T09:00", claim_id="c-1", refund_id=RE,
                   statement=EVIL),),
            (FOUND, SUCCEEDED),
            (PAID,),
            (paid_with_stripe(),),
        ),
        as_of=LATE,
        actor="auditor",
        en=("EUR 128.00", "2025-03-05", "a bank statement of the customer", "2025-09-22"),
        zh=("EUR 128.00", "2025-03-05", "银行对账单", "2025-09-22"),
        never=("script",),
    ),
}  # fmt: skip
