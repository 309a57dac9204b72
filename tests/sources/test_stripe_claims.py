"""What a customer is answered who asks for a refund that Stripe's messages tell of."""

from datetime import date

import pytest

from domain.claim import judge
from domain.policy import POLICY
from tests.sources.payload_story import order_of
from tests.sources.test_stripe_disputes import INQUIRY, LOST, TAKEN, WON
from tests.sources.test_stripe_payments import charge, intent
from tests.sources.test_stripe_payments import event as of_payment
from tests.sources.test_stripe_refunds import (
    BOUNCED,
    CANCELED,
    CREATED,
    DAY,
    EMPTY,
    ENTRY,
    FOUND,
    PENDING,
    T0,
    card,
    event,
    method,
    refund,
)

PAID = of_payment("charge.succeeded", charge(created=T0 - 5 * DAY), T0 - 5 * DAY)
SOON, LATE = date(2024, 5, 3), date(2024, 11, 3)
ACTION = event(
    "refund.created",
    refund("requires_action", next_action={"display_details": {"expires_at": T0 + 45 * DAY}}),
    T0,
)
FOREIGN = ENTRY | {"amount": -13952, "currency": "usd", "exchange_rate": 1.09}
KEPT = refund(balance_transaction=ENTRY, **method("customer_cash_balance"))


def code(*values, as_of=LATE):
    order = order_of(*values)
    return str(judge(order, as_of=as_of, policy=POLICY, integrity="intact").code)


@pytest.mark.parametrize(
    ("life", "as_of", "expected"),
    [
        ([PAID], LATE, "NEVER_REQUESTED"),
        ([PAID, CREATED], SOON, "SUCCEEDED_REFERENCE_PENDING"),
        ([PAID, CREATED, FOUND], SOON, "SETTLED_WITHIN_WINDOW"),
        ([PAID, CREATED, FOUND], LATE, "SETTLED_REFERENCE_GIVEN"),
        ([PAID, CREATED, FOUND, ENTRY], LATE, "SETTLED_REFERENCE_GIVEN"),
        ([FOUND], LATE, "SETTLED_REFERENCE_GIVEN"),
        ([PAID, CREATED, FOUND, BOUNCED], LATE, "FAILED_NOT_REISSUED"),
        ([PAID, BOUNCED], LATE, "FAILED_NOT_REISSUED"),
        ([PAID, PENDING], SOON, "PENDING_WITHIN_WINDOW"),
        ([PAID, PENDING], LATE, "PENDING_OVERDUE"),
        ([PAID, PENDING, EMPTY], LATE, "PENDING_NO_FUNDS"),
        ([PAID, PENDING, CANCELED], LATE, "REFUND_CANCELLED"),
        ([PAID, ACTION], SOON, "PENDING_CUSTOMER_ACTION"),
        ([PAID, ACTION], LATE, "REFUND_CANCELLED"),
        ([PAID, refund(**card("reversal"))], LATE, "REVERSED_NO_CREDIT_LINE"),
        ([refund(**method("klarna"))], LATE, "SETTLED_NO_REFERENCE"),
        ([PAID, CREATED, FOUND, refund(balance_transaction=FOREIGN)], LATE,
         "SETTLED_REFERENCE_GIVEN"),
        ([PAID, KEPT], LATE, "OTHER_INSTRUMENT"),
        ([PAID, TAKEN], LATE, "DISPUTE_OPEN"),
        ([PAID, TAKEN, LOST], LATE, "DISPUTE_WON_BY_CUSTOMER"),
        ([PAID, CREATED, FOUND, INQUIRY], LATE, "SETTLED_REFERENCE_GIVEN"),
        ([PAID, CREATED, FOUND, TAKEN, WON], LATE, "SETTLED_REFERENCE_GIVEN"),
        ([PAID, CREATED, FOUND, TAKEN, LOST], LATE, "DUPLICATE_REFUND"),
        ([PAID, intent(), CREATED, FOUND, refund(**card("refund"))], LATE,
         "SETTLED_REFERENCE_GIVEN"),
    ],
)  # fmt: skip
def test_what_the_customer_is_answered(life, as_of, expected):
    assert code(*life, as_of=as_of) == expected
    assert code(*reversed(life), as_of=as_of) == expected
