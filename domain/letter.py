"""The letter to the customer: the fact, how to find the money, what we commit to."""

import msgspec

from domain.errors import InvalidInputError
from domain.obligation import went_elsewhere, window_of
from domain.order import Order
from domain.particulars import destination_of, particulars, payment_of
from domain.payment import Instrument, same_instrument
from domain.policy import POLICY, Policy
from domain.reference import AVAILABLE, UNAVAILABLE
from domain.refund import OFFLINE, PAID
from domain.sentences import language_for, sentence
from domain.time import utc_date
from domain.verdict import CUSTOMER, NOBODY, PLATFORM, Code, Verdict
from domain.wording import plain
from domain.words.language import Language

# Verdicts in which the money went back the way it came.
_RETURNED = frozenset(
    {
        Code.SUCCEEDED_REFERENCE_PENDING,
        Code.SETTLED_WITHIN_WINDOW,
        Code.SETTLED_REFERENCE_GIVEN,
        Code.SETTLED_NO_REFERENCE,
        Code.CONFIRMED_RECEIVED,
    }
)
_TRACEABLE = (_RETURNED - {Code.CONFIRMED_RECEIVED}) | {Code.OTHER_INSTRUMENT}
_PARTS = {
    Code.REVERSED_NO_CREDIT_LINE: "find_reversal",
    Code.DISPUTE_OPEN: "find_dispute",
    Code.DISPUTE_WON_BY_CUSTOMER: "find_dispute",
    Code.HANDLED_BY_PLATFORM: "find_platform",
    Code.COMPENSATION_INSTEAD: "find_compensation",
    Code.REJECTED: "find_appeal",
    Code.PENDING_CUSTOMER_ACTION: "find_action",
    Code.NEVER_CAPTURED: "find_nothing_paid",
    Code.NEVER_REQUESTED: "find_request",
    Code.PENDING_WITHIN_WINDOW: "find_psp",
    Code.ORDER_NOT_FOUND: "find_identify",
    Code.CONFIRMED_RECEIVED: "find_confirmed",
    Code.OTHER_INSTRUMENT: "find_elsewhere",
    Code.AMOUNT_MISMATCH: "find_elsewhere",
}


class Letter(msgspec.Struct, frozen=True):
    """A letter in three parts.

    Args:
        language: BCP 47 tag of its language.
        subject: its subject line.
        fact: what happened to the money.
        find: how the customer finds it, or what happens instead.
        commitment: what we do next, who answers, and by when.
        text: the whole letter.
    """

    language: str
    subject: str
    fact: str
    find: str
    commitment: str
    text: str


def letter(
    order: Order | None,
    verdict: Verdict,
    *,
    number: str,
    agent: str,
    contact: str,
    language: str | None = None,
    policy: Policy = POLICY,
) -> Letter:
    """Write the letter for a verdict, in the customer's language unless another is asked for.

    Args:
        order: the folded order; None where none was found.
        verdict: what `claim.judge` says of it.
        number: the order number as the customer knows it.
        agent: the person who answers.
        contact: where that person can be reached.
        language: `en` or `zh`.
        policy: for the bank's usual time.

    Raises:
        InvalidInputError: a slot is empty (`slot-empty`): nobody may be promised to answer.
    """
    for place, value in (("number", number), ("agent", agent), ("contact", contact)):
        if not value.strip():
            raise InvalidInputError("slot-empty", place, "the letter names this, so it is needed")
    words = language_for(order, language)
    slots = particulars(order, verdict, words)
    slots |= {
        "order": plain(number),
        "agent": plain(agent),
        "contact": plain(contact),
        "days": str(policy.answer_days),
    }
    named = _destination(order, verdict, words)
    if named is not None:
        slots["destination"] = named
    fact = _fact(order, verdict, words, slots)
    find = _find(order, verdict, words, slots, policy)
    commitment = _commitment(verdict, words, slots)
    subject = words.fill(words.letters["subject"], **slots)
    opening = words.fill(words.letters["order"], **slots)
    text = "\n\n".join([words.letters["greeting"], opening, fact, find, commitment])
    return Letter(words.tag, subject, fact, find, commitment, text)


