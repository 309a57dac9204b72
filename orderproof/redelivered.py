"""Messages that come again: told apart from other events under the same source and id."""

from collections.abc import Callable, Sequence

from domain.event import Fact
from domain.linking import MESSAGE
from eventstore import log
from eventstore.connection import Connection
from eventstore.recording import Outcome
from sources.message import MEDIA_CSV, delivered_anew

Record = Callable[[Sequence[Fact]], list[Outcome]]
"""Records facts and returns after the commit."""


def record(store: Record, connection: Connection, facts: Sequence[Fact]) -> list[Outcome]:
    """Record facts; a message with another payload under a known id is kept beside the first.

    Args:
        store: records facts.
        connection: to read the record; no transaction is open on it.
        facts: to be recorded.
    """
    outcomes = store(facts)
    known = _known_payloads(connection, facts, outcomes)
    anew = {
        index: fact
        for index, outcome in enumerate(outcomes)
        if outcome.result == "mismatch"
        and index not in known
        and (fact := delivered_anew(facts[index])) is not None
    }
    for index, outcome in zip(anew, store(list(anew.values())) if anew else (), strict=True):
        outcomes[index] = outcome
    return outcomes


def is_reread(fact: Fact) -> bool:
    """Tell whether a fact was read from a message, or is one: it stands in the record already.

    The same message may be understood better by a later version; what it told once stays. What
    nothing dates but its receipt comes with another time each time.
    """
    if fact.type == MESSAGE:
        return str(fact.data["media_type"]) != MEDIA_CSV
    return any(each["kind"] == "message" for each in fact.evidence or ())


def _known_payloads(
    connection: Connection, facts: Sequence[Fact], outcomes: Sequence[Outcome]
) -> set[int]:
    """Return which messages came with the payload that is recorded, by its open digest.

    Its sealed form is another one where the keys are: after a restore without the old ones, or
    after an erasure.
    """
    repeated = {
        index: outcome.position
        for index, outcome in enumerate(outcomes)
        if outcome.result == "mismatch" and facts[index].type == MESSAGE
    }
    if not repeated:
        return set()
    rows = log.stored(
        connection, " FROM events e WHERE position = ANY (%s)", [list(repeated.values())]
    )
    recorded = {row[0]: log.event_of(row).data.get("sha256") for row in rows}
    return {
        index
        for index, position in repeated.items()
        if recorded.get(position) == facts[index].data["sha256"]
    }
