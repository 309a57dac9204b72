"""The pages of a pack as data: the answer first, then the money, the events, and the proof."""

from collections.abc import Sequence
from typing import Any

from domain.claim import ALTERED, INCOMPLETE_RECORD, INTACT
from domain.sentences import action, sentence
from domain.verdict import Code
from evidence import sections
from evidence.attached import Attached
from evidence.cells import Block
from evidence.claimed import Claimed, Proof, Seal
from evidence.proof_section import checks, how_to_check, key_rows, limits, signed
from evidence.shown import grouped, shown

GOOD, CLOCK, ATTENTION, BAD, UNKNOWN, DASH = "good", "clock", "attention", "bad", "unknown", "dash"

_ICONS = {
    Code.SETTLED_WITHIN_WINDOW: CLOCK,
    Code.SETTLED_REFERENCE_GIVEN: GOOD,
    Code.SETTLED_NO_REFERENCE: GOOD,
    Code.CONFIRMED_RECEIVED: GOOD,
    Code.REVERSED_NO_CREDIT_LINE: GOOD,
    Code.OTHER_INSTRUMENT: GOOD,
    Code.COMPENSATION_INSTEAD: GOOD,
    Code.DISPUTE_WON_BY_CUSTOMER: GOOD,
    Code.FAILED_REISSUED: GOOD,
    Code.SUCCEEDED_REFERENCE_PENDING: CLOCK,
    Code.PENDING_WITHIN_WINDOW: CLOCK,
    Code.PENDING_CUSTOMER_ACTION: CLOCK,
    Code.REQUESTED_UNDECIDED: CLOCK,
    Code.DISPUTE_OPEN: CLOCK,
    Code.FAILED_NOT_REISSUED: BAD,
    Code.EVIDENCE_CONFLICT: BAD,
    Code.SUBMISSION_UNKNOWN: UNKNOWN,
    Code.SOURCE_GAP: UNKNOWN,
    Code.ORDER_NOT_FOUND: UNKNOWN,
    Code.NEVER_CAPTURED: DASH,
    Code.NEVER_REQUESTED: DASH,
    Code.REJECTED: DASH,
    Code.REFUND_CANCELLED: DASH,
    Code.HANDLED_BY_PLATFORM: DASH,
}
"""Every other verdict asks for attention: the seller owes something, or sums do not agree."""

_REGIONS = {"en": "gb", "zh": "cn"}
_TITLE_LONGEST = 80


def page(
    claimed: Claimed, proof: Proof, seal: Seal, attached: Sequence[Attached]
) -> dict[str, Any]:
    """Return what the template sets.

    Args:
        claimed: the claim.
        proof: what proves it.
        seal: how the document will be signed.
        attached: its files.
    """
    labels, texts = claimed.page.labels, claimed.page.texts
    name = shown(f"{claimed.shop}/{claimed.number}", _TITLE_LONGEST)
    head = claimed.recorded[-1] if claimed.recorded else None
    foot = labels["foot_empty"] if head is None else labels["foot"].format(head=grouped(head.hash))
    day = claimed.verdict.as_of.isoformat()
    position = head.event.position if head is not None else 0
    heading = shown(claimed.number, _TITLE_LONGEST)
    return {
        "lang": claimed.words.code,
        "region": _REGIONS[claimed.words.code],
        "title": labels["title"],
        "document_title": f"{labels['title']} · {name}",
        "keywords": [str(claimed.verdict.code)],
        "origin": shown(proof.origin or "", _TITLE_LONGEST),
        "order": name,
        "heading": f"{labels['order'].format(order=heading)} · {labels['claim']}",
        "as_of": texts["as_of"].format(day=day, position=f"{position:,}"),
        "record": _record(claimed),
        "verdict": {
            "icon": _ICONS.get(claimed.verdict.code, ATTENTION),
            "word": claimed.words.titles[str(claimed.verdict.code)],
            "code": str(claimed.verdict.code),
            "rules": labels["rules"].format(version=claimed.verdict.rule_version),
            "sentence": shown(sentence(claimed.order, claimed.verdict, claimed.words), 600),
        },
        "next": _next(claimed),
        "sections": [
            {"title": title, "blocks": blocks}
            for title, blocks in _sections(claimed, proof, seal, attached)
            if blocks
        ],
        "foot": foot,
        "page": labels["page"],
    }


def _sections(
    claimed: Claimed, proof: Proof, seal: Seal, attached: Sequence[Attached]
) -> list[tuple[str, list[Block]]]:
    labels = claimed.page.labels
    return [
        (labels["amounts"], sections.amounts(claimed)),
        (labels["money"], sections.money(claimed)),
        (labels["contacts"], sections.contacts(claimed)),
        (labels["missing"], sections.missing(claimed)),
        (labels["conflicts"], sections.conflicts(claimed)),
        (labels["findings"], sections.findings(claimed)),
        (labels["timeline"], sections.timeline(claimed)),
        (labels["proof"], checks(claimed, proof)),
        (labels["keys"], key_rows(claimed, proof)),
        (labels["signed_by"], signed(claimed, seal)),
        (labels["limits"], limits(claimed)),
        (labels["how"], how_to_check(claimed, proof)),
        (labels["files"], sections.files(claimed, attached)),
    ]


def _record(claimed: Claimed) -> dict[str, Any]:
    """Say how the record stands; before the answer where that cannot stand on it."""
    found = str(claimed.integrity["verdict"])
    texts = claimed.page.texts
    icon, words = {
        INTACT: (GOOD, texts["record_intact"].format(events=len(claimed.recorded))),
        ALTERED: (BAD, texts["record_bad"]),
        INCOMPLETE_RECORD: (BAD, texts["record_bad"]),
    }.get(found, (UNKNOWN, texts["record_cannot_tell"]))
    label = claimed.page.labels.get(found, found)
    return {"first": found != INTACT, "icon": icon, "text": f"{label} · {words}"}


def _next(claimed: Claimed) -> dict[str, str]:
    verdict, words, labels = claimed.verdict, claimed.words, claimed.page.labels
    comma = words.phrases["comma"]
    by = ""
    if verdict.deadline is not None:
        by = comma + labels["by"].format(day=verdict.deadline.isoformat())
    told = shown(action(claimed.order, verdict, words), 400)
    if verdict.next_answer is not None:
        answer_by = words.fill(words.labels["answer_by"], day=verdict.next_answer.isoformat())
        told = f"{told} {answer_by}{words.phrases['end']}"
    return {
        "label": f"{labels['next']}{words.phrases['colon'].rstrip()}",
        "text": f"{words.actors[verdict.next_actor]}{by}",
        "action": told,
    }
