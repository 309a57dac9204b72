"""What does not fit together in an order's events. Recorded all the same; said aloud here."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain import content, refund_content
from domain.absence import CounterEvidence
from domain.content import Content
from domain.dispute import Dispute
from domain.occurrence import Occurrence
from domain.payment import Payment, same_text
from domain.reading import read_amount, read_text
from domain.refund import CANCELLED, FAILED, REJECTED, Refund
from domain.shipment import Shipment
from domain.wording import plain

_WITH_MONEY = (refund_content.Refund, content.Dispute)
_NOT_GOING = (REJECTED, CANCELLED, FAILED)


class Finding(msgspec.Struct, frozen=True):
    """One thing that does not fit.

    Args:
        code: stable name, such as `settlement-without-request`.
        event_id: the event that shows it.
        text: one plain sentence.
    """

    code: str
    event_id: str
    text: str


def find_in_facts(
    facts: Iterable[Occurrence[Content]], placements: Sequence[Occurrence[content.OrderPlaced]]
) -> tuple[Finding, ...]:
    """Find what single events lack, and placements that differ."""
    found = []
    for fact in facts:
        data = fact.data
        if fact.at is None:
            text = "The time of this event cannot be read; it counts as the earliest."
            found.append(Finding("time-unreadable", fact.event_id, text))
        if isinstance(data, refund_content.AboutRefund):
            if read_text(data.refund_id) is None:
                text = f"{fact.type} names no refund and is attached to none."
                found.append(Finding("refund-without-id", fact.event_id, text))
            if (
                isinstance(data, refund_content.RefundReissued)
                and read_text(data.new_refund_id) is None
            ):
                text = "A refund is said to be reissued, but not as which."
                found.append(Finding("reissue-without-id", fact.event_id, text))
        elif isinstance(data, content.Dispute) and not (
            read_text(data.dispute_id) or read_text(data.psp_dispute_id)
        ):
            text = f"{fact.type} names no dispute; such events count as one dispute."
            found.append(Finding("dispute-without-id", fact.event_id, text))
        if (
            isinstance(data, refund_content.WITH_AMOUNT)
            and data.amount is not None
            and read_amount(data.amount) is None
            and _amount_counts(fact)
        ):
            text = "The amount is no whole number of minor units and counts as not known."
            found.append(Finding("amount-unreadable", fact.event_id, text))
    for other in placements[1:]:
        if not _same_placement(placements[0], other):
            first = plain(placements[0].event_id)
            text = f"The order was placed again with other values than in {first}."
            found.append(Finding("placement-differs", other.event_id, text))
    return tuple(found)


def find_in_state(
    payments: Sequence[Payment],
    refunds: Mapping[str, Refund],
    disputes: Sequence[Dispute],
    counter_evidence: Sequence[CounterEvidence],
    shipments: Sequence[Shipment],
) -> tuple[Finding, ...]:
    """Find what payments, refunds, disputes and parcels contradict among one another."""
    found = [
        Finding(
            "capture-differs",
            payment.event_ids[-1],
            f"Captures of payment {plain(payment.payment_id)} differ; the last one counts.",
        )
        for payment in payments
        if payment.differs
    ]
    for refund in refunds.values():
        found += _find_in_refund(refund, refunds)
    for dispute in disputes:
        if dispute.money_went_out and dispute.amount is None:
            text = "A lost dispute names no amount; the whole payment is assumed."
            found.append(Finding("dispute-without-amount", dispute.event_ids[-1], text))
    for evidence in counter_evidence:
        if evidence.refund_id is not None and evidence.refund_id not in refunds:
            name = plain(evidence.refund_id)
            text = f"A bank statement speaks about refund {name}, which has no events."
            found.append(Finding("statement-without-refund", evidence.event_id, text))
    for shipment in shipments:
        if shipment.delivered and not shipment.dispatched:
            name = plain(shipment.shipment_id)
            text = f"Shipment {name} was delivered, but no dispatch is recorded."
            found.append(Finding("delivery-without-dispatch", shipment.event_ids[0], text))
    found += _find_excess(payments, refunds, disputes)
    return tuple(found)


def _find_in_refund(refund: Refund, refunds: Mapping[str, Refund]) -> list[Finding]:
    found = []
    name = plain(refund.refund_id)

    def add(code: str, event_id: str, text: str) -> None:
        found.append(Finding(code, event_id, text))

    last = refund.event_ids[-1]
    if not refund.decided:
        add("refund-without-state", last, f"No event says how far refund {name} is.")
    if refund.settled and not (refund.requested or refund.approved):
        text = f"Refund {name} is settled, but neither a request nor an approval is recorded."
        add("settlement-without-request", refund.settled.event_id, text)
    elif refund.beyond_decision and not refund.approved:
        text = f"Refund {name} went on without a recorded approval."
        add("refund-without-approval", last, text)
    if len(refund.idempotency_keys) > 1 and refund.submitted:
        text = f"Refund {name} was submitted with {len(refund.idempotency_keys)} different keys."
        add("submitted-twice", refund.submitted.event_id, text)
    if refund.offline and len(refund.offline_approvers) < 2:
        text = f"Refund {name} was paid outside the provider without two recorded approvers."
        add("offline-without-two-approvers", refund.offline.event_id, text)
    if refund.conflict:
        add(
            "settlements-differ",
            last,
            f"Settlements of {name} differ: {plain(refund.conflict[0])}.",
        )
    if refund.original == "unknown":
        text = f"The purchase that refund {name} pays back is not in this record."
        add("original-unknown", refund.event_ids[0], text)
    if refund.original == "price_differs":
        text = f"The purchase that refund {name} pays back had another price."
        add("original-price-differs", refund.event_ids[0], text)
    if refund.money_went_out and any(new in refunds for new in refund.reissued_as):
        text = f"Refund {name} was replaced by another one, but it was paid itself."
        add("reissued-but-paid", last, text)
    return found


def _find_excess(
    payments: Sequence[Payment], refunds: Mapping[str, Refund], disputes: Sequence[Dispute]
) -> list[Finding]:
    """Find refunds and lost disputes above the captures, in every currency that a capture names."""
    captured: dict[str, int] = {}
    for payment in payments:
        if payment.amount is not None:
            currency = (payment.currency or "").upper()
            captured[currency] = captured.get(currency, 0) + payment.amount
    going = [refund for refund in refunds.values() if refund.state not in _NOT_GOING]
    lost = [one for one in disputes if one.money_went_out and one.amount is not None]
    found = []
    for currency, limit in captured.items():
        own = currency or None
        sums = [
            (
                next((a for a, c in refund.returned_amounts if same_text(c, own)), 0),
                refund.event_ids,
            )
            for refund in going
        ]
        sums += [(one.amount or 0, one.event_ids) for one in lost if same_text(one.currency, own)]
        if sum(amount for amount, _ in sums) > limit:
            text = f"Refunds and lost disputes come to more {plain(currency)} than was captured."
            found.append(Finding("refund-above-captured", sums[-1][1][-1], text))
    return found


def _amount_counts(fact: Occurrence[Content]) -> bool:
    return isinstance(fact.data, _WITH_MONEY) or fact.type in (
        "payment.captured",
        "compensation.accepted",
    )


def _same_placement(
    one: Occurrence[content.OrderPlaced], other: Occurrence[content.OrderPlaced]
) -> bool:
    totals = {read_amount(one.data.total), read_amount(other.data.total)} - {None}
    pairs = (
        (one.data.currency, other.data.currency),
        (one.data.customer_id, other.data.customer_id),
        (one.data.placed_at, other.data.placed_at),
    )
    return len(totals) < 2 and all(
        same_text(read_text(first), read_text(second)) for first, second in pairs
    )
