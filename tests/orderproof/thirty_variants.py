"""More ways to some of the verdicts, each with a sentence or a cause of its own."""

from tests.orderproof.shop_stories import (
    ARN,
    CH,
    FOUND,
    PAID,
    RE,
    SUCCEEDED,
    adyen_item,
    adyen_paid,
    approved,
    asked,
    charge,
    refund,
    shopify,
    shopify_refund,
    staff,
    stripe,
    unix,
    with_arn,
    woocommerce,
)
from tests.orderproof.thirty_cases import (
    CASES,
    EVIL,
    LATE,
    PAYPAL_PAID,
    PAYPAL_SALE,
    SHOWN,
    SOON,
    Case,
    paid_with_stripe,
)

SECOND = "re_3TestThirty0002"
SETTLED = CASES["SETTLED_REFERENCE_GIVEN"].files

VARIANTS = {
    "NEVER_CAPTURED: the capture failed after all": Case(
        files=(
            (adyen_item("CAPTURE_FAILED", "03-04", "CAPTURE000000001"),),
            tuple(adyen_paid()),
            (shopify(gateway="adyen"),),
        ),
        as_of=SOON,
        actor="nobody",
        en=("No money was taken", "please send us a copy"),
        zh=("从未扣款",),
    ),
    "SOURCE_GAP: the sum on the charge is all that is known": Case(
        files=(
            (stripe("charge.refunded", charge(12800)),),
            (paid_with_stripe(),),
        ),
        as_of=LATE,
        actor="seller",
        en=("Messages of Stripe about the refund of EUR 128.00 are missing",),
        zh=("Stripe", "EUR 128.00", "消息缺失"),
    ),
    "SOURCE_GAP: cancelled, and the sum is all that is known": Case(
        files=(
            (paid_with_stripe(cancelled_at="2025-03-04T09:00:00Z", cancel_reason="customer"),),
            (stripe("charge.refunded", charge(12800)),),
        ),
        as_of=LATE,
        actor="seller",
        en=("Messages of Stripe about the refund of EUR 128.00 are missing",),
        zh=("Stripe", "EUR 128.00", "消息缺失"),
        never=("owed",),
    ),
    "REQUESTED_UNDECIDED: the customer asked, and nobody opened a refund": Case(
        files=(
            (staff("aftersales.requested", "03-05T09:00", case_id="a-1", kind="refund_only",
                   text=EVIL),),
            (PAYPAL_PAID,),
            (shopify(gateway="paypal", transactions=[PAYPAL_SALE]),),
        ),
        as_of=SOON,
        actor="seller",
        en=("Money back was asked for on 2025-03-05", "nobody has decided"),
        zh=("2025-03-05", "要求退款"),
        never=("script",),
    ),
    "REFUND_CANCELLED: the bank details never came": Case(
        files=CASES["PENDING_CUSTOMER_ACTION"].files,
        as_of="2025-04-20",
        actor="seller",
        en=("EUR 128.00 lapsed on 2025-04-19", "bank details did not come"),
        zh=("EUR 128.00", "2025-04-19", "失效"),
    ),
    "SUCCEEDED_REFERENCE_PENDING: for too long": Case(
        files=CASES["SUCCEEDED_REFERENCE_PENDING"].files,
        as_of="2025-03-13",
        actor="seller",
        en=("We returned EUR 128.00", "(the Visa card ending 4242)"),
        zh=("EUR 128.00", "尾号 4242 的 Visa 卡"),
    ),
    "OTHER_INSTRUMENT: by bank transfer, after the card had refused it": Case(
        files=(
            (
                staff("refund.offline_recorded", "03-12T09:00", refund_id=RE, amount=12800,
                      currency="EUR", method="bank_transfer", reference=EVIL,
                      approvers=["staff-7", "staff-8"], payee="DE00 0000 0000"),
            ),
            (stripe("refund.failed", refund("failed", failure_reason="lost_or_stolen_card"),
                    "03-10", previous={"status": "pending"}),),
            (shopify_refund(status="pending"),),
            (paid_with_stripe(),),
            (PAID,),
        ),
        as_of=LATE,
        actor="customer",
        en=("EUR 128.00", "2025-03-12", "bank transfer", SHOWN),
        zh=("EUR 128.00", "2025-03-12", SHOWN),
        never=("DE00", "original payment method", "4242"),
    ),
    "COMPENSATION_INSTEAD: other goods": Case(
        files=(
            (staff("exchange.agreed", "03-06T09:00", new_order_id="T02", case_id="a-1"),),
            (woocommerce(),),
            (PAID,),
        ),
        as_of=LATE,
        actor="seller",
        en=("An exchange was agreed on 2025-03-06",),
        zh=("2025-03-06", "换货"),
    ),
    "DUPLICATE_REFUND: the one that was replaced was paid after all": Case(
        files=(
            (stripe("refund.created", refund(id=SECOND, created=unix("03-12"), amount=6400,
                                             **with_arn()), "03-12"),),
            (staff("refund.reissued", "03-12T10:00", refund_id=RE, new_refund_id=SECOND),),
            (FOUND, SUCCEEDED),
            (PAID,),
            (paid_with_stripe(),),
        ),
        as_of=LATE,
        actor="seller",
        en=("both paid, EUR 192.00 in all",),
        zh=("EUR 192.00", "均已支付"),
    ),
    "EVIDENCE_CONFLICT: two reports of one settlement": Case(
        files=(
            (staff("refund.settled", "03-09T09:00", refund_id=RE, amount=11800, currency="EUR",
                   settled_on="2025-03-08", source="bank statement"),),
            *SETTLED,
        ),
        as_of=LATE,
        actor="auditor",
        en=("contradict each other", "EUR 128.00, EUR 118.00"),
        zh=("相互矛盾", "EUR 128.00, EUR 118.00"),
    ),
    "FAILED_NOT_REISSUED: it bounced after its reference was given": Case(
        files=(
            (stripe("refund.failed", refund("failed", failure_reason="expired_or_canceled_card",
                                            failure_balance_transaction="txn_back", **with_arn()),
                    "03-14", previous={"status": "succeeded"}),),
            *SETTLED,
        ),
        as_of=LATE,
        actor="seller",
        en=("EUR 128.00 failed on 2025-03-14", "expired or canceled card"),
        zh=("EUR 128.00", "2025-03-14", "没有到账"),
        never=(ARN,),
    ),
    "NEVER_REQUESTED: only an inquiry of the bank": Case(
        files=(
            (
                {
                    "id": "evt_inquiry", "object": "event", "type": "charge.dispute.created",
                    "created": unix("03-10"), "livemode": True,
                    "data": {"object": {
                        "id": "dp_1", "object": "dispute", "amount": 12800, "charge": CH,
                        "created": unix("03-10"), "currency": "eur", "livemode": True,
                        "evidence_details": {"due_by": unix("03-20")},
                        "reason": "general", "status": "warning_needs_response",
                    }},
                },
            ),
            (PAID,),
            (paid_with_stripe(),),
        ),
        as_of=LATE,
        actor="seller",
        en=("EUR 128.00 was paid", "no refund of it was requested"),
        zh=("EUR 128.00", "没有退款申请"),
    ),
    "APPROVED_NOT_SUBMITTED: staff decided at the desk": Case(
        files=((approved(amount=4200), asked()), (PAID,), (woocommerce(),)),
        as_of=SOON,
        actor="seller",
        en=("EUR 42.00 was approved on 2025-03-05",),
        zh=("EUR 42.00", "2025-03-05"),
        never=("128.00",),
    ),
}  # fmt: skip
