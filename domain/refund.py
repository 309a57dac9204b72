"""One refund, folded from its own facts: what was decided, and what the PSP did."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from domain import refund_content as told
from domain.content import Content
from domain.occurrence import REFUND_RANKS, Facts, Occurrence
from domain.payment import Instrument, read_instrument
from domain.reading import first_text, name_key, read_text
from domain.reference import Reference, fold_reference
from domain.settlement import conflict, presentment, settled_on
from domain.step import Step, last_step, read_step
from domain.time import read_date, read_start

REQUESTED = "requested"
REJECTED = "rejected"
APPROVED = "approved"
SUBMITTED = "submitted"
PENDING = "pending"
ACTION_REQUIRED = "action_required"
CANCELLED = "cancelled"
PAID = "paid"
OFFLINE = "offline"
FAILED = "failed"

REFUND_TYPES = frozenset(REFUND_RANKS) | {
    "refund.reference_recorded",
    "refund.reference_unavailable",
    "refund.reissued",
    "refund.redirected",
    "refund.customer_confirmed",
    "refund.customer_notified",
}
"""The events by which a refund exists."""

_FINAL = {
    "refund.cancelled": CANCELLED,
    "refund.succeeded": PAID,
    "refund.settled": PAID,
    "refund.offline_recorded": OFFLINE,
    "refund.failed": FAILED,
    "refund.bounced": FAILED,
}

_SUBMISSIONS = ("refund.submitted", "refund.submission_unknown")


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """What the facts of one refund come to. A step is the last one of its kind.

    Args:
        state: one of the states above; `requested` also where no fact decides.
        decided: whether any fact of the state machine is there.
        failed: failure or bounce, the later one.
        payment_id: the payment it pays back, as the submission names it.
        idempotency_keys: keys of its submissions, each once.
        offline_reference: what the transfer can be found by.
        offline_approvers: who approved the transfer, each once.
        route: original, other or offline, as approved.
        original: exact, price_differs or unknown, where a credit note was matched to a purchase.
        pending_reason: why the PSP waits.
        pending_since: instant since which it is pending for that reason.
        unanswered_since: instant of its first submission, where the PSP has not said a word.
        expires_on: last day on which the customer's action counts.
        reversal: whether the charge was reversed instead of credited.
        paid_at: start of the bank's time: `psp_at`, else success, else settlement.
        paid_since: instant of the first fact that says it is paid and was not undone.
        settled_on: day of the settlement.
        presentment: amount and currency as shown to the customer, where settled in another.
        conflict: fields in which two settlements differ, with both values as text.
        reissued_as: ids of the refunds that replace it.
        reissue_route: route of the refund that replaces it.
        confirmed: the customer's confirmation, if after the payment.
        last_fact_at: instant of the last fact of the state machine.
        sources: who reported it.
        event_ids: all its events, in order.
    """

    refund_id: str
    state: str
    decided: bool
    requested: Step | None
    rejected: Step | None
    approved: Step | None
    submitted: Step | None
    accepted: Step | None
    action_required: Step | None
    cancelled: Step | None
    succeeded: Step | None
    settled: Step | None
    offline: Step | None
    offline_reference: str | None
    offline_approvers: frozenset[str]
    failed: Step | None
    psp: str | None
    payment_id: str | None
    psp_refund_id: str | None
    idempotency_keys: tuple[str, ...]
    route: str | None
    original: str | None
    pending_reason: str | None
    pending_since: int | None
    unanswered_since: int | None
    expires_on: date | None
    reversal: bool
    paid_at: int | None
    paid_since: int | None
    settled_on: date | None
    presentment: tuple[int, str | None] | None
    reference: Reference
    destination: Instrument | None
    conflict: tuple[str, ...]
    redirected: Step | None
    redirected_to: Instrument | None
    reissued_as: tuple[str, ...]
    reissue_route: str | None
    confirmed: Step | None
    last_fact_at: int | None
    sources: tuple[str, ...]
    event_ids: tuple[str, ...]

    @property
    def beyond_decision(self) -> bool:
        """Whether anything is known that comes after the seller's own decision."""
        return self.state not in (REQUESTED, REJECTED, APPROVED)

    @property
    def money_went_out(self) -> bool:
        """Whether it was paid, through the PSP or offline."""
        return self.state in (PAID, OFFLINE)

    @property
    def promised(self) -> tuple[int, str | None] | None:
        """The amount owed: approved, else submitted, settled, requested, else as the PSP says."""
        steps = (self.approved, self.submitted, self.settled, self.requested, *self._psp_steps)
        for step in steps:
            if step is not None and step.amount is not None:
                return step.amount, step.currency or self.currency
        return None

    @property
    def returned(self) -> tuple[int, str | None] | None:
        """The amount that went out, as the step tells that tells most; None where none does."""
        return next(iter(self.returned_amounts), None)

    @property
    def returned_amounts(self) -> tuple[tuple[int, str | None], ...]:
        """The amounts that steps name: settled before submitted, approved, requested, PSP's own."""
        offline = self.offline if self.state == OFFLINE else None
        decided = (self.submitted, self.approved, self.requested)
        steps = (offline, self.settled, *decided, *self._psp_steps)
        return tuple(
            (step.amount, step.currency or self.currency)
            for step in steps
            if step is not None and step.amount is not None
        )

    @property
    def currency(self) -> str | None:
        """The currency of the amount owed, as far as any step names one."""
        steps = (self.approved, self.submitted, self.settled, self.requested, *self._psp_steps)
        return next((step.currency for step in steps if step and step.currency), None)

    @property
    def _psp_steps(self) -> tuple[Step | None, ...]:
        # Of a refund that nobody here asked for, the PSP alone says how much it is.
        return self.succeeded, self.accepted, self.action_required, self.failed, self.cancelled


