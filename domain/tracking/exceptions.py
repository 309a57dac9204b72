"""What went wrong with an order, from its raising to its end, and the tasks made of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from domain.content import Content
from domain.occurrence import Facts, Occurrence
from domain.reading import first_text, read_text
from domain.time import read_instant
from domain.tracking import content
from domain.tracking.subtypes import default_priority

RAISED = "raised"
CLASSIFIED = "classified"
ASSIGNED = "assigned"
IN_PROGRESS = "in_progress"
WAITING_CUSTOMER = "waiting_customer"
RESOLVED = "resolved"
REOPENED = "reopened"

_STATES: Mapping[str, str] = {
    "exception.raised": RAISED,
    "exception.classified": CLASSIFIED,
    "exception.reclassified": CLASSIFIED,
    "exception.assigned": ASSIGNED,
    "exception.accepted": IN_PROGRESS,
    "exception.measure_taken": IN_PROGRESS,
    "exception.customer_feedback_received": IN_PROGRESS,
    "exception.progress_published": WAITING_CUSTOMER,
    "exception.resolved": RESOLVED,
    "exception.reopened": REOPENED,
}
_FORWARD = (RAISED, CLASSIFIED, ASSIGNED, IN_PROGRESS, WAITING_CUSTOMER)

LEVELS = (1, 2, 3)
"""1 touches the customer's core interest, 2 is slight, 3 goes unnoticed (R109-R111)."""


class RootCause(msgspec.Struct, frozen=True, kw_only=True):
    """Where trouble came from: the step, the department, the cause, the event that says so."""

    stage: str | None
    department: str | None
    cause: str | None
    event_id: str


class OrderException(msgspec.Struct, frozen=True, kw_only=True):
    """One exception of an order. Instants are microseconds since 1970 UTC.

    Args:
        exception_id: its id; the raising event's where it names none.
        state: how far its handling is.
        class_: payment, information, stock or logistics; as reported, so perhaps another word.
        subtype: what kind of it.
        level: 1 to 3; None where nobody said.
        priority: lower is handled first; its kind's where nobody said another.
        detected_by: the rule or person that found it.
        raised_at: when it was found.
        noticed_at: when somebody who is to see to it was told.
        department: where it is handled.
        owner: who handles it.
        measures: events of measures that were taken.
        feedback: events of what the customer said about it.
        promised_by: what the customer was told to expect, and by when, as said.
        resolved_at: when it was put right; None while it is open.
        cause: code of the cause, as the resolution says.
        resumed_at_stage: where work went on.
        reopened: how often it turned out not to be put right.
        root_causes: where it came from.
        event_ids: its events, in order.
    """

    exception_id: str
    state: str
    class_: str | None
    subtype: str | None
    level: int | None
    priority: int
    detected_by: str | None
    raised_at: int | None
    noticed_at: int | None
    department: str | None
    owner: str | None
    measures: tuple[str, ...]
    feedback: tuple[str, ...]
    promised_by: str | None
    resolved_at: int | None
    cause: str | None
    resumed_at_stage: str | None
    reopened: int
    root_causes: tuple[RootCause, ...]
    event_ids: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it is not put right."""
        return self.state != RESOLVED

    @property
    def minutes_open(self) -> int | None:
        """Whole minutes from raising to resolving; None while it is open or a time is not known."""
        if self.raised_at is None or self.resolved_at is None:
            return None
        return max(self.resolved_at - self.raised_at, 0) // 60_000_000


class TicketState(msgspec.Struct, frozen=True, kw_only=True):
    """One task of a department.

    Args:
        ticket_id: its id; the event's where it names none.
        exception_id: what it was opened for.
        department: where it lies.
        owner: who does it.
        progress: how it stands, as said last.
        opened_at: instant at which it was opened, microseconds since 1970 UTC.
        resolved_at: instant at which it was done; None while it is open.
        reopened: how often it was opened again.
        event_ids: its events, in order.
    """

    ticket_id: str
    exception_id: str | None
    department: str | None
    owner: str | None
    progress: str | None
    opened_at: int | None
    resolved_at: int | None
    reopened: int
    event_ids: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it is not done."""
        return self.resolved_at is None


T = TypeVar("T", bound=Content)


def fold_exceptions(facts: Facts) -> tuple[OrderException, ...]:
    """Fold exceptions of facts given in order, each id once, those first that were raised first."""
    found = _group(facts.below(content.ExceptionSaid), lambda said: said.exception_id)
    return tuple(
        _fold(own_id, own)
        for own_id, own in found.items()
        if any(fact.type in _STATES for fact in own)
    )


def fold_tickets(facts: Facts) -> tuple[TicketState, ...]:
    """Fold tickets of facts given in order, each id once."""
    found = _group(facts.below(content.Ticket), lambda said: said.ticket_id)
    return tuple(_fold_ticket(own_id, own) for own_id, own in found.items())


