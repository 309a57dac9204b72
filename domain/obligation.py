"""The decision table of one obligation: rows 13 to 34. The first row that holds decides."""

from datetime import date

from domain.absence import Closure, Gap, is_concerned
from domain.calendar import add_days, add_weekdays
from domain.chain import Chain
from domain.order import Order
from domain.payment import same_instrument, same_text
from domain.policy import Policy
from domain.reading import name_key
from domain.reference import AVAILABLE, UNAVAILABLE
from domain.refund import (
    ACTION_REQUIRED,
    APPROVED,
    CANCELLED,
    FAILED,
    OFFLINE,
    PENDING,
    REJECTED,
    REQUESTED,
    SUBMITTED,
    Refund,
)
from domain.step import Step
from domain.time import utc_date
from domain.verdict import NEXT_ACTORS, NOBODY, Code, Obligation

# Verdicts in which the bank's or the PSP's time may still run.
_WAITING = frozenset(
    {Code.PENDING_WITHIN_WINDOW, Code.SETTLED_WITHIN_WINDOW, Code.SETTLED_NO_REFERENCE}
)


def judge_refund(
    order: Order, refund: Refund, chain: Chain, *, as_of: date, policy: Policy
) -> Obligation:
    """Judge the last member of a chain of refunds."""
    expected_by = _expected_by(order, refund, policy)
    row, code = _decide(order, refund, chain, expected_by, as_of, policy)
    also: tuple[Code, ...] = ()
    if code is Code.AMOUNT_MISMATCH:
        also = (_decide_paid(order, refund, expected_by, as_of, policy)[1],)
    alarm_by = alarm_day(refund, policy)
    amount = refund.promised
    stands_on = [event_id for member in chain.members for event_id in member.event_ids]
    if code is Code.COMPENSATION_INSTEAD:
        stands_on += [i for one in order.compensations if one.accepted for i in one.event_ids]
    if code is Code.SOURCE_GAP:
        stands_on += _absences(order, refund)
    return Obligation(
        refund=refund,
        state=refund.state,
        verdict=code,
        row=row,
        also=also,
        amount=None if amount is None else amount[0],
        currency=(amount[1] if amount else None) or refund.currency or order.money_currency,
        psp=psp_of(order, refund),
        expected_by=expected_by,
        deadline=_deadline(code, refund, expected_by, as_of, policy),
        next_answer=next_answer(code, expected_by, as_of, policy),
        alarm=row == 34 and alarm_by is not None and as_of > alarm_by,
        event_ids=tuple(stands_on),
    )


def replaced(refund: Refund, order: Order) -> Obligation:
    """Return an earlier member of a chain: it failed and another refund stands for it."""
    amount = refund.promised
    return Obligation(
        refund=refund,
        state=refund.state,
        verdict=Code.FAILED_REISSUED,
        row=0,
        also=(),
        amount=None if amount is None else amount[0],
        currency=(amount[1] if amount else None) or refund.currency or order.money_currency,
        psp=psp_of(order, refund),
        expected_by=None,
        deadline=None,
        next_answer=None,
        alarm=False,
        event_ids=refund.event_ids,
    )


def unopened(
    order: Order, amount: int, currency: str, *, as_of: date, policy: Policy
) -> Obligation:
    """Return the obligation of a cancelled order for which nobody opened a refund (row 10)."""
    cancelled = () if order.cancelled is None else (order.cancelled.event_id,)
    return Obligation(
        refund=None,
        state="missing",
        verdict=Code.CANCELLED_BUT_NO_REFUND,
        row=10,
        also=(),
        amount=amount,
        currency=currency or None,
        psp=next((payment.psp for payment in order.payments if payment.psp), None),
        expected_by=None,
        deadline=as_of,
        next_answer=next_answer(Code.CANCELLED_BUT_NO_REFUND, None, as_of, policy),
        alarm=False,
        event_ids=cancelled,
    )


def unnamed(order: Order, amount: int, currency: str, *, as_of: date, policy: Policy) -> Obligation:
    """Return the obligation of money that a PSP says went back by refunds it did not tell of."""
    totals = [total for total in order.refund_totals if total.amount > 0]
    psps = (*(total.psp for total in totals), *(payment.psp for payment in order.payments))
    return Obligation(
        refund=None,
        state="missing",
        verdict=Code.SOURCE_GAP,
        row=11,
        also=(),
        amount=amount,
        currency=currency or None,
        psp=next((psp for psp in psps if psp), None),
        expected_by=None,
        deadline=add_days(as_of, policy.answer_days),
        next_answer=next_answer(Code.SOURCE_GAP, None, as_of, policy),
        alarm=False,
        event_ids=tuple(event_id for total in totals for event_id in total.event_ids),
    )


