"""The facts that an answer's sentences name, as text in one language."""

from collections.abc import Iterable, Mapping
from datetime import date

from domain import balance
from domain.chain import chains
from domain.dispute import OPEN
from domain.money import format_money
from domain.obligation import went_elsewhere
from domain.order import Order
from domain.payment import Instrument, Payment, same_instrument
from domain.refund import CANCELLED, FAILED, OFFLINE, REJECTED, Refund
from domain.step import Step
from domain.time import utc_date
from domain.verdict import Code, Verdict
from domain.wording import plain
from domain.words.language import Language


def particulars(
    order: Order | None,
    verdict: Verdict,
    language: Language,
    sums: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return every slot that a template may name; what is not known is said to be so.

    Args:
        order: the order; None where there is none.
        verdict: what is said about it.
        language: that the slots are in.
        sums: what `sums_of` returns, for who says something about each of its many refunds.
    """
    phrases = language.phrases
    deciding = verdict.deciding
    refund = None if deciding is None else deciding.refund
    slots = _of_order(order, verdict, language)
    if order is not None:
        slots |= sums_of(order, language) if sums is None else sums
    slots |= _of_refund(order, refund, language)
    owed = None if deciding is None else deciding.amount
    slots["owed"] = (
        phrases["no_amount"]
        if owed is None or deciding is None
        else format_money(owed, deciding.currency)
    )
    expected_by = None if deciding is None else deciding.expected_by
    slots["expected_by"] = _day(expected_by, language)
    slots["next_answer"] = _day(verdict.next_answer, language)
    psp = None if deciding is None else deciding.psp
    slots["psp"] = phrases["psp"] if psp is None else language.name(psp)
    return slots


def payment_of(order: Order, refund: Refund | None) -> Payment | None:
    """Return the payment that a refund pays back, or the first; None where there is none."""
    payments = order.payments if refund is None else order.payments_of(refund)
    if refund is not None and refund.destination is not None:
        same = [one for one in payments if same_instrument(one.instrument, refund.destination)]
        payments = tuple(same) or payments
    return payments[0] if payments else None


def destination_of(refund: Refund) -> Instrument | None:
    """Return where the money of a refund went, as far as an event says so."""
    return refund.destination or refund.redirected_to


def day_of(step: Step | None) -> date | None:
    """Return the UTC day of a step."""
    return None if step is None or step.at is None else utc_date(step.at)


def sums_of(order: Order, language: Language) -> dict[str, str]:
    """Return the slots for which all payments and refunds of an order are added up."""
    slots = {}
    captured = balance.captured(order)
    if captured:
        slots["captured"] = _sums(captured.items(), language)
    elif order.payments:
        slots["captured"] = language.phrases["no_captured"]
    returned = balance.returned(order, chains(order.refunds))
    if returned:
        slots["returned_total"] = _sums(returned.items(), language)
    return slots


def _of_order(order: Order | None, verdict: Verdict, language: Language) -> dict[str, str]:
    phrases = language.phrases
    slots = dict.fromkeys(
        ("captured", "returned_total", "disputed", "compensation"), phrases["no_amount"]
    )
    slots["sides"] = phrases["separator"].join(plain(side) for side in verdict.sides)
    slots["channel"] = phrases["platform"]
    slots |= dict.fromkeys(
        ("payment", "order_cancelled", "demanded", "accepted", "dispute_opened", "dispute_decided"),
        phrases["no_day"],
    )
    if order is None:
        return slots
    if order.source_channel is not None:
        slots["channel"] = language.name(order.source_channel)
    if order.payments:
        slots["payment"] = language.on(_utc(order.payments[0].at))
    slots["order_cancelled"] = language.on(day_of(order.cancelled))
    if order.demands:
        slots["demanded"] = language.on(_utc(order.demands[-1].at))
    _add_disputes(order, verdict, language, slots)
    _add_compensation(order, language, slots)
    return slots


def _add_disputes(
    order: Order, verdict: Verdict, language: Language, slots: dict[str, str]
) -> None:
    running = verdict.code is Code.DISPUTE_OPEN
    disputes = [
        one for one in order.disputes if (one.state == OPEN if running else one.money_went_out)
    ]
    if disputes:
        amounts = [balance.dispute_amount(order, dispute) for dispute in disputes]
        known = [(currency, amount) for amount, currency in amounts if amount]
        if known:
            slots["disputed"] = _sums(known, language)
        slots["dispute_opened"] = language.on(_utc(disputes[0].opened_at))
        slots["dispute_decided"] = language.on(_utc(disputes[-1].decided_at))


def _add_compensation(order: Order, language: Language, slots: dict[str, str]) -> None:
    accepted = [one for one in order.compensations if one.accepted]
    if accepted:
        last = accepted[-1]
        kind = language.kind(last.kind or "?")
        template = "compensation" if last.amount is None else "compensation_amount"
        amount = "" if last.amount is None else format_money(last.amount, last.currency)
        slots["compensation"] = language.fill(language.phrases[template], kind=kind, amount=amount)
        slots["accepted"] = language.on(_utc(last.accepted_at))
    elif order.exchanges:
        slots["accepted"] = language.on(_utc(order.exchanges[-1].at))


def _of_refund(order: Order | None, refund: Refund | None, language: Language) -> dict[str, str]:
    phrases = language.phrases
    slots = dict.fromkeys(("returned", "settled_amount", "agreed"), phrases["no_amount"])
    days = ("requested", "rejected", "approved", "submitted", "pending", "failed", "cancelled")
    slots |= dict.fromkeys((*days, "paid", "offline", "confirmed", "expired"), phrases["no_day"])
    slots |= dict.fromkeys(("to", "settled", "until", "reason", "method", "key"), "")
    slots |= dict.fromkeys(("not_original", "presentment", "original"), "")
    slots |= {"psp_refund": phrases["psp_refund"], "reference": phrases["reference"]}
    if order is None or refund is None:
        return slots
    for name in ("requested", "rejected", "approved", "submitted", "failed", "cancelled"):
        slots[name] = language.on(day_of(getattr(refund, name)))
    slots["offline"] = language.on(day_of(refund.offline))
    slots["confirmed"] = language.on(day_of(refund.confirmed))
    slots["pending"] = language.on(_utc(refund.pending_since))
    slots["paid"] = language.on(_utc(refund.paid_at))
    slots["expired"] = language.on(refund.expires_on)
    if refund.returned is not None:
        slots["returned"] = format_money(refund.returned[0], refund.returned[1] or order.currency)
    if refund.settled_on is not None:
        slots["settled"] = language.fill(phrases["settled"], settled=language.on(refund.settled_on))
    if refund.expires_on is not None:
        slots["until"] = language.fill(phrases["until"], day=refund.expires_on.isoformat())
    slots |= _amounts(refund, language)
    slots |= _ways(order, refund, language)
    ended = {FAILED: refund.failed, CANCELLED: refund.cancelled, REJECTED: refund.rejected}
    step = ended.get(refund.state)
    note = None if step is None else step.note
    if note is not None:
        slots["reason"] = language.fill(phrases["reason"], reason=plain(note).replace("_", " "))
    if refund.idempotency_keys:
        slots["key"] = language.fill(
            phrases["key"], key=plain(refund.idempotency_keys[-1])
        ).rstrip()
    if refund.psp_refund_id is not None:
        slots["psp_refund"] = plain(refund.psp_refund_id)
    if refund.reference.number is not None:
        kind = language.reference_type(refund.reference.type)
        slots["reference"] = f"{kind} {plain(refund.reference.number)}"
    if refund.original in ("unknown", "price_differs"):
        slots["original"] = phrases[f"original_{refund.original}"]
    return slots


def _amounts(refund: Refund, language: Language) -> dict[str, str]:
    slots = {}
    if refund.settled is not None and refund.settled.amount is not None:
        currency = refund.settled.currency or refund.currency
        slots["settled_amount"] = format_money(refund.settled.amount, currency)
    agreed = next(
        (s for s in (refund.approved, refund.submitted) if s is not None and s.amount is not None),
        None,
    )
    if agreed is not None and agreed.amount is not None:
        slots["agreed"] = format_money(agreed.amount, agreed.currency or refund.currency)
    if refund.presentment is not None:
        shown = format_money(*refund.presentment)
        slots["presentment"] = language.fill(language.phrases["presentment"], amount=shown)
    return slots


def _ways(order: Order, refund: Refund, language: Language) -> dict[str, str]:
    """Return where the money went, and what it did not go to."""
    phrases = language.phrases
    slots: dict[str, str] = {}
    destination = destination_of(refund)
    elsewhere = went_elsewhere(order, refund)
    if destination is not None:
        slots["destination"] = language.instrument(destination)
    elif refund.state != OFFLINE and refund.route is not None and not elsewhere:
        slots["destination"] = phrases["original"]
    if "destination" in slots:
        slots["to"] = language.fill(phrases["to"], destination=slots["destination"])
    if elsewhere:
        payment = payment_of(order, refund)
        instrument = None if payment is None else payment.instrument
        if instrument is None or destination is None or same_instrument(instrument, destination):
            slots["not_original"] = phrases["not_original_route"]
        else:
            paid_with = language.instrument(instrument)
            slots["not_original"] = language.fill(phrases["not_original"], instrument=paid_with)
    if refund.offline is not None:
        parts = [plain(text) for text in (refund.offline.note, refund.offline_reference) if text]
        if parts:
            slots["method"] = language.fill(
                phrases["method"], method=", ".join(parts).replace("_", " ")
            )
    return slots


def _sums(sums: Iterable[tuple[str, int]], language: Language) -> str:
    return language.phrases["and"].join(format_money(amount, code) for code, amount in sums)


def _utc(at: int | None) -> date | None:
    return None if at is None else utc_date(at)


def _day(day: date | None, language: Language) -> str:
    return language.labels["day_unknown"] if day is None else day.isoformat()
