"""An answer as a person reads it on a terminal: the answer first, the proof last."""

from collections.abc import Mapping
from datetime import date

from domain.contact import SENT
from domain.erasure import Erasure
from domain.finding import Finding
from domain.money import format_money
from domain.order import Order
from domain.particulars import day_of, destination_of, payment_of
from domain.sentences import action, language_for, sentence
from domain.time import utc_date
from domain.verdict import INCOMPLETE, Obligation, Verdict
from domain.wording import plain
from domain.words.language import Language

_SHOWN_IDS = 12


def answer_text(
    order: Order | None,
    verdict: Verdict,
    *,
    shop: str,
    number: str,
    integrity: Mapping[str, object],
    language: str | None = None,
) -> str:
    """Return the answer for a terminal, without a newline at its end.

    Foreign text (order numbers, ids, templates) is made plain: no control or direction marks.

    Args:
        order: the folded order; None where none was found.
        verdict: what `claim.judge` says of it.
        shop: the shop asked for.
        number: the order number asked for.
        integrity: what verification found: `verdict`, `events`, `head`, `checkpoint`.
        language: `en` or `zh`; without it the customer's own.
    """
    words = language_for(order, language)
    labels = words.labels
    blocks = [_head(order, verdict, shop, number, words)]
    if order is not None:
        blocks += [_money(order, one, words) for one in verdict.obligations]
        if not verdict.obligations and order.payments:
            blocks.append([labels["money"], *_payment(order, None, words)])
        blocks += [
            _disputes(order, words),
            _compensation(order, words),
            _contacts(order, words),
        ]
    if verdict.sides:
        blocks.append([labels["conflicts"], *(f"  {plain(side)}" for side in verdict.sides)])
    if order is not None and order.findings:
        found = dict.fromkeys(_finding(one, words) for one in order.findings)
        blocks.append([labels["findings"], *found])
    proof = _proof(verdict, integrity, words)
    if order is not None:
        proof += [_erasure(one, words) for one in order.erasures]
    blocks.append(proof)
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _erasure(one: Erasure, words: Language) -> str:
    purposes = words.phrases["comma"].join(map(plain, sorted(one.purposes)))
    told = words.phrases["comma"].join([plain(one.when), purposes, plain(one.ground)])
    return f"{words.labels['erased']}{words.phrases['colon']}{told}"


def _finding(one: Finding, words: Language) -> str:
    text = words.findings.get(one.code) or one.text
    return f"  {text} [{plain(one.event_id)}]"


def _head(
    order: Order | None, verdict: Verdict, shop: str, number: str, words: Language
) -> list[str]:
    labels = words.labels
    name = f"{plain(shop)}/{plain(number)}" if shop else plain(number)
    actor = words.actors[verdict.next_actor]
    lines = [
        f"{words.titles[str(verdict.code)]}  {verdict.code}  {labels['order']} {name}",
        sentence(order, verdict, words),
        "",
    ]
    by = ""
    if verdict.deadline is not None:
        by = words.phrases["comma"] + words.fill(labels["by"], day=verdict.deadline.isoformat())
    lines.append(f"{labels['next']}{words.phrases['colon']}{actor}{by}")
    lines.append(f"  {action(order, verdict, words)}")
    if verdict.next_answer is not None:
        lines.append(f"  {words.fill(labels['answer_by'], day=verdict.next_answer.isoformat())}")
    return lines


def _money(order: Order, one: Obligation, words: Language) -> list[str]:
    labels = words.labels
    refund = one.refund
    owed = "" if one.amount is None else format_money(one.amount, one.currency)
    if refund is None:
        title = f"{labels['no_refund']}{words.phrases['colon']}{owed}  {one.verdict}"
        return [title, *_payment(order, one, words)]
    title = words.fill(labels["refund"], refund_id=plain(refund.refund_id))
    lines = [
        f"{title}{words.phrases['colon']}{words.states.get(one.state, one.state)}  {one.verdict}"
    ]
    lines += _payment(order, one, words)
    for name in ("requested", "approved", "submitted"):
        step = getattr(refund, name)
        if step is not None:
            amount = _amount(step.amount, step.currency or refund.currency)
            lines.append(_line(labels[name], day_of(step), amount, words))
    destination = destination_of(refund)
    where = "" if destination is None else words.instrument(destination)
    if refund.paid_at is not None:
        lines.append(_line(labels["succeeded"], utc_date(refund.paid_at), "", words))
    if refund.settled is not None:
        amount = _amount(refund.settled.amount, refund.settled.currency or refund.currency)
        detail = words.phrases["comma"].join(part for part in (amount, where) if part)
        lines.append(_line(labels["settled"], refund.settled_on, detail, words))
    if refund.failed is not None:
        note = "" if refund.failed.note is None else plain(refund.failed.note)
        lines.append(_line(labels["failed"], day_of(refund.failed), note, words))
    if one.expected_by is not None:
        lines.append(_line(labels["expected_by"], one.expected_by, "", words))
    if refund.reference.number is not None:
        kind = words.reference_type(refund.reference.type)
        found = f"{kind} {plain(refund.reference.number)}"
        lines.append(f"  {labels['reference']}{words.phrases['colon']}{found}")
    if refund.psp_refund_id is not None:
        psp = "" if one.psp is None else f"{words.name(one.psp)} "
        lines.append(
            f"  {labels['psp_refund']}{words.phrases['colon']}{psp}{plain(refund.psp_refund_id)}"
        )
    return lines


