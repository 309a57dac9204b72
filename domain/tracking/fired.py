"""Which clocks of an order fired already."""

from domain.occurrence import Facts
from domain.reading import read_text
from domain.time import read_instant
from domain.tracking import content


def fold_fired(facts: Facts) -> frozenset[tuple[str, str, int]]:
    """Return which clocks fired: kind, subject and deadline."""
    found = set()
    for fact in facts.of(content.ClockFired):
        deadline = read_instant(fact.data.deadline)
        if deadline is not None:
            kind, subject = read_text(fact.data.clock), read_text(fact.data.subject)
            found.add((kind or "", subject or "", deadline))
    return frozenset(found)