def fold_refund(refund_id: str, facts: Facts) -> Refund:
    """Fold the facts of one refund, given in order (`occurrence.in_order`)."""
    newest = [f.data for f in reversed(facts.all) if isinstance(f.data, told.Refund)]
    ranked = [fact for fact in facts.all if fact.type in REFUND_RANKS]
    paid = _paid_facts(ranked)
    reason, since = _pending(ranked)
    settled = facts.last(told.RefundSettled)
    offline = facts.last(told.RefundOfflineRecorded)
    action = facts.last(told.RefundActionRequired)
    redirect = facts.last(told.RefundRedirected)
    return Refund(
        refund_id=refund_id,
        state=_state(ranked),
        decided=bool(ranked),
        requested=last_step(facts.of(told.RefundRequested), lambda said: said.reason_code),
        rejected=last_step(facts.of(told.RefundRejected), lambda said: said.reason_code),
        approved=last_step(facts.of(told.RefundApproved), lambda said: said.approver),
        submitted=last_step(facts.of(told.RefundSubmitted))
        or last_step(facts.of(told.RefundSubmissionUnknown)),
        accepted=last_step(facts.of(told.RefundAccepted), lambda said: said.psp_status),
        action_required=last_step(facts.of(told.RefundActionRequired)),
        cancelled=last_step(facts.of(told.RefundCancelled), lambda said: said.reason),
        succeeded=last_step(facts.of(told.RefundSucceeded)),
        settled=last_step(facts.of(told.RefundSettled)),
        offline=last_step(facts.of(told.RefundOfflineRecorded), lambda said: said.method),
        offline_reference=None if offline is None else read_text(offline.data.reference),
        offline_approvers=_people(None if offline is None else offline.data.approvers),
        failed=_failure(ranked),
        psp=first_text(said.psp for said in newest),
        payment_id=first_text(said.payment_id for said in newest),
        psp_refund_id=first_text(said.psp_refund_id for said in newest),
        idempotency_keys=_idempotency_keys(facts),
        route=first_text(fact.data.route for fact in reversed(facts.of(told.RefundApproved))),
        original=first_text(
            said.original for said in newest if isinstance(said, told.RefundDecided)
        ),
        pending_reason=reason,
        pending_since=since,
        unanswered_since=_unanswered_since(ranked),
        expires_on=None if action is None else read_date(action.data.expires_at),
        reversal=name_key(_paid_kind(paid)) == "reversal",
        paid_at=_paid_at(paid),
        paid_since=paid[0].at if paid else None,
        settled_on=settled_on(settled),
        presentment=presentment(settled),
        reference=fold_reference(facts.all),
        destination=None if settled is None else read_instrument(settled.data.destination),
        conflict=conflict(facts.of(told.RefundSettled)),
        redirected=read_step(redirect),
        redirected_to=None if redirect is None else read_instrument(redirect.data.destination),
        reissued_as=_reissued_as(facts),
        reissue_route=first_text(
            fact.data.route for fact in reversed(facts.of(told.RefundReissued))
        ),
        confirmed=_confirmed(facts.last(told.RefundConfirmed), paid),
        last_fact_at=max((f.at for f in ranked or facts.all if f.at is not None), default=None),
        sources=tuple(sorted({fact.source for fact in facts.all})),
        event_ids=tuple(fact.event_id for fact in facts.all),
    )