def _decide(
    order: Order,
    refund: Refund,
    chain: Chain,
    expected_by: date | None,
    as_of: date,
    policy: Policy,
) -> tuple[int, Code]:
    state = refund.state
    # 13. not paid, compensation accepted instead of it
    if not refund.money_went_out and any(
        one.accepted and one.instead_of in chain.ids for one in order.compensations
    ):
        return 13, Code.COMPENSATION_INSTEAD
    # 14. requested, no decision
    if state == REQUESTED:
        return 14, Code.REQUESTED_UNDECIDED
    # 15. rejected
    if state == REJECTED:
        return 15, Code.REJECTED
    # 16. approved
    if state == APPROVED:
        return 16, Code.APPROVED_NOT_SUBMITTED
    # 17. on its way, and a source gap or a closed PSP account after its last fact
    if state in (SUBMITTED, PENDING, ACTION_REQUIRED) and _absences(
        order, refund, after=refund.last_fact_at
    ):
        return 17, Code.SOURCE_GAP
    # 18. submitted, unknown or no answer yet
    if state == SUBMITTED:
        return 18, Code.SUBMISSION_UNKNOWN
    # 19. customer action required, not expired
    if state == ACTION_REQUIRED and (refund.expires_on is None or as_of <= refund.expires_on):
        return 19, Code.PENDING_CUSTOMER_ACTION
    # 20. customer action expired, or cancelled
    if state in (ACTION_REQUIRED, CANCELLED):
        return 20, Code.REFUND_CANCELLED
    # 21. pending, insufficient funds
    if state == PENDING and policy.lacks_funds(refund.pending_reason):
        return 21, Code.PENDING_NO_FUNDS
    # 22. pending, today ≤ expected_by
    if state == PENDING and expected_by is not None and as_of <= expected_by:
        return 22, Code.PENDING_WITHIN_WINDOW
    # 23. pending, later
    if state == PENDING:
        return 23, Code.PENDING_OVERDUE
    # 24. failed or bounced
    if state == FAILED:
        return 24, Code.FAILED_NOT_REISSUED
    # 25. offline
    if state == OFFLINE:
        return 25, Code.OTHER_INSTRUMENT
    # 26. paid, settled differs from approved, else submitted
    if _settled_differs(refund):
        return 26, Code.AMOUNT_MISMATCH
    return _decide_paid(order, refund, expected_by, as_of, policy)


def _decide_paid(
    order: Order, refund: Refund, expected_by: date | None, as_of: date, policy: Policy
) -> tuple[int, Code]:
    # 27. customer confirmed receipt afterwards
    if refund.confirmed is not None:
        return 27, Code.CONFIRMED_RECEIVED
    # 28. to another destination, redirected, or by a route that is not the original
    if went_elsewhere(order, refund):
        return 28, Code.OTHER_INSTRUMENT
    # 29. kind reversal
    if refund.reversal:
        return 29, Code.REVERSED_NO_CREDIT_LINE
    if refund.reference.status == AVAILABLE:
        # 30. reference available, today ≤ expected_by
        if expected_by is not None and as_of <= expected_by:
            return 30, Code.SETTLED_WITHIN_WINDOW
        # 31. reference available, later
        return 31, Code.SETTLED_REFERENCE_GIVEN
    # 32. reference unavailable, or a method that has none
    if refund.reference.status == UNAVAILABLE or _lacks_reference(order, refund, policy):
        return 32, Code.SETTLED_NO_REFERENCE
    # 33. no reference, PSP account closed or source gap
    if _absences(order, refund):
        return 33, Code.SOURCE_GAP
    # 34. no reference yet
    return 34, Code.SUCCEEDED_REFERENCE_PENDING


def went_elsewhere(order: Order, refund: Refund) -> bool:
    """Tell whether money went to something else than what paid, as far as both sides are known."""
    if refund.redirected is not None:
        return True
    if any(
        route and not _is_original(route)
        for route in (refund.route, order.reissue_routes.get(refund.refund_id))
    ):
        return True
    payments = order.payments_of(refund)
    return bool(payments) and not any(
        same_instrument(refund.destination, payment.instrument) for payment in payments
    )


def psp_of(order: Order, refund: Refund) -> str | None:
    """Return the PSP that pays a refund: the one it names, else that of its payment."""
    psps = (payment.psp for payment in order.payments_of(refund))
    return refund.psp or next((psp for psp in psps if psp), None)


def window_of(order: Order, refund: Refund, policy: Policy) -> int:
    """Return how many weekdays a refund may take, by its PSP and what the money goes to."""
    paid_with = [payment.instrument for payment in order.payments_of(refund)]
    countries = (one.country for one in (refund.destination, *paid_with) if one is not None)
    country = next((country for country in countries if country), None)
    return policy.window(psp_of(order, refund), _methods(order, refund), country)


