"""One order's state, folded from its events: what verdicts, summaries and answers stand on."""

from collections.abc import Iterable, Sequence

import msgspec

from domain import content, refund_content
from domain.absence import (
    Closure,
    CounterEvidence,
    Gap,
    fold_closures,
    fold_counter_evidence,
    fold_gaps,
)
from domain.aftersales import (
    Compensation,
    Demand,
    Exchange,
    fold_compensations,
    fold_demands,
    fold_exchanges,
)
from domain.catalogue import CATALOGUE
from domain.contact import Contact, fold_contacts
from domain.content import Content, read_object
from domain.dispute import Dispute, fold_disputes
from domain.erasure import Erasure, erasures
from domain.event import Event
from domain.finding import Finding, find_in_facts, find_in_state
from domain.occurrence import Facts, Occurrence, in_order
from domain.open_matter import fold_open_parcels, fold_open_promises, fold_open_tickets
from domain.payment import Payment, RefundTotal, fold_payments, fold_refund_totals
from domain.reading import first_text, read_amount, read_text
from domain.refund import Refund, fold_refund
from domain.refund_names import with_one_id
from domain.shipment import Shipment, fold_shipments
from domain.step import Step, read_step
from domain.stream import split_order_stream


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the events of one order come to, whatever order they arrived in.

    Args:
        stream: name of its stream; empty where there are no events.
        shop: the shop, empty for a stream that is no order's.
        number: the order number, which may hold anything.
        placed: the placement; None where the order's beginning is not in the record.
        placed_at: when it was placed, RFC 3339 as the shop says.
        currency: ISO 4217 code of the order.
        total: minor units of `currency`.
        customer_id: the shop's id of the customer.
        language: the customer's language, as the shop says.
        source_channel: where it was sold.
        order_track_no: the tracking number given at confirmation.
        payments: captured payments, each id once.
        refund_totals: what providers say went back of each payment, by refunds they do not name.
        cancelled: the last cancellation.
        closed: the last closing that no reopening undid.
        closed_at: its time, RFC 3339 as reported.
        outcome: its outcome.
        shipments: parcels.
        open_parcels: ids of those that are still on their way.
        open_tickets: ids of tickets that are not resolved.
        open_promises: ids of promises that were neither kept nor broken.
        refunds: refunds by id, in the order of their first facts.
        reissue_routes: how a refund that stands in for another was to be paid, by its id.
        disputes: disputes of its payments.
        compensations: compensation offered and accepted.
        exchanges: exchanges agreed on.
        demands: after-sales requests.
        contacts: messages sent and received.
        gaps: missing events of sources, as far as nothing filled them.
        closures: closed PSP accounts.
        counter_evidence: customers' bank statements.
        attached: ids of the events that attached something, in order.
        unknown_types: how many events are of a type that nobody declared.
        findings: what does not fit together.
        erasures: destroyed keys to personal data, oldest first.
        events: how many events there are.
        first_occurred_at: the earliest time that can be read, as it was sent.
        last_occurred_at: the latest.
    """

    stream: str
    shop: str
    number: str
    placed: Step | None
    placed_at: str | None
    currency: str | None
    total: int | None
    customer_id: str | None
    language: str | None
    source_channel: str | None
    order_track_no: str | None
    payments: tuple[Payment, ...]
    refund_totals: tuple[RefundTotal, ...]
    cancelled: Step | None
    closed: Step | None
    closed_at: str | None
    outcome: str | None
    shipments: tuple[Shipment, ...]
    open_parcels: tuple[str, ...]
    open_tickets: tuple[str, ...]
    open_promises: tuple[str, ...]
    refunds: dict[str, Refund]
    reissue_routes: dict[str, str]
    disputes: tuple[Dispute, ...]
    compensations: tuple[Compensation, ...]
    exchanges: tuple[Exchange, ...]
    demands: tuple[Demand, ...]
    contacts: tuple[Contact, ...]
    gaps: tuple[Gap, ...]
    closures: tuple[Closure, ...]
    counter_evidence: tuple[CounterEvidence, ...]
    attached: tuple[str, ...]
    unknown_types: int
    findings: tuple[Finding, ...]
    erasures: tuple[Erasure, ...]
    events: int
    first_occurred_at: str | None
    last_occurred_at: str | None

    @property
    def money_currency(self) -> str | None:
        """The currency of an amount that names none: a capture's, the order's, a refund's."""
        captured = (payment.currency for payment in self.payments)
        refunded = (refund.currency for refund in self.refunds.values())
        named = (*captured, self.currency, *refunded)
        return next((currency for currency in named if currency), None)

    @property
    def status(self) -> str:
        """Where the goods are: awaiting_payment, awaiting_dispatch … closed; unknown at worst."""
        if self.closed is not None:
            return "closed"
        if self.cancelled is not None:
            return "cancelled"
        if self.shipments:
            if all(shipment.delivered for shipment in self.shipments):
                return "delivered"
            return "dispatched"
        if self.payments:
            return "awaiting_dispatch"
        return "unknown" if self.placed is None else "awaiting_payment"

    def payments_of(self, refund: Refund) -> tuple[Payment, ...]:
        """Return the payments that a refund may pay back: the one it names, else all."""
        named = tuple(
            payment
            for payment in self.payments
            if refund.payment_id in (payment.payment_id, payment.psp_payment_id)
        )
        return named or self.payments


