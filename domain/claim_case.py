"""Claims that were recorded: received, judged, answered, closed; as an order's events tell them.

They are about the record and no part of what a verdict stands on: a claim that was answered
changes no later answer.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from domain.catalogue import OUR_SOURCE
from domain.event import Event, Fact
from domain.letter import Letter
from domain.reading import read_text
from domain.time import read_date
from domain.verdict import Code, Verdict

SOURCE = f"{OUR_SOURCE}/claims"
"""Who records that a claim was answered: this service alone."""

CHANNEL = "letter"
TEMPLATE = "refund-claim"

AWAITING = frozenset(
    {
        Code.CANCELLED_BUT_NO_REFUND,
        Code.REQUESTED_UNDECIDED,
        Code.APPROVED_NOT_SUBMITTED,
        Code.SUBMISSION_UNKNOWN,
        Code.PENDING_NO_FUNDS,
        Code.PENDING_CUSTOMER_ACTION,
        Code.PENDING_WITHIN_WINDOW,
        Code.PENDING_OVERDUE,
        Code.SUCCEEDED_REFERENCE_PENDING,
        Code.SETTLED_WITHIN_WINDOW,
        Code.FAILED_NOT_REISSUED,
        Code.AMOUNT_MISMATCH,
        Code.DISPUTE_OPEN,
        Code.SOURCE_GAP,
    }
)
"""Verdicts after which something is still to come, so that a promised answer is due."""


class ClaimCase(msgspec.Struct, frozen=True, kw_only=True):
    """One claim.

    Args:
        claim_id: its id, unique within the order.
        kind: what is claimed.
        received_at: when it came, as its event says.
        closed: whether it needs no more.
        outcome: why it was closed.
        verdict: what was last answered.
        rule_version: the rules of that answer.
        language: of the last letter, BCP 47.
        answers: how many times it was answered.
        last_version: number of the last event about it in the stream.
        promise_id: the promise of a further answer that is open.
        next_answer: by when the customer was promised one.
    """

    claim_id: str
    kind: str | None = None
    received_at: str = ""
    closed: bool = False
    outcome: str | None = None
    verdict: str | None = None
    rule_version: str | None = None
    language: str | None = None
    answers: int = 0
    last_version: int = 0
    promise_id: str | None = None
    next_answer: date | None = None

    def is_due(self, today: date) -> bool:
        """Tell whether the day of a promised answer has come."""
        return self.next_answer is not None and self.next_answer <= today


def fold_claims(events: Iterable[Event]) -> tuple[ClaimCase, ...]:
    """Return the claims of an order, given its events by version, in the order in which they came.

    Anybody may record that a claim came or needs no more; answers are ours.
    """
    found: dict[str, ClaimCase] = {}
    for event in events:
        if event.type.startswith("claim."):
            claim_id = read_text(event.data.get("claim_id"))
            if claim_id is not None:
                case = found.get(claim_id) or ClaimCase(claim_id=claim_id)
                found[claim_id] = _after(_seen(case, event), event)
        elif event.type.startswith("promise.") and event.source == SOURCE:
            promise_id = read_text(event.data.get("promise_id")) or ""
            about = found.get(promise_id.rpartition("/")[0])
            if about is not None:
                made = event.type == "promise.made"
                found[about.claim_id] = msgspec.structs.replace(
                    _seen(about, event),
                    promise_id=promise_id if made else None,
                    next_answer=read_date(event.data.get("due_at")) if made else None,
                )
    return tuple(case for case in found.values() if case.received_at)


def _seen(case: ClaimCase, event: Event) -> ClaimCase:
    return msgspec.structs.replace(case, last_version=event.version)


def _after(case: ClaimCase, event: Event) -> ClaimCase:
    kind = read_text(event.data.get("kind")) or case.kind
    if event.type == "claim.received":
        received_at = case.received_at or event.occurred_at
        return msgspec.structs.replace(case, kind=kind, received_at=received_at, closed=False)
    if event.type == "claim.closed":
        outcome = read_text(event.data.get("outcome"))
        return msgspec.structs.replace(case, closed=True, outcome=outcome)
    if event.type == "claim.answered" and event.source == SOURCE:
        return msgspec.structs.replace(
            case,
            verdict=read_text(event.data.get("verdict")),
            rule_version=read_text(event.data.get("rule_version")),
            language=read_text(event.data.get("language")),
            answers=case.answers + 1,
        )
    return case


def next_claim_id(cases: Sequence[ClaimCase], kind: str) -> str:
    """Return the id of a claim that nobody gave one: the open one of this kind, else a new one."""
    for case in cases:
        if case.kind == kind and not case.closed:
            return case.claim_id
    taken = {case.claim_id for case in cases}
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"


def needs_answer(
    case: ClaimCase, verdict: Verdict, today: date, *, automatic: bool = False
) -> bool:
    """Tell whether an open claim has to be answered: first, anew, or because it was promised.

    Args:
        case: the claim.
        verdict: what the record says now.
        today: the day.
        automatic: whether nobody looks at it: then a promised day counts only where something is
            still to come. Nobody gets the same final letter every week.
    """
    if case.answers == 0 or case.verdict != str(verdict.code):
        return True
    return case.is_due(today) and (verdict.code in AWAITING or not automatic)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of one answer share.

    Args:
        stream: the order's.
        at: when it is answered, RFC 3339.
        day: the day of the answer, by which it is late or not.
        actor: who answers.
        version: of the stream, right behind which it is recorded.
    """

    stream: str
    at: str
    day: date
    actor: dict[str, str]
    version: int

    def named(self, case: ClaimCase) -> str:
        """Return a name of the claim, unique among all orders and short.

        Ids of claims come from outside and may be long, and an event's id is a database key.
        """
        return hashlib.sha256(f"{self.stream}\0{case.claim_id}".encode()).hexdigest()[:32]

    def fact(self, case: ClaimCase, step: str, type: str, data: dict[str, object]) -> Fact:
        """Return one event; `step` tells it from the others of the claim, for ever."""
        named = self.named(case)
        return Fact(
            stream=self.stream,
            type=type,
            source=SOURCE,
            id=f"{named}/{step}",
            occurred_at=self.at,
            data={name: value for name, value in data.items() if value is not None},
            actor=self.actor,
            correlation=f"claim/{named}",
        )


