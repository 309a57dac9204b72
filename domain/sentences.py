"""The answer in one sentence, and what staff must do, in the customer's language."""

from collections.abc import Mapping

from domain.order import Order
from domain.particulars import particulars
from domain.refund import ACTION_REQUIRED, OFFLINE
from domain.verdict import Code, Verdict
from domain.words.chinese import CHINESE
from domain.words.english import ENGLISH
from domain.words.language import Language

LANGUAGES: dict[str, Language] = {"en": ENGLISH, "zh": CHINESE}


def language_for(order: Order | None, wanted: str | None = None) -> Language:
    """Return the language asked for, else the customer's, else English.

    A tag counts by its first part: `zh-Hans` and `zh_CN` are `zh`.
    """
    for tag in (wanted, None if order is None else order.language):
        if tag:
            primary = tag.casefold().replace("_", "-").partition("-")[0]
            if primary in LANGUAGES:
                return LANGUAGES[primary]
    return ENGLISH


def variant(order: Order | None, verdict: Verdict) -> str:
    """Return which sentence of a verdict fits: `CODE:variant`, or `CODE` alone."""
    code, deciding = verdict.code, verdict.deciding
    refund = None if deciding is None else deciding.refund
    name = ""
    if code is Code.EVIDENCE_CONFLICT:
        name = verdict.cause
    elif code is Code.DUPLICATE_REFUND and verdict.cause == "chain":
        name = "chain"
    elif code is Code.NEVER_REQUESTED and order is not None and order.payments:
        name = "captured"
    elif code is Code.REQUESTED_UNDECIDED and refund is None:
        name = "demand"
    elif code is Code.COMPENSATION_INSTEAD and order is not None:
        name = "" if any(one.accepted for one in order.compensations) else "exchange"
    elif code is Code.REFUND_CANCELLED and refund and refund.state == ACTION_REQUIRED:
        name = "expired"
    elif code is Code.OTHER_INSTRUMENT and refund and refund.state == OFFLINE:
        name = "offline"
    elif code is Code.SUCCEEDED_REFERENCE_PENDING and deciding and deciding.alarm:
        name = "alarm"
    return f"{code}:{name}" if name else str(code)


def sentence(order: Order | None, verdict: Verdict, language: Language) -> str:
    """Return the answer in one sentence."""
    slots = particulars(order, verdict, language)
    key = variant(order, verdict)
    template = language.sentences.get(key) or language.sentences[str(verdict.code)]
    text = language.fill(template, **slots)
    end = language.phrases["end"]
    if slots["original"]:
        text = text.removesuffix(end) + slots["original"] + end
    return text[:1].upper() + text[1:]


def action(
    order: Order | None,
    verdict: Verdict,
    language: Language,
    sums: Mapping[str, str] | None = None,
) -> str:
    """Return what staff must do next, in one sentence; `sums` is as for `particulars`."""
    slots = particulars(order, verdict, language, sums)
    key = variant(order, verdict)
    template = language.actions.get(key) or language.actions[str(verdict.code)]
    text = language.fill(template, **slots)
    return text[:1].upper() + text[1:]