def _group(
    facts: Iterable[Occurrence[T]], own: Callable[[T], object]
) -> dict[str, list[Occurrence[T]]]:
    found: dict[str, list[Occurrence[T]]] = {}
    for fact in facts:
        found.setdefault(read_text(own(fact.data)) or fact.event_id, []).append(fact)
    return found


def _fold(exception_id: str, facts: Sequence[Occurrence[content.ExceptionSaid]]) -> OrderException:
    backwards = [fact.data for fact in reversed(facts)]
    classified = [said for said in backwards if isinstance(said, content.Classified)]
    assigned = [said for said in backwards if isinstance(said, content.Assigned)]
    ends = [fact for fact in facts if fact.type in ("exception.resolved", "exception.reopened")]
    done = ends[-1] if ends and ends[-1].type == "exception.resolved" else None
    ended = None if done is None else done.data
    resolved = ended if isinstance(ended, content.Resolved) else content.Resolved()
    class_ = first_text(said.class_ for said in classified)
    subtype = first_text(said.subtype for said in classified)
    priority = _number(said.priority for said in classified)
    return OrderException(
        exception_id=exception_id,
        state=_state(facts),
        class_=class_,
        subtype=subtype,
        level=_number((said.level for said in classified), among=LEVELS),
        priority=default_priority(class_, subtype) if priority is None else priority,
        detected_by=first_text(said.detected_by for said in reversed(classified)),
        raised_at=facts[0].at,
        noticed_at=_noticed(facts),
        department=first_text(said.department for said in assigned),
        owner=first_text(said.owner for said in assigned),
        measures=_ids(facts, "exception.measure_taken"),
        feedback=_ids(facts, "exception.customer_feedback_received"),
        promised_by=first_text(
            said.promised_by for said in backwards if isinstance(said, content.Progress)
        ),
        resolved_at=None if done is None else done.at,
        cause=read_text(resolved.cause),
        resumed_at_stage=read_text(resolved.resumed_at_stage),
        reopened=sum(1 for fact in facts if fact.type == "exception.reopened"),
        root_causes=tuple(_causes(facts)),
        event_ids=tuple(fact.event_id for fact in facts),
    )


def _state(facts: Sequence[Occurrence[content.ExceptionSaid]]) -> str:
    """Return the last end or reopening, else the farthest of the steps since."""
    state = RAISED
    for fact in facts:
        said = _STATES.get(fact.type)
        if said is None or (state == RESOLVED and said != REOPENED):
            continue  # what is said after the end, and is no reopening, changes nothing
        if said in _FORWARD and state in _FORWARD:
            # Somebody who answers a customer that was waited for is at work again.
            waited = state == WAITING_CUSTOMER and said == IN_PROGRESS
            if _FORWARD.index(said) < _FORWARD.index(state) and not waited:
                continue
        state = said
    return state


def _noticed(facts: Sequence[Occurrence[content.ExceptionSaid]]) -> int | None:
    for fact in facts:
        if isinstance(fact.data, content.Assigned):
            told = read_instant(fact.data.notified_at)
            return fact.at if told is None else told
    return None


def _ids(facts: Iterable[Occurrence[content.ExceptionSaid]], type: str) -> tuple[str, ...]:
    return tuple(fact.event_id for fact in facts if fact.type == type)


def _causes(facts: Iterable[Occurrence[content.ExceptionSaid]]) -> Iterable[RootCause]:
    for fact in facts:
        if isinstance(fact.data, content.Cause):
            yield RootCause(
                stage=read_text(fact.data.stage),
                department=read_text(fact.data.department),
                cause=read_text(fact.data.cause),
                event_id=fact.event_id,
            )


def _number(values: Iterable[object], among: tuple[int, ...] | None = None) -> int | None:
    for value in values:
        text = read_text(value)
        if text is not None and text.isdecimal() and len(text) < 7:
            number = int(text)
            if among is None or number in among:
                return number
    return None


def _fold_ticket(ticket_id: str, facts: Sequence[Occurrence[content.Ticket]]) -> TicketState:
    backwards = [fact.data for fact in reversed(facts)]
    opened = [said for said in backwards if isinstance(said, content.TicketOpened)]
    moved = [said for said in backwards if isinstance(said, content.TicketMoved)]
    # A task is done when it was told so last; an opening that comes late opens nothing again.
    ends = [fact for fact in facts if fact.type in ("ticket.resolved", "ticket.reopened")]
    done = ends[-1] if ends and ends[-1].type == "ticket.resolved" else None
    return TicketState(
        ticket_id=ticket_id,
        exception_id=first_text(said.exception_id for said in opened),
        department=first_text(said.department for said in opened),
        owner=first_text(said.owner for said in moved),
        progress=first_text(said.progress for said in moved),
        opened_at=facts[0].at,
        resolved_at=None if done is None else done.at,
        reopened=sum(1 for fact in facts if fact.type == "ticket.reopened"),
        event_ids=tuple(fact.event_id for fact in facts),
    )