def _fact(order: Order | None, verdict: Verdict, words: Language, slots: dict[str, str]) -> str:
    deciding = verdict.deciding
    refund = None if deciding is None else deciding.refund
    if order is not None and refund is not None and verdict.code in _RETURNED:
        payment = payment_of(order, refund)
        destination = destination_of(refund)
        if (
            payment is not None
            and payment.at is not None
            and payment.instrument is not None
            and destination is not None
            and same_instrument(destination, payment.instrument)
            and refund.paid_at is not None
            and not went_elsewhere(order, refund)
        ):
            return words.fill(
                words.letters["fact_returned"],
                **slots,
                day=utc_date(refund.paid_at).isoformat(),
                payment_day=utc_date(payment.at).isoformat(),
            )
    return sentence(order, verdict, words)


def _destination(order: Order | None, verdict: Verdict, words: Language) -> str | None:
    """Return where a refund went, by what the payment tells of it too; None where they differ.

    A provider often says no more than `card`, and a customer has several.
    """
    refund = None if verdict.deciding is None else verdict.deciding.refund
    if order is None or refund is None or refund.state == OFFLINE or went_elsewhere(order, refund):
        return None
    paid_with = {payment.instrument for payment in order.payments_of(refund)}
    instrument = paid_with.pop() if len(paid_with) == 1 else None
    if instrument is None or not (instrument.brand or instrument.last4):
        return None
    to = destination_of(refund)
    if to is None:
        return words.fill(words.letters["original"], instrument=words.instrument(instrument))
    return words.instrument(
        Instrument(
            to.kind or instrument.kind, to.brand or instrument.brand, to.last4 or instrument.last4
        )
    )


def _find(
    order: Order | None,
    verdict: Verdict,
    words: Language,
    slots: dict[str, str],
    policy: Policy,
) -> str:
    deciding = verdict.deciding
    refund = None if deciding is None else deciding.refund
    part = _PARTS.get(verdict.code, "find_seller")
    more = {
        "destination": slots.get("destination")
        or words.phrases["elsewhere" if part == "find_elsewhere" else "original"],
        "weekdays": str(
            policy.window_weekdays
            if order is None or refund is None
            else window_of(order, refund, policy)
        ),
        "reference_clause": "",
        "for_amount": words.phrases["no_amount_clause"],
        "and_amount": "",
        "day": words.labels["day_unknown"],
    }
    if refund is not None:
        start = refund.paid_at
        if start is None and refund.offline is not None:
            start = refund.offline.at
        if start is not None:
            more["day"] = utc_date(start).isoformat()
        if verdict.code in _RETURNED - {Code.CONFIRMED_RECEIVED}:
            part = {
                AVAILABLE: "find_reference",
                UNAVAILABLE: "find_no_reference",
            }.get(refund.reference.status or "", "find_awaited")
            if verdict.code is Code.SETTLED_NO_REFERENCE:
                part = "find_no_reference"
            if part == "find_reference" and (deciding is None or deciding.expected_by is None):
                part = "find_reference_short"
        if refund.reference.status == AVAILABLE:
            more["reference_clause"] = words.fill(
                words.phrases["method"], method=slots["reference"]
            )
        if refund.returned is not None:
            more["for_amount"] = words.fill(words.phrases["amount"], **slots)
            more["and_amount"] = words.fill(words.phrases["and_amount"], **slots)
    return words.fill(words.letters[part], **(slots | more))


def _commitment(verdict: Verdict, words: Language, slots: dict[str, str]) -> str:
    letters = words.letters
    sentences = []
    deciding = verdict.deciding
    refund = None if deciding is None else deciding.refund
    if refund is not None and refund.state == PAID and verdict.code in _TRACEABLE:
        sentences.append(words.fill(letters["commitment_trace"], **slots))
    if verdict.next_answer is not None and verdict.next_actor not in (NOBODY, CUSTOMER, PLATFORM):
        sentences.append(words.fill(letters["commitment_open"], **slots))
    else:
        sentences.append(words.fill(letters["commitment_closed"], **slots))
    sentences.append(words.fill(letters["agent"], **slots))
    return ("" if words.code == "zh" else " ").join(sentences)
