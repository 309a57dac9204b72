"""The claim "refund not received", judged by the decision table: rows 1 to 12."""

from collections.abc import Iterable, Sequence
from datetime import date

from domain import balance
from domain.calendar import add_days
from domain.chain import Chain, chains
from domain.dispute import OPEN, Dispute
from domain.obligation import judge_refund, next_answer, replaced, unnamed, unopened
from domain.order import Order
from domain.policy import POLICY, Policy
from domain.verdict import (
    COMPLETE,
    INCOMPLETE,
    NEXT_ACTORS,
    NOBODY,
    RANKING,
    SELLER,
    Code,
    Obligation,
    Verdict,
)

INTACT = "intact"
ALTERED = "altered"
INCOMPLETE_RECORD = "incomplete"

_RANKS = {code: rank for rank, code in enumerate(RANKING)}

# Findings that show something wrong, but nothing missing that a verdict should stand on.
_HARMLESS = frozenset(
    {
        "delivery-without-dispatch",
        "offline-without-two-approvers",
        "original-price-differs",
        "refund-above-captured",
        "reissued-but-paid",
        "submitted-twice",
    }
)
# Verdicts that say themselves that something is not known.
_UNCERTAIN = frozenset(
    {Code.ORDER_NOT_FOUND, Code.SUBMISSION_UNKNOWN, Code.SOURCE_GAP, Code.EVIDENCE_CONFLICT}
)


def judge(
    order: Order | None, *, as_of: date, policy: Policy = POLICY, integrity: str = INTACT
) -> Verdict:
    """Judge an order by the whole table; the first row that holds decides.

    Args:
        order: the folded order; None where no order has these identifiers.
        as_of: today, in UTC.
        policy: windows, tolerances and marketplaces.
        integrity: what verification said: intact, altered, incomplete or cannot_tell.
    """
    # 1. no order by these identifiers; one that is known and cannot be read is row 2
    if order is None or (not order.events and integrity not in (ALTERED, INCOMPLETE_RECORD)):
        return _verdict(Code.ORDER_NOT_FOUND, 1, None, as_of, policy, integrity)

    linked = chains(order.refunds)
    obligations = _obligations(order, linked, as_of, policy)

    def order_verdict(
        code: Code, row: int, events: Iterable[str], cause: str = "", sides: Sequence[str] = ()
    ) -> Verdict:
        return _verdict(
            code,
            row,
            order,
            as_of,
            policy,
            integrity,
            obligations=obligations,
            events=events,
            cause=cause,
            sides=sides,
        )

    # 2. altered or incomplete; settlements differ; a bank statement against a payment; a circle
    cause, sides, events = _contradiction(order, linked, integrity)
    if cause:
        return order_verdict(Code.EVIDENCE_CONFLICT, 2, events, cause, sides)

    # 3. a marketplace that refunds by itself, and no refund here
    if policy.is_marketplace(order.source_channel) and not order.refunds:
        return order_verdict(Code.HANDLED_BY_PLATFORM, 3, ())

    # 4. more returned than captured and tolerated, or two members of one chain paid
    cause, events = _paid_twice(order, linked, policy)
    if cause:
        return order_verdict(Code.DUPLICATE_REFUND, 4, events, cause)

    # 5. a dispute on the payment is open
    pending = [dispute for dispute in order.disputes if dispute.state == OPEN]
    if pending:
        return order_verdict(Code.DISPUTE_OPEN, 5, [*_events_of(pending), *_refund_events(linked)])

    # 6. disputes lost or accepted, amount ≥ all unpaid refunds
    lost = [dispute for dispute in order.disputes if dispute.money_went_out]
    if lost and balance.covers_unpaid(order, linked):
        return order_verdict(
            Code.DISPUTE_WON_BY_CUSTOMER, 6, [*_events_of(lost), *_refund_events(linked)]
        )

    # 7. order placed, no capture, no refund beyond a decision
    if (
        order.placed is not None
        and not order.payments
        and not any(refund.beyond_decision for refund in order.refunds.values())
    ):
        return order_verdict(Code.NEVER_CAPTURED, 7, _refund_events(linked))

    # 8. no refund, compensation or exchange accepted instead
    accepted = [one for one in order.compensations if one.accepted]
    if not order.refunds and (accepted or order.exchanges):
        instead = [event_id for one in accepted for event_id in one.event_ids]
        instead += [exchange.event_id for exchange in order.exchanges]
        return order_verdict(Code.COMPENSATION_INSTEAD, 8, instead)

    # 9. no refund, an after-sales request for money
    demands = [one for one in order.demands if policy.asks_for_money(one.kind, one.amount)]
    if not order.refunds and demands:
        return order_verdict(Code.REQUESTED_UNDECIDED, 9, [one.event_id for one in demands])

    # 10. order cancelled, and a rest of the captures for which no refund stands
    if order.cancelled is not None:
        obligations += tuple(
            unopened(order, amount, currency, as_of=as_of, policy=policy)
            for amount, currency in balance.rest(order, linked)
        )

    # 11. no obligation; where the PSP says that money went back, its messages of that are missing
    if not order.refunds:
        obligations += tuple(
            unnamed(order, amount, currency, as_of=as_of, policy=policy)
            for currency, amount in balance.reported(order).items()
        )
    if not obligations:
        return order_verdict(Code.NEVER_REQUESTED, 11, ())

    # 12. the worst of its obligations
    worst = _worst(obligations)
    return _verdict(
        worst.verdict,
        12,
        order,
        as_of,
        policy,
        integrity,
        obligations=obligations,
        deciding=worst,
        events=worst.event_ids,
    )


