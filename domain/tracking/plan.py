"""What the seller means to do: the day of dispatch, who sees to the order, what comes next."""

from datetime import date

import msgspec

from domain.occurrence import Facts, Occurrence
from domain.reading import read_text
from domain.time import read_date, read_end
from domain.tracking import content


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A planned day of dispatch, as it was set or moved to.

    Args:
        day: the day.
        reason: why.
        at: instant at which it was said, microseconds since 1970 UTC; None if it cannot be read.
        event_id: the event that says so.
    """

    day: date
    reason: str | None
    at: int | None
    event_id: str


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who is responsible for an order, from an instant on."""

    owner: str | None
    department: str | None
    at: int | None
    event_id: str

    @property
    def name(self) -> str:
        """The person, else the department."""
        return self.owner or self.department or ""


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said has to be done next.

    Args:
        action: what.
        due_at: last instant that is in time; of a bare date its end. None where none was named.
        owner: who is to do it.
        department: where.
        at: instant at which it was said; None if it cannot be read.
        event_id: the event that says so.
    """

    action: str
    due_at: int | None
    owner: str | None
    department: str | None
    at: int | None
    event_id: str


def fold_plans(facts: Facts) -> tuple[Plan, ...]:
    """Return the planned days of dispatch in order; the first one is the original plan."""
    found = []
    for fact in facts.below(content.PlannedDispatch):
        said = fact.data
        day = read_date(said.date)
        if day is None and isinstance(said, content.PlanChanged):
            day = read_date(said.after)
        if day is not None:
            reason = read_text(said.reason)
            found.append(Plan(day=day, reason=reason, at=fact.at, event_id=fact.event_id))
    return tuple(found)


def fold_owners(facts: Facts) -> tuple[Owner, ...]:
    """Return who was responsible, in order; who names nobody changes nothing."""
    found = [_owner(fact) for fact in facts.of(content.Owned)]
    return tuple(one for one in found if one.name)


def _owner(fact: Occurrence[content.Owned]) -> Owner:
    return Owner(
        owner=read_text(fact.data.owner),
        department=read_text(fact.data.department),
        at=fact.at,
        event_id=fact.event_id,
    )


def fold_next_actions(facts: Facts) -> tuple[NextAction, ...]:
    """Return what was said to be done next, in order; the last one counts."""
    return tuple(
        NextAction(
            action=read_text(fact.data.action) or "",
            due_at=read_end(fact.data.due_at),
            owner=read_text(fact.data.owner),
            department=read_text(fact.data.department),
            at=fact.at,
            event_id=fact.event_id,
        )
        for fact in facts.of(content.NextAction)
    )
