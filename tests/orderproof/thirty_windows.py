"""What a provider's window decides, by the payloads of one refund each."""

from dataclasses import dataclass

from tests.orderproof.shop_stories import (
    ARN,
    FOUND,
    NUMBER,
    PAID,
    SUCCEEDED,
    adyen_item,
    adyen_paid,
    refund,
    sale,
    shopify,
    shopify_refund,
    stripe,
    woocommerce,
)
from tests.orderproof.thirty_cases import (
    ALIPAY,
    ALIPAY_REFUND,
    CASES,
    CHINESE,
    WECHAT,
    WECHAT_REFUND,
    paid_with_stripe,
)
from tests.sources import paypal_payloads as paypal


@dataclass(frozen=True)
class Window:
    """One window.

    Args:
        files: payloads by file.
        last: its last day.
        then: when the customer hears from us while it runs.
        within: the verdict while it runs.
        after: the verdict afterwards.
        overdue: whether somebody has to act at once then.
        order: what is asked for.
    """

    files: tuple[tuple[dict, ...], ...]
    last: str
    then: str
    within: str
    after: str
    overdue: bool = False
    order: str = NUMBER


def by_paypal(**source):
    """A payment and a refund with its reference, by what the customer paid PayPal with."""
    unit = {"reference_id": "default", "amount": paypal.money(), "invoice_id": NUMBER,
            "payments": {"captures": [paypal.capture()]}}  # fmt: skip
    back = paypal.refund(acquirer_reference_number=ARN)
    return (
        (paypal.event("PAYMENT.CAPTURE.REFUNDED", back),),
        (paypal.order(purchase_units=[unit], payment_source=source),),
        (woocommerce(method="ppcp-gateway", payment=paypal.CAPTURE, intent=None),),
    )


_SETTLED = ("SETTLED_WITHIN_WINDOW", "SETTLED_REFERENCE_GIVEN")
_PENDING = ("PENDING_WITHIN_WINDOW", "PENDING_OVERDUE", True)
_NONE = ("SETTLED_NO_REFERENCE", "SETTLED_NO_REFERENCE")

WINDOWS = {
    "stripe, card, paid": Window(
        ((FOUND,), (SUCCEEDED, PAID), (paid_with_stripe(),)), "2025-03-19", "2025-03-20", *_SETTLED
    ),
    "stripe, card, pending": Window(
        (
            (stripe("refund.created", refund("pending", pending_reason="processing")),),
            (PAID,),
            (paid_with_stripe(),),
        ),
        "2025-03-19",
        "2025-03-20",
        *_PENDING,
    ),
    "adyen, paid": Window(
        (
            (adyen_item("REFUND_WITH_DATA", additionalData={"arn": ARN}),),
            (shopify(gateway="adyen"),),
            tuple(adyen_paid()),
        ),
        "2025-03-19",
        "2025-03-20",
        *_SETTLED,
    ),
    "adyen, pending": Window(CASES["PENDING_OVERDUE"].files, "2025-03-19", "2025-03-20", *_PENDING),
    "paypal, card": Window(
        by_paypal(card={"brand": "VISA", "last_digits": "4242"}),
        "2025-04-04",
        "2025-04-07",
        *_SETTLED,
    ),
    "paypal, bank account": Window(
        by_paypal(bank={"iban_last_chars": "0403", "country_code": "DE"}),
        "2025-03-14",
        "2025-03-17",
        *_SETTLED,
    ),
    "paypal, wallet: the usual window": Window(
        by_paypal(paypal={"email_address": "ada@example.org"}),
        "2025-03-19",
        "2025-03-20",
        *_SETTLED,
    ),
    "wechat, pending": Window(
        CASES["PENDING_WITHIN_WINDOW"].files, "2026-03-05", "2026-03-06", *_PENDING
    ),
    "wechat, pending, by the name that Shopify has for it": Window(
        (
            (shopify_refund("50000000000202503050000000001", "wechat", status="pending"),),
            (shopify(gateway="wechat", transactions=[sale("42000000002025030300", "wechat")]),),
        ),
        "2025-03-10",
        "2025-03-11",
        *_PENDING,
    ),
    "wechat, card": Window(
        ((WECHAT_REFUND,), (WECHAT,), (CHINESE,)), "2026-03-06", "2026-03-09", *_NONE
    ),
    "wechat, wallet": Window(
        (
            (WECHAT_REFUND | {"user_received_account": "支付用户零钱"},),
            (CHINESE,),
            (WECHAT | {"bank_type": "OTHERS"},),
        ),
        "2026-03-04",
        "2026-03-05",
        *_NONE,
    ),
    "alipay: the usual window": Window(
        ((ALIPAY_REFUND,), (ALIPAY,), (CHINESE,)), "2026-03-17", "2026-03-18", *_NONE
    ),
}
