"""A verdict as the object that `claim --json` prints."""

from collections.abc import Mapping
from datetime import date

from domain.aftersales import Compensation
from domain.contact import Contact
from domain.dispute import Dispute
from domain.erasure import Erasure
from domain.order import Order
from domain.particulars import day_of, destination_of, payment_of
from domain.payment import Instrument, Payment
from domain.sentences import action, language_for, sentence
from domain.time import utc_date
from domain.verdict import Obligation, Verdict


def as_answer(
    order: Order | None,
    verdict: Verdict,
    *,
    shop: str,
    number: str,
    integrity: Mapping[str, object],
    seconds: float,
    language: str | None = None,
) -> dict[str, object]:
    """Return the answer as plain JSON values. Days are UTC, amounts minor units.

    Args:
        order: the folded order; None where none was found.
        verdict: what `claim.judge` says of it.
        shop: the shop asked for.
        number: the order number asked for.
        integrity: what verification found: `verdict`, `events`, `head`, `checkpoint`.
        seconds: how long the answer took.
        language: `en` or `zh`; without it the customer's own.
    """
    words = language_for(order, language)
    deciding = verdict.deciding
    payment = None
    if order is not None:
        payment = payment_of(order, None if deciding is None else deciding.refund)
    return {
        "order": number,
        "shop": shop,
        "verdict": str(verdict.code),
        "verdict_text": sentence(order, verdict, words),
        "next_actor": verdict.next_actor,
        "next_action": action(order, verdict, words),
        "deadline": _iso(verdict.deadline),
        "obligations": [_obligation(one) for one in verdict.obligations],
        "original_payment": None if payment is None else _payment(payment),
        "disputes": [] if order is None else [_dispute(one) for one in order.disputes],
        "compensation": (
            [] if order is None else [_compensation(one) for one in order.compensations]
        ),
        "contacts": [] if order is None else [_contact(one) for one in order.contacts],
        "evidence": list(verdict.event_ids),
        "integrity": dict(integrity),
        "confidence": verdict.confidence,
        "also": [str(code) for code in verdict.also],
        "conflict": list(verdict.sides),
        "findings": (
            []
            if order is None
            else [
                {"code": one.code, "event_id": one.event_id, "text": one.text}
                for one in order.findings
            ]
        ),
        "erasures": [] if order is None else [_erasure(one) for one in order.erasures],
        "as_of": verdict.as_of.isoformat(),
        "next_answer": _iso(verdict.next_answer),
        "rule_version": verdict.rule_version,
        "seconds": seconds,
    }


def _obligation(one: Obligation) -> dict[str, object]:
    refund = one.refund
    if refund is None:
        destination = psp_refund_id = approved = settled = None
        reference = kind = status = refund_id = original = None
        steps: dict[str, date | None] = {}
    else:
        destination = destination_of(refund)
        psp_refund_id, refund_id, original = refund.psp_refund_id, refund.refund_id, refund.original
        approved = None if refund.approved is None else refund.approved.amount
        settled = None if refund.settled is None else refund.settled.amount
        reference, kind = refund.reference.number, refund.reference.type
        status = refund.reference.status
        names = ("requested", "approved", "submitted", "failed")
        steps = {name: day_of(getattr(refund, name)) for name in names}
        succeeded = day_of(refund.succeeded)
        paid_at = None if refund.paid_at is None else utc_date(refund.paid_at)
        steps["succeeded"] = paid_at if succeeded and paid_at else succeeded
        steps["settled"] = refund.settled_on
    dates = ("requested", "approved", "submitted", "succeeded", "settled", "failed")
    return {
        "refund_id": refund_id,
        "state": one.state,
        "verdict": str(one.verdict),
        "also": [str(code) for code in one.also],
        "amount": one.amount,
        "approved_amount": approved,
        "settled_amount": settled,
        "currency": one.currency,
        "psp": one.psp,
        "psp_refund_id": psp_refund_id,
        "reference_type": kind,
        "reference": reference,
        "reference_status": status,
        "destination": _instrument(destination),
        "original": original,
        "dates": {
            **{name: _iso(steps.get(name)) for name in dates},
            "expected_by": _iso(one.expected_by),
            "next_answer": _iso(one.next_answer),
        },
    }


def _payment(payment: Payment) -> dict[str, object]:
    return {
        "payment_id": payment.payment_id,
        "psp": payment.psp,
        "psp_payment_id": payment.psp_payment_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "captured": _day(payment.at),
        "instrument": _instrument(payment.instrument),
    }


def _dispute(dispute: Dispute) -> dict[str, object]:
    return {
        "dispute_id": dispute.dispute_id or None,
        "state": dispute.state,
        "payment_id": dispute.payment_id,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": dispute.reason,
        "opened": _day(dispute.opened_at),
        "decided": _day(dispute.decided_at),
    }


def _compensation(one: Compensation) -> dict[str, object]:
    return {
        "compensation_id": one.compensation_id,
        "state": one.state,
        "kind": one.kind,
        "amount": one.amount,
        "currency": one.currency,
        "instead_of": one.instead_of,
        "accepted": _day(one.accepted_at),
    }


def _contact(contact: Contact) -> dict[str, object]:
    return {
        "direction": contact.direction,
        "when": contact.when,
        "channel": contact.channel,
        "template": contact.template,
        "language": contact.language,
        "message_id": contact.message_id,
        "event_id": contact.event_id,
    }


def _erasure(one: Erasure) -> dict[str, object]:
    return {
        "when": one.when,
        "purposes": sorted(one.purposes),
        "ground": one.ground,
        "requested_by": one.requested_by,
        "approved_by": one.approved_by,
    }


def _instrument(instrument: Instrument | None) -> dict[str, str | None] | None:
    if instrument is None:
        return None
    return {"kind": instrument.kind, "brand": instrument.brand, "last4": instrument.last4}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(at: int | None) -> str | None:
    return None if at is None else utc_date(at).isoformat()
