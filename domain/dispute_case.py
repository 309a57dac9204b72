"""A dispute with all that a payment provider's form asks for, from an order's record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from domain.dispute import Dispute
from domain.dispute_facts import (
    Person,
    distinct,
    goods_of,
    money,
    on_day,
    person_of,
    policy_of,
    refund_lines,
    refusals,
)
from domain.dispute_papers import Paper, papers_of, placements
from domain.event import Event
from domain.order import Order
from domain.sentences import sentence
from domain.time import utc_date
from domain.verdict import Verdict
from domain.words.english import ENGLISH


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a dispute that a payment provider's form asks for.

    Args:
        dispute: the dispute.
        psp_payment_id: the payment it is about, as the provider knows it.
        person: the buyer.
        goods: what was sold, one line each.
        carriers: who carried it.
        tracking_numbers: of the parcels.
        shipped_on: day of the first dispatch, `YYYY-MM-DD`.
        policy: the refund policy that decisions name, and when.
        refusal: why a refund was refused, and what the customer was told.
        summary: what the record says, with the references of all refunds.
        papers: the documents; those that nothing is known for are left out.
    """

    dispute: Dispute
    psp_payment_id: str | None
    person: Person
    goods: str | None
    carriers: str | None
    tracking_numbers: str | None
    shipped_on: str | None
    policy: str | None
    refusal: str | None
    summary: str
    papers: tuple[Paper, ...]


def compile_case(
    order: Order,
    events: Sequence[Event],
    verdict: Verdict,
    dispute: Dispute,
    integrity: Mapping[str, Any],
) -> Case:
    """Compile what an order's record says about a dispute.

    Args:
        order: the order, folded.
        events: its events, opened as far as the reader may.
        verdict: what a claim about it is answered with.
        dispute: the one that is answered.
        integrity: what verification found.
    """
    payments = [
        payment
        for payment in order.payments
        if dispute.payment_id in (payment.payment_id, payment.psp_payment_id)
    ] or list(order.payments)
    shipped = [one.dispatched_at for one in order.shipments if one.dispatched_at is not None]
    placed = placements(events)
    proof = _proof(integrity)
    return Case(
        dispute=dispute,
        psp_payment_id=payments[0].psp_payment_id if payments else None,
        person=person_of(placed),
        goods="\n".join(goods_of(placed)) or None,
        carriers=distinct(one.carrier for one in order.shipments),
        tracking_numbers=distinct(one.tracking_no for one in order.shipments),
        shipped_on=utc_date(min(shipped)).isoformat() if shipped else None,
        policy=policy_of(events),
        refusal="\n".join(refusals(order, events)) or None,
        summary="\n".join(_summary(order, verdict, dispute, proof)),
        papers=papers_of(order, events, verdict, proof),
    )


def _summary(order: Order, verdict: Verdict, dispute: Dispute, proof: str) -> Iterator[str]:
    amount = "" if dispute.amount is None else f" about {money((dispute.amount, dispute.currency))}"
    yield f"Dispute {dispute.dispute_id}{amount}, order {order.number} of {order.shop}."
    yield sentence(order, verdict, ENGLISH)
    for refund in order.refunds.values():
        yield from refund_lines(refund)
    for one in order.compensations:
        if one.accepted:
            what = "" if one.amount is None else f" of {money((one.amount, one.currency))}"
            yield f"The customer accepted compensation{what} {on_day(one.accepted_at)}."
    for shipment in order.shipments:
        if shipment.delivered:
            name = shipment.tracking_no or shipment.shipment_id
            yield f"Parcel {name} was delivered {on_day(shipment.delivered_at)}."
    yield proof


def _proof(integrity: Mapping[str, Any]) -> str:
    return (
        f"This is taken from an append-only record of {integrity['events']} events, verified: "
        f"{integrity['verdict']}. The hash of its last event is {integrity['head']}."
    )