def received(said: Said, case: ClaimCase) -> Fact:
    """Return that a claim came."""
    data: dict[str, object] = {"claim_id": case.claim_id, "kind": case.kind}
    return said.fact(case, "received", "claim.received", data)


def answered(
    said: Said, case: ClaimCase, verdict: Verdict, letter: Letter, to: str | None, seconds: float
) -> list[Fact]:
    """Return what is recorded of an answer: verdict, letter, answer, and what is promised next.

    Args:
        said: who answers, and when.
        case: the claim, before this answer.
        verdict: what the record says.
        letter: what the customer is told.
        to: the customer's address, if known; sealed.
        seconds: how long the verdict took.
    """
    number = case.answers + 1
    message_id = f"{said.named(case)}/{number}"
    refund = None if verdict.deciding is None else verdict.deciding.refund
    about: dict[str, object] = {
        "claim_id": case.claim_id,
        "kind": case.kind,
        "refund_id": None if refund is None else refund.refund_id,
        "verdict": str(verdict.code),
        "rule_version": verdict.rule_version,
    }
    judged = {**about, "evidence": list(verdict.event_ids), "seconds": f"{seconds:.3f}"}
    body = f"{letter.subject}\n\n{letter.text}"
    message: dict[str, object] = {
        "message_id": message_id,
        "channel": CHANNEL,
        "template": TEMPLATE,
        "language": letter.language,
        "category": "reply",
        "to": to,
        "subject": letter.subject,
        "body": letter.text,
        "body_sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    told: dict[str, object] = {**about, "message_id": message_id, "language": letter.language}
    facts = [
        said.fact(case, f"{number}/verdict", "claim.verdict_computed", judged),
        said.fact(case, f"{number}/message", "message.sent", message),
        said.fact(case, f"{number}/answered", "claim.answered", told),
        *_kept(said, case),
    ]
    if verdict.next_answer is None:
        facts.append(closed(said, case, str(verdict.code)))
    else:
        promise: dict[str, object] = {
            "promise_id": f"{case.claim_id}/{number}",
            "message_id": message_id,
            "what": "answer to a claim",
            "due_at": verdict.next_answer.isoformat(),
        }
        facts.append(said.fact(case, f"{number}/promised", "promise.made", promise))
    return facts


def ended(said: Said, case: ClaimCase, outcome: str) -> list[Fact]:
    """Return what is recorded where a claim needs no more."""
    return [*_kept(said, case), closed(said, case, outcome)]


def closed(said: Said, case: ClaimCase, outcome: str) -> Fact:
    """Return that a claim needs no more."""
    data: dict[str, object] = {"claim_id": case.claim_id, "kind": case.kind, "outcome": outcome}
    return said.fact(case, f"{said.version}/closed", "claim.closed", data)


def _kept(said: Said, case: ClaimCase) -> list[Fact]:
    """Return that the promise of the last letter is no longer open: it was kept, or late."""
    if case.promise_id is None:
        return []
    late = case.next_answer is not None and said.day > case.next_answer
    outcome = "promise.broken" if late else "promise.kept"
    return [said.fact(case, f"{case.answers}/kept", outcome, {"promise_id": case.promise_id})]
