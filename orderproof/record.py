"""`orderproof record`: one event or a batch, answered event by event."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from domain.event import Fact
from eventstore import recording
from eventstore.connection import Connection, connect
from eventstore.recording import Outcome
from eventstore.stream_keys import KeyRing
from eventstore.writer import ROLE
from orderproof import importing, linking
from orderproof.bootstrap import Store
from orderproof.quarantine import Mismatch, Quarantine
from orderproof.terminal import safe
from sources import cloudevents
from sources.rejected import Rejected

_BATCH = 500


def record(store: Store, name: str) -> tuple[list[dict[str, Any]], Quarantine]:
    """Record the CloudEvents of a file, an object, a batch array or JSON Lines.

    Args:
        store: the open installation.
        name: path, or `-` for standard input.

    Returns:
        An answer for each event in the input's order, and the quarantine that holds what was
        refused.

    Raises:
        CommandError: the file cannot be read.
    """
    answers: list[dict[str, Any]] = []
    quarantine = Quarantine(store.installation.rejects)
    with importing.open_named(name) as input_, connect(store.dsn, ROLE) as connection:
        try:
            items = cloudevents.read(input_)
            while batch := list(islice(items, _BATCH)):
                answers += _record(connection, store.ring, name, batch, quarantine)
        finally:
            quarantine.close()
    linking.link_if_waiting(store)
    return answers, quarantine


def _record(
    connection: Connection,
    ring: KeyRing,
    name: str,
    batch: Sequence[Fact | Rejected],
    quarantine: Quarantine,
) -> Iterator[dict[str, Any]]:
    for item in batch:
        if isinstance(item, Rejected):
            quarantine.add_rejected(name, item)
    # What was refused is on the disk before anything that came after counts as recorded.
    quarantine.sync()
    facts = [item for item in batch if isinstance(item, Fact)]
    outcomes = iter(recording.record(connection, ring, facts))
    for item in batch:
        if isinstance(item, Rejected):
            yield {
                "result": "rejected",
                "line": item.line,
                "place": item.place,
                "code": item.code,
                "message": item.message,
            }
            continue
        outcome = next(outcomes)
        if outcome.result == "mismatch":
            quarantine.add_mismatch(name, Mismatch(item, outcome))
        yield _answer(item, outcome)


def _answer(fact: Fact, outcome: Outcome) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "result": outcome.result,
        "source": fact.source,
        "id": fact.id,
        "position": outcome.position,
        "version": outcome.version,
    }
    if outcome.result == "mismatch":
        answer["digest"] = outcome.digest.hex()
        answer["recorded_digest"] = (outcome.stored_digest or b"").hex()
    return answer


def describe(answer: dict[str, Any]) -> str:
    """Say for people what became of one event."""
    if answer["result"] == "rejected":
        place = f", {safe(answer['place'])}" if answer["place"] else ""
        return f"rejected    line {answer['line']}{place}: {safe(answer['message'])}"
    name = f"{safe(answer['source'])} {safe(answer['id'])}"
    if answer["result"] == "mismatch":
        return f"refused     {name}: recorded already at position {answer['position']}, otherwise"
    return (
        f"{answer['result']:11} {name}: position {answer['position']}, version {answer['version']}"
    )