def _payment(order: Order, one: Obligation | None, words: Language) -> list[str]:
    payment = payment_of(order, None if one is None else one.refund)
    if payment is None:
        return []
    amount = _amount(payment.amount, payment.currency or order.currency)
    with_what = "" if payment.instrument is None else words.instrument(payment.instrument)
    detail = words.phrases["comma"].join(part for part in (amount, with_what) if part)
    day = None if payment.at is None else utc_date(payment.at)
    return [_line(words.labels["paid"], day, detail, words)]


def _disputes(order: Order, words: Language) -> list[str]:
    lines = [
        _line(
            words.labels[one.state],
            None if one.opened_at is None else utc_date(one.opened_at),
            " ".join(
                part for part in (_amount(one.amount, one.currency), one.reason or "") if part
            ),
            words,
        )
        for one in order.disputes
    ]
    return [words.labels["disputes"], *lines] if lines else []


def _compensation(order: Order, words: Language) -> list[str]:
    lines = [
        _line(
            words.labels[one.state],
            None if one.accepted_at is None else utc_date(one.accepted_at),
            " ".join(part for part in (one.kind or "", _amount(one.amount, one.currency)) if part),
            words,
        )
        for one in order.compensations
    ]
    return [words.labels["compensation"], *lines] if lines else []


def _contacts(order: Order, words: Language) -> list[str]:
    labels = words.labels
    if not order.contacts:
        return [f"{labels['contacts']}{words.phrases['colon']}{labels['no_contacts']}"]
    lines = [labels["contacts"]]
    for one in order.contacts:
        way = labels["sent"] if one.direction == SENT else labels["received"]
        parts = (one.when, way, one.channel, one.template, f"[{one.event_id}]")
        lines.append("  " + "  ".join(plain(part) for part in parts if part))
    return lines


def _proof(verdict: Verdict, integrity: Mapping[str, object], words: Language) -> list[str]:
    labels = words.labels
    ids = [plain(event_id) for event_id in verdict.event_ids]
    shown = ", ".join(ids[:_SHOWN_IDS]) + (" …" if len(ids) > _SHOWN_IDS else "")
    evidence = words.fill(
        labels["evidence_events"],
        count=str(len(ids)),
        confidence=labels[verdict.confidence],
        ids=shown or labels["no_evidence"],
    )
    said = str(integrity.get("verdict", verdict.integrity))
    key = "incomplete_record" if said == INCOMPLETE else said
    record = [labels.get(key, plain(said))]
    if integrity.get("events") is not None:
        record.append(words.fill(labels["events"], count=plain(str(integrity["events"]))))
    checkpoint = integrity.get("checkpoint")
    size = checkpoint.get("size") if isinstance(checkpoint, Mapping) else checkpoint
    if size:
        record.append(words.fill(labels["checkpoint"], checkpoint=plain(str(size))))
    record.append(words.fill(labels["as_of"], day=verdict.as_of.isoformat()))
    record.append(words.fill(labels["rules"], version=plain(verdict.rule_version)))
    colon = words.phrases["colon"]
    said_of_it = words.phrases["comma"].join(record)
    return [
        f"{labels['evidence']}{colon}{evidence}",
        f"{labels['record']}{colon}{said_of_it}",
    ]


def _line(label: str, day: date | None, detail: str, words: Language) -> str:
    when = words.labels["day_unknown"] if day is None else day.isoformat()
    return f"  {_padded(label)}  {when}  {plain(detail)}".rstrip()


def _padded(label: str) -> str:
    # A Chinese character is as wide as two Latin ones.
    width = sum(2 if letter >= "⺀" else 1 for letter in label)
    return label + " " * max(12 - width, 0)


def _amount(amount: int | None, currency: str | None) -> str:
    return "" if amount is None else format_money(amount, currency)
