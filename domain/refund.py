"""One refund, folded from its own facts: what was decided, and what the PSP did."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from domain.occurrence import REFUND_RANKS, Occurrence, last_text
from domain.payment import Instrument, read_instrument
from domain.reading import name_key, read_text
from domain.reference import Reference, fold_reference
from domain.settlement import conflict, presentment, settled_on
from domain.step import Step, read_step
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


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """What the facts of one refund come to. A step is the last one of its kind.

    Args:
        state: one of the states above; `requested` also where no fact decides.
        decided: whether any fact of the state machine is there.
        failed: failure or bounce, the later one.
        payment_id: the payment it pays back, as the submission names it.
        idempotency_keys: keys of its submissions, each once.
        offline_reference: what the transfer can be found by.
        route: original, other or offline, as approved.
        original: exact, price_differs or unknown, where a credit note was matched to a purchase.
        pending_reason: why the PSP waits.
        pending_since: instant since which it is pending for that reason.
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
    failed: Step | None
    psp: str | None
    payment_id: str | None
    psp_refund_id: str | None
    idempotency_keys: tuple[str, ...]
    route: str | None
    original: str | None
    pending_reason: str | None
    pending_since: int | None
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
        """The amount owed: approved, else submitted, else settled, else requested."""
        for step in (self.approved, self.submitted, self.settled, self.requested):
            if step is not None and step.amount is not None:
                return step.amount, step.currency or self.currency
        return None

    @property
    def returned(self) -> tuple[int, str | None] | None:
        """The amount that went out, as the step tells that tells most; None where none does."""
        return next(iter(self.returned_amounts), None)

    @property
    def returned_amounts(self) -> tuple[tuple[int, str | None], ...]:
        """The amounts that steps name: settled before submitted, approved, requested."""
        offline = self.offline if self.state == OFFLINE else None
        steps = (offline, self.settled, self.submitted, self.approved, self.requested)
        return tuple(
            (step.amount, step.currency or self.currency)
            for step in steps
            if step is not None and step.amount is not None
        )

    @property
    def currency(self) -> str | None:
        """The currency of the amount owed, as far as any step names one."""
        steps = (self.approved, self.submitted, self.settled, self.requested)
        return next((step.currency for step in steps if step and step.currency), None)


def fold_refund(refund_id: str, facts: Sequence[Occurrence]) -> Refund:
    """Fold the facts of one refund, given in order (`occurrence.in_order`)."""
    last = {fact.type: fact for fact in facts}
    ranked = [fact for fact in facts if fact.type in REFUND_RANKS]
    paid = _paid_facts(ranked)
    reason, since = _pending(ranked)
    settled = last.get("refund.settled")
    offline = last.get("refund.offline_recorded")
    settlements = [fact for fact in facts if fact.type == "refund.settled"]
    action = last.get("refund.customer_action_required")
    redirect = last.get("refund.redirected")
    return Refund(
        refund_id=refund_id,
        state=_state(ranked),
        decided=bool(ranked),
        requested=read_step(last.get("refund.requested"), "reason_code"),
        rejected=read_step(last.get("refund.rejected"), "reason_code"),
        approved=read_step(last.get("refund.approved"), "approver"),
        submitted=read_step(last.get("refund.submitted") or last.get("refund.submission_unknown")),
        accepted=read_step(last.get("refund.accepted"), "psp_status"),
        action_required=read_step(action),
        cancelled=read_step(last.get("refund.cancelled"), "reason"),
        succeeded=read_step(last.get("refund.succeeded")),
        settled=read_step(settled),
        offline=read_step(offline, "method"),
        offline_reference=None if offline is None else read_text(offline.data, "reference"),
        failed=_failure(ranked),
        psp=last_text(facts, "psp"),
        payment_id=last_text(facts, "payment_id"),
        psp_refund_id=last_text(facts, "psp_refund_id"),
        idempotency_keys=_idempotency_keys(ranked),
        route=last_text([fact for fact in facts if fact.type == "refund.approved"], "route"),
        original=last_text(facts, "original"),
        pending_reason=reason,
        pending_since=since,
        expires_on=None if action is None else read_date(action.data.get("expires_at")),
        reversal=name_key(last_text(paid, "kind")) == "reversal",
        paid_at=_paid_at(paid),
        paid_since=paid[0].at if paid else None,
        settled_on=settled_on(settled),
        presentment=presentment(settled),
        reference=fold_reference(facts),
        destination=None if settled is None else read_instrument(settled.data.get("destination")),
        conflict=conflict(settlements),
        redirected=read_step(redirect),
        redirected_to=None
        if redirect is None
        else read_instrument(redirect.data.get("destination")),
        reissued_as=_reissued_as(facts),
        reissue_route=last_text([f for f in facts if f.type == "refund.reissued"], "route"),
        confirmed=_confirmed(last.get("refund.customer_confirmed"), paid),
        last_fact_at=max((f.at for f in ranked or facts if f.at is not None), default=None),
        sources=tuple(sorted({fact.source for fact in facts})),
        event_ids=tuple(fact.event_id for fact in facts),
    )


def _state(ranked: Sequence[Occurrence]) -> str:
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
    if any(fact.type in ("refund.submitted", "refund.submission_unknown") for fact in ranked):
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


def _paid_facts(ranked: Iterable[Occurrence]) -> list[Occurrence]:
    """Return the facts that say it is paid and that no later failure or cancellation undoes."""
    paid: list[Occurrence] = []
    for fact in ranked:
        state = _FINAL.get(fact.type)
        if state == PAID:
            paid.append(fact)
        elif state in (FAILED, CANCELLED):
            paid.clear()
    return paid


def _paid_at(paid: Sequence[Occurrence]) -> int | None:
    successes = [fact for fact in paid if fact.type == "refund.succeeded"]
    stated = (read_start(fact.data.get("psp_at")) for fact in successes)
    times = [*stated, *(fact.at for fact in successes), *(fact.at for fact in paid)]
    return next((at for at in times if at is not None), None)


def _pending(ranked: Iterable[Occurrence]) -> tuple[str | None, int | None]:
    """Return the pending reason and since when; a repeated notice does not start it anew."""
    reason: str | None = None
    since: int | None = None
    running = False
    for fact in ranked:
        if fact.type == "refund.accepted":
            stated = read_text(fact.data, "pending_reason")
            if not running or name_key(stated) != name_key(reason):
                since = fact.at
            reason, running = stated, True
        else:
            running = False
    return reason, since


def _failure(ranked: Sequence[Occurrence]) -> Step | None:
    for fact in reversed(ranked):
        if fact.type == "refund.failed":
            return read_step(fact, "failure_reason")
        if fact.type == "refund.bounced":
            return read_step(fact, "reason")
    return None


def _confirmed(fact: Occurrence | None, paid: Sequence[Occurrence]) -> Step | None:
    if fact is None or not paid:
        return None
    paid_since = paid[0].at
    if fact.at is not None and paid_since is not None and fact.at < paid_since:
        return None
    return read_step(fact)


def _idempotency_keys(ranked: Iterable[Occurrence]) -> tuple[str, ...]:
    keys = (
        read_text(fact.data, "idempotency_key")
        for fact in ranked
        if fact.type == "refund.submitted"
    )
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def _reissued_as(facts: Iterable[Occurrence]) -> tuple[str, ...]:
    ids = (read_text(f.data, "new_refund_id") for f in facts if f.type == "refund.reissued")
    return tuple(dict.fromkeys(new for new in ids if new is not None))