def fold_order(events: Iterable[Event]) -> Order:
    """Fold the events of one order's stream. Pure; never raises whatever their data hold.

    The order of arrival plays no part (`occurrence.in_order`). What cannot be attached or does not
    fit together is among `Order.findings`.
    """
    recorded = list(events)
    facts = with_one_id(in_order(recorded))
    stream = min((event.stream for event in recorded), default="")
    shop, number = split_order_stream(stream) or ("", "")
    placements = facts.of(content.OrderPlaced)
    closings = _closings(facts)
    placement = placements[0] if placements else None
    placed = content.OrderPlaced() if placement is None else placement.data
    payments = fold_payments(facts)
    refunds = _fold_refunds(facts)
    disputes = fold_disputes(facts)
    counter_evidence = fold_counter_evidence(facts)
    shipments = fold_shipments(facts)
    readable = [fact.time for fact in facts.all if fact.at is not None]
    return Order(
        stream=stream,
        shop=shop,
        number=number,
        placed=read_step(placement),
        placed_at=None if placement is None else read_text(placed.placed_at) or placement.time,
        currency=read_text(placed.currency),
        total=read_amount(placed.total),
        customer_id=read_text(placed.customer_id),
        language=read_text(read_object(placed.buyer, content.Buyer).language),
        source_channel=read_text(placed.source_channel),
        order_track_no=first_text(
            fact.data.order_track_no for fact in reversed(facts.of(content.OrderConfirmed))
        ),
        payments=payments,
        refund_totals=fold_refund_totals(facts),
        cancelled=_cancellation(facts),
        closed=read_step(closings[-1], lambda said: said.outcome) if closings else None,
        closed_at=closings[-1].time if closings else None,
        outcome=first_text(fact.data.outcome for fact in reversed(closings)),
        shipments=shipments,
        open_parcels=fold_open_parcels(facts),
        open_tickets=fold_open_tickets(facts),
        open_promises=fold_open_promises(facts),
        refunds=refunds,
        reissue_routes=_reissue_routes(refunds),
        disputes=disputes,
        compensations=fold_compensations(facts),
        exchanges=fold_exchanges(facts),
        demands=fold_demands(facts),
        contacts=fold_contacts(facts),
        gaps=fold_gaps(facts),
        closures=fold_closures(facts),
        counter_evidence=counter_evidence,
        attached=tuple(fact.event_id for fact in facts.of(content.EvidenceAttached)),
        unknown_types=sum(1 for fact in facts.all if fact.type not in CATALOGUE),
        findings=(
            *find_in_facts(facts.all, placements),
            *find_in_state(payments, refunds, disputes, counter_evidence, shipments),
        ),
        erasures=_fold_erasures(recorded),
        events=len(facts.all),
        first_occurred_at=readable[0] if readable else None,
        last_occurred_at=readable[-1] if readable else None,
    )


def _fold_refunds(facts: Facts) -> dict[str, Refund]:
    found: dict[str, list[Occurrence[Content]]] = {}
    for fact in facts.below(refund_content.AboutRefund):
        refund_id = read_text(fact.data.refund_id)
        if refund_id is not None:
            found.setdefault(refund_id, []).append(fact)
    return {refund_id: fold_refund(refund_id, Facts(own)) for refund_id, own in found.items()}


def _reissue_routes(refunds: dict[str, Refund]) -> dict[str, str]:
    found: dict[str, str] = {}
    for refund in refunds.values():
        if refund.reissue_route:
            for new in refund.reissued_as:
                found.setdefault(new, refund.reissue_route)
    return found


def _fold_erasures(recorded: Iterable[Event]) -> tuple[Erasure, ...]:
    found = [erasure for _, erasure in erasures(recorded)]
    found.sort(
        key=lambda one: (
            one.when, one.ground, one.requested_by, one.approved_by, sorted(one.purposes)
        )
    )  # fmt: skip
    return tuple(found)


def _closings(facts: Facts) -> Sequence[Occurrence[content.OrderClosed]]:
    if facts.last(content.OrderReopened) is None:
        return facts.of(content.OrderClosed)
    reopened = [i for i, fact in enumerate(facts.all) if fact.type == "order.reopened"]
    return Facts(facts.all[reopened[-1] + 1 :]).of(content.OrderClosed)


def _cancellation(facts: Facts) -> Step | None:
    ended = facts.below(content.OrderEnded)
    return read_step(ended[-1], _reason_code) if ended else None


def _reason_code(said: content.OrderEnded) -> object:
    return said.reason_code if isinstance(said, content.OrderCancelled) else None