def _obligations(
    order: Order, linked: Sequence[Chain], as_of: date, policy: Policy
) -> tuple[Obligation, ...]:
    """Judge every refund: the last of each chain by the table, those before it as replaced."""
    found = []
    for chain in linked:
        judged = {one.refund_id for one in (chain.members if chain.circular else chain.last)}
        for refund in chain.members:
            if refund.refund_id in judged:
                found.append(judge_refund(order, refund, chain, as_of=as_of, policy=policy))
            else:
                found.append(replaced(refund, order))
    return tuple(found)


def _worst(obligations: Iterable[Obligation]) -> Obligation:
    return min(obligations, key=lambda one: _RANKS.get(one.verdict, len(RANKING)))


def _contradiction(
    order: Order, linked: Sequence[Chain], integrity: str
) -> tuple[str, tuple[str, ...], list[str]]:
    """Return what contradicts what: cause, both sides, the events; nothing where all agrees."""
    if integrity in (ALTERED, INCOMPLETE_RECORD):
        return "integrity", (f"verification: {integrity}",), []
    refunds = order.refunds.values()
    differing = [refund for refund in refunds if refund.conflict]
    if differing:
        sides = [f"{one.refund_id}: {text}" for one in differing for text in one.conflict]
        return "settlements", tuple(sides), [i for one in differing for i in one.event_ids]
    paid = [refund for refund in refunds if refund.money_went_out]
    for statement in order.counter_evidence:
        against = [one for one in paid if statement.refund_id in (None, one.refund_id)]
        if against:
            sides = [f"refund {one.refund_id}: paid" for one in against]
            sides.append(f"bank statement {statement.event_id}: not received")
            events = [i for one in against for i in one.event_ids]
            return "statement", tuple(sides), [*events, statement.event_id]
    for chain in linked:
        if chain.circular:
            links = [f"{one.refund_id} → {new}" for one in chain.members for new in one.reissued_as]
            return "circle", tuple(links), [i for one in chain.members for i in one.event_ids]
    return "", (), []


def _paid_twice(order: Order, linked: Sequence[Chain], policy: Policy) -> tuple[str, list[str]]:
    for chain in linked:
        paid = [refund for refund in chain.members if refund.money_went_out]
        if len(paid) > 1:
            return "chain", [event_id for one in paid for event_id in one.event_ids]
    allowed = balance.allowed(order, policy)
    returned = balance.returned(order, linked)
    if any(returned.get(currency, 0) > limit for currency, limit in allowed.items()):
        lost = [dispute for dispute in order.disputes if dispute.money_went_out]
        return "excess", [*_refund_events(linked), *_events_of(lost)]
    return "", []


def _verdict(
    code: Code,
    row: int,
    order: Order | None,
    as_of: date,
    policy: Policy,
    integrity: str,
    *,
    obligations: tuple[Obligation, ...] = (),
    deciding: Obligation | None = None,
    events: Iterable[str] = (),
    cause: str = "",
    sides: Sequence[str] = (),
) -> Verdict:
    if deciding is None:
        deadline = _order_deadline(code, order, as_of, policy)
        answer = next_answer(code, None, as_of, policy)
    else:
        deadline, answer = deciding.deadline, deciding.next_answer
    shown_by = deciding
    if shown_by is None:
        judged = [one for one in obligations if one.verdict is not Code.FAILED_REISSUED]
        shown_by = _worst(judged) if judged else None
    return Verdict(
        code=code,
        row=row,
        cause=cause,
        sides=tuple(sides),
        deciding=shown_by,
        obligations=obligations,
        also=() if deciding is None else deciding.also,
        next_actor=SELLER if deciding is not None and deciding.alarm else NEXT_ACTORS[code],
        deadline=deadline,
        next_answer=answer,
        event_ids=_evidence(order, events),
        confidence=_confidence(order, code, integrity, deciding),
        integrity=integrity,
        as_of=as_of,
        rule_version=policy.version,
    )


def _order_deadline(code: Code, order: Order | None, as_of: date, policy: Policy) -> date | None:
    if NEXT_ACTORS[code] == NOBODY or order is None:
        return None
    if code is Code.DISPUTE_OPEN:
        days = (one.respond_by for one in order.disputes if one.state == OPEN and one.respond_by)
        first = min(days, default=None)
        return None if first is None else date.fromisoformat(first)
    return add_days(as_of, policy.answer_days)


def _confidence(
    order: Order | None, code: Code, integrity: str, deciding: Obligation | None
) -> str:
    """Return whether the record holds all that the verdict should stand on."""
    if order is None or integrity != INTACT or code in _UNCERTAIN or order.placed is None:
        return INCOMPLETE
    if deciding is not None and deciding.alarm:
        return INCOMPLETE
    if any(finding.code not in _HARMLESS for finding in order.findings):
        return INCOMPLETE
    return COMPLETE


def _evidence(order: Order | None, events: Iterable[str]) -> tuple[str, ...]:
    """Return placement and captures, what the row stands on, what is attached, each event once."""
    if order is None:
        return ()
    base = [] if order.placed is None else [order.placed.event_id]
    base += [event_id for payment in order.payments for event_id in payment.event_ids]
    if order.cancelled is not None:
        base.append(order.cancelled.event_id)
    return tuple(dict.fromkeys([*base, *events, *order.attached]))


def _events_of(disputes: Iterable[Dispute]) -> list[str]:
    return [event_id for dispute in disputes for event_id in dispute.event_ids]


def _refund_events(linked: Iterable[Chain]) -> list[str]:
    return [i for chain in linked for refund in chain.members for i in refund.event_ids]
