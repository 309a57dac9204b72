"""What the claim tests share: orders told as facts, one line each."""

from datetime import date

from domain.claim import judge
from domain.event import Event
from domain.order import fold_order
from domain.policy import POLICY

TODAY = date(2026, 11, 22)
STREAM = "order/example/T01"
VISA = {"kind": "card", "brand": "visa", "last4": "4242"}


def said(what, when, via="/example", /, **data):
    """One fact: its type, when (`03-05`, `03-05T12:00` or a whole time) and its data."""
    if len(when) == 5:
        when += "T09:00"
    if len(when) == 11:
        when = f"2025-{when}:00+00:00"
    return what, when, via, data


def events(*facts):
    """Facts as recorded events, in the order in which they are told."""
    return [
        Event(
            stream=STREAM,
            version=number,
            type=what,
            source=source,
            id=f"e{number}",
            occurred_at=when,
            recorded_at=f"2026-01-01T00:00:00.{number:06}Z",
            data=data,
            position=number,
        )
        for number, (what, when, source, data) in enumerate(facts, 1)
    ]


def fold(*facts):
    return fold_order(events(*facts))


def verdict(*facts, as_of=TODAY, policy=POLICY, integrity="intact"):
    return judge(fold(*facts), as_of=as_of, policy=policy, integrity=integrity)


def code(*facts, **how):
    return str(verdict(*facts, **how).code)


def placed(when="03-03", **changes):
    data = {
        "placed_at": "2025-03-03T09:00:00+00:00",
        "customer_id": "c-1",
        "buyer": {"name": "Test Buyer", "email": "k01@example.org", "language": "en"},
        "currency": "EUR",
        "total": 12800,
    }
    return said("order.placed", when, **(data | changes))


def captured(when="03-03T10:00", **changes):
    data = {
        "payment_id": "p1",
        "psp": "stripe",
        "psp_payment_id": "pi_1",
        "amount": 12800,
        "currency": "EUR",
        "instrument": VISA,
    }
    return said("payment.captured", when, **(data | changes))


def paid_order(**changes):
    """An order that was placed and paid."""
    return [placed(), captured(**changes)]


def cancelled_order(when="03-04"):
    return said("order.cancelled", when, by="customer", reason_code="changed_mind")


def requested(when="03-05", refund_id="r1", amount=12800, **more):
    return said(
        "refund.requested", when, refund_id=refund_id, amount=amount, currency="EUR", **more
    )


def approved(when="03-05T10:00", refund_id="r1", amount=12800, currency="EUR", route="original"):
    return said(
        "refund.approved",
        when,
        refund_id=refund_id,
        amount=amount,
        currency=currency,
        approver="staff-7",
        route=route,
    )


def rejected(when="03-06", refund_id="r1"):
    return said("refund.rejected", when, refund_id=refund_id, reason_code="policy")


def submitted(when="03-05T11:00", refund_id="r1", amount=12800, **more):
    data = {"psp": "stripe", "payment_id": "p1", "idempotency_key": f"k-{refund_id}"} | more
    return said(
        "refund.submitted", when, refund_id=refund_id, amount=amount, currency="EUR", **data
    )


def accepted(when="03-05T12:00", refund_id="r1", pending_reason=None):
    return said(
        "refund.accepted",
        when,
        refund_id=refund_id,
        psp_refund_id=f"re_{refund_id}",
        psp_status="pending",
        pending_reason=pending_reason,
    )


def succeeded(when="03-05T13:00", refund_id="r1", kind="refund", **more):
    return said(
        "refund.succeeded",
        when,
        refund_id=refund_id,
        psp_refund_id=f"re_{refund_id}",
        kind=kind,
        **more,
    )


def reference(
    when="03-05T14:00", refund_id="r1", status="available", number="24011343361000004363200"
):
    return said(
        "refund.reference_recorded",
        when,
        refund_id=refund_id,
        reference_type="acquirer_reference_number",
        reference=number,
        reference_status=status,
    )


def no_reference(when="03-07", refund_id="r1"):
    return said("refund.reference_unavailable", when, refund_id=refund_id, reason="method")


def settled(when="03-07", refund_id="r1", amount=12800, currency="EUR", destination=VISA, **more):
    return said(
        "refund.settled",
        when,
        refund_id=refund_id,
        amount=amount,
        currency=currency,
        settled_on="2025-03-07",
        destination=destination,
        **more,
    )


def failed(when="03-08", refund_id="r1"):
    return said(
        "refund.failed", when, refund_id=refund_id, failure_reason="expired_or_canceled_card"
    )


def reissued(new, when="03-09", refund_id="r1"):
    return said("refund.reissued", when, refund_id=refund_id, new_refund_id=new)


def asked(refund_id="r1", amount=12800):
    """A refund that was requested, approved and sent."""
    return [
        requested(refund_id=refund_id, amount=amount),
        approved(refund_id=refund_id, amount=amount),
        submitted(refund_id=refund_id, amount=amount),
    ]


def returned(refund_id="r1", amount=12800):
    """A refund that went through and has a reference."""
    return [
        *asked(refund_id, amount),
        accepted(refund_id=refund_id),
        succeeded(refund_id=refund_id),
        reference(refund_id=refund_id),
        settled(refund_id=refund_id, amount=amount),
    ]


def dispute(outcome="opened", when="03-10", dispute_id="d1", **data):
    return said(f"dispute.{outcome}", when, dispute_id=dispute_id, payment_id="p1", **data)


def opened(when="03-10", dispute_id="d1", amount=12800, currency="EUR"):
    return dispute("opened", when, dispute_id, amount=amount, currency=currency)


def compensation(when="03-06", amount=1000, **more):
    return said(
        "compensation.accepted",
        when,
        compensation_id="c1",
        kind="coupon",
        amount=amount,
        currency="EUR",
        **more,
    )
