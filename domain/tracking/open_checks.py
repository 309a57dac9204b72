"""Checks that found something which nobody has accepted or put right since."""

import msgspec

from domain.occurrence import Facts
from domain.reading import name_key, read_text
from domain.tracking import content

ACCEPTED = "accepted"
REFUSED = "refused"
RED = "red"


class OpenCheck(msgspec.Struct, frozen=True):
    """A check that failed: its id, whether it is red, the event that says so."""

    check_id: str
    red: bool
    event_id: str


def fold_open_checks(facts: Facts) -> tuple[OpenCheck, ...]:
    """Return the checks that are open, of facts given in order.

    A check is closed when it passes later, or when a person accepts what it found.
    """
    if not facts.of(content.Check):
        return ()
    found: dict[str, OpenCheck] = {}
    for fact in facts.all:
        said = fact.data
        if isinstance(said, content.Check):
            check_id = read_text(said.check_id) or ""
            if fact.type == "order.check_failed":
                red = name_key(read_text(said.severity)) == RED
                found[check_id] = OpenCheck(check_id, red, fact.event_id)
            else:
                found.pop(check_id, None)
        elif isinstance(said, content.ManualReview) and read_text(said.outcome) == ACCEPTED:
            for each in said.check_ids if isinstance(said.check_ids, list) else ():
                found.pop(read_text(each) or "", None)
    return tuple(found.values())


def fold_suspected(facts: Facts) -> tuple[str, ...]:
    """Return the orders that this one is suspected to repeat, and nobody decided on."""
    found: dict[str, None] = {}
    for fact in facts.of(content.Duplicate):
        other = read_text(fact.data.other_order_id) or ""
        if fact.type == "order.duplicate_suspected":
            found[other] = None
        else:
            found.pop(other, None)
    return tuple(found)