def next_answer(code: Code, expected_by: date | None, as_of: date, policy: Policy) -> date | None:
    """Return when the customer hears from us again; None where nothing is left to say."""
    if NEXT_ACTORS[code] == NOBODY:
        return None
    if expected_by is not None and as_of <= expected_by and code in _WAITING:
        return add_weekdays(expected_by, 1)
    return add_days(as_of, policy.answer_days)


def _settled_differs(refund: Refund) -> bool:
    settled = refund.settled
    if settled is None:
        return False
    amount = _first_amount(refund.approved, refund.submitted)
    currency = _first_currency(refund.approved, refund.submitted)
    if _matches((settled.amount, settled.currency), (amount, currency)):
        return False
    # What the customer was shown in the approved currency is no difference: the rate explains it.
    return refund.presentment is None or not _matches(refund.presentment, (amount, currency))


def _matches(one: tuple[int | None, str | None], other: tuple[int | None, str | None]) -> bool:
    same_amount = one[0] is None or other[0] is None or one[0] == other[0]
    return same_amount and same_text(one[1], other[1])


def _first_amount(*steps: Step | None) -> int | None:
    return next((s.amount for s in steps if s is not None and s.amount is not None), None)


def _first_currency(*steps: Step | None) -> str | None:
    return next((s.currency for s in steps if s is not None and s.currency is not None), None)


def _is_original(route: str) -> bool:
    return name_key(route).startswith("original")


def _lacks_reference(order: Order, refund: Refund, policy: Policy) -> bool:
    return policy.lacks_reference(psp_of(order, refund), *_methods(order, refund))


def _methods(order: Order, refund: Refund) -> list[str | None]:
    """Return kind and brand of what the money goes to; where that is not said, of what paid."""
    instruments = [refund.destination]
    if refund.destination is None:
        instruments = [payment.instrument for payment in order.payments_of(refund)]
    known = (instrument for instrument in instruments if instrument is not None)
    return [name for instrument in known for name in (instrument.kind, instrument.brand)]


def _absences(order: Order, refund: Refund, after: int | None = None) -> list[str]:
    """Return the events that say that this refund's PSP cannot be heard, after an instant."""
    if not order.gaps and not order.closures:
        return []
    psps = {name_key(refund.psp)} if refund.psp else set()
    psps = psps or {name_key(payment.psp) for payment in order.payments_of(refund) if payment.psp}
    return [gap.event_id for gap in order.gaps if _concerns(gap, refund, psps, after)] + [
        closure.event_id for closure in order.closures if _closes(closure, psps, after)
    ]


def _concerns(gap: Gap, refund: Refund, psps: set[str], after: int | None) -> bool:
    if after is not None and gap.end is not None and gap.end <= after:
        return False
    return is_concerned(gap.source, refund.sources, psps)


def _closes(closure: Closure, psps: set[str], after: int | None) -> bool:
    if after is not None and closure.at is not None and closure.at <= after:
        return False
    return closure.psp is None or not psps or name_key(closure.psp) in psps


def _expected_by(order: Order, refund: Refund, policy: Policy) -> date | None:
    start = refund.pending_since if refund.state == PENDING else refund.paid_at
    if start is None:
        return None
    return add_weekdays(utc_date(start), window_of(order, refund, policy))


def alarm_day(refund: Refund, policy: Policy) -> date | None:
    """Return the last day on which a missing reference is nothing unusual."""
    if refund.paid_at is None:
        return None
    return add_days(utc_date(refund.paid_at), policy.reference_alarm_days)


def _deadline(
    code: Code, refund: Refund, expected_by: date | None, as_of: date, policy: Policy
) -> date | None:
    if NEXT_ACTORS[code] == NOBODY:
        return None
    if code is Code.PENDING_CUSTOMER_ACTION:
        return refund.expires_on
    if code is Code.APPROVED_NOT_SUBMITTED and refund.approved and refund.approved.at is not None:
        return add_days(utc_date(refund.approved.at), policy.submit_days)
    if code is Code.SUBMISSION_UNKNOWN and refund.last_fact_at is not None:
        return utc_date(refund.last_fact_at)
    if code is Code.SUCCEEDED_REFERENCE_PENDING:
        return alarm_day(refund, policy)
    if code in (Code.FAILED_NOT_REISSUED, Code.PENDING_NO_FUNDS, Code.PENDING_OVERDUE):
        return as_of
    if expected_by is not None and as_of <= expected_by and code in _WAITING:
        return expected_by
    return add_days(as_of, policy.answer_days)