def _state(ranked: Sequence[Occurrence[Content]]) -> str:
    # A missing earlier fact never holds a later one back, so each group is asked on its own.
    state = None
    for fact in ranked:
        state = _FINAL.get(fact.type, state)
    if state is not None:
        return state
    for fact in reversed(ranked):
        if fact.type == "refund.accepted":
            return PENDING
        if fact.type == "refund.customer_action_required":
            return ACTION_REQUIRED
    if any(fact.type in _SUBMISSIONS for fact in ranked):
        return SUBMITTED
    decision = REQUESTED
    for fact in ranked:
        if fact.type == "refund.rejected":
            decision = REJECTED
        elif fact.type == "refund.approved":
            decision = APPROVED
        elif decision == REJECTED:  # requested anew: an appeal; it does not undo an approval
            decision = REQUESTED
    return decision


def _paid_facts(ranked: Iterable[Occurrence[Content]]) -> list[Occurrence[Content]]:
    """Return the facts that say it is paid and that no later failure or cancellation undoes."""
    paid: list[Occurrence[Content]] = []
    for fact in ranked:
        state = _FINAL.get(fact.type)
        if state == PAID:
            paid.append(fact)
        elif state in (FAILED, CANCELLED):
            paid.clear()
    return paid


def _paid_kind(paid: Sequence[Occurrence[Content]]) -> str | None:
    return first_text(
        fact.data.kind for fact in reversed(paid) if isinstance(fact.data, told.RefundPaid)
    )


def _paid_at(paid: Sequence[Occurrence[Content]]) -> int | None:
    successes = [fact for fact in paid if fact.type == "refund.succeeded"]
    said = (fact.data for fact in successes)
    stated = (read_start(one.psp_at) for one in said if isinstance(one, told.RefundSucceeded))
    times = [*stated, *(fact.at for fact in successes), *(fact.at for fact in paid)]
    return next((at for at in times if at is not None), None)


def _pending(ranked: Iterable[Occurrence[Content]]) -> tuple[str | None, int | None]:
    """Return the pending reason and since when; a repeated notice does not start it anew."""
    reason: str | None = None
    since: int | None = None
    running = False
    for fact in ranked:
        data = fact.data
        if isinstance(data, told.RefundAccepted):
            stated = read_text(data.pending_reason)
            if not running or name_key(stated) != name_key(reason):
                since = fact.at
            reason, running = stated, True
        else:
            running = False
    return reason, since


def _unanswered_since(ranked: Sequence[Occurrence[Content]]) -> int | None:
    """Return when it was first submitted: that it is tried again does not give it new time."""
    if _state(ranked) != SUBMITTED:
        return None
    sent = (fact.at for fact in ranked if fact.type in _SUBMISSIONS)
    return next((at for at in sent if at is not None), None)


def _failure(ranked: Sequence[Occurrence[Content]]) -> Step | None:
    for fact in reversed(ranked):
        if fact.type in ("refund.failed", "refund.bounced"):
            return read_step(fact, _failure_reason)
    return None


def _failure_reason(said: Content) -> object:
    if isinstance(said, told.RefundFailed):
        return said.failure_reason
    return said.reason if isinstance(said, told.RefundBounced) else None


def _confirmed(
    fact: Occurrence[told.RefundConfirmed] | None, paid: Sequence[Occurrence[Content]]
) -> Step | None:
    if fact is None or not paid:
        return None
    paid_since = paid[0].at
    if fact.at is not None and paid_since is not None and fact.at < paid_since:
        return None
    return read_step(fact)


def _people(value: object) -> frozenset[str]:
    """Return the ids in a list, without regard to case."""
    named = (read_text(each) for each in value) if isinstance(value, list) else ()
    return frozenset(name.strip().casefold() for name in named if name is not None)


def _idempotency_keys(facts: Facts) -> tuple[str, ...]:
    submitted = facts.of(told.RefundSubmitted)
    keys = (read_text(fact.data.idempotency_key) for fact in submitted)
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def _reissued_as(facts: Facts) -> tuple[str, ...]:
    ids = (read_text(f.data.new_refund_id) for f in facts.of(told.RefundReissued))
    return tuple(dict.fromkeys(new for new in ids if new is not None))
