"""What was done about an order, line by line, as far as the reader's position may see it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.event import Event
from domain.stream import stream_id
from domain.tracking.log_line import Handled, Sight, log_lines
from domain.tracking.roles import Role
from domain.words.desk import DeskWords
from domain.words.handling import HANDLING_WORDS
from eventstore import log, opening
from eventstore.connection import transaction
from orderproof.bootstrap import Store

_BODY = 5
"""Column of a stored row that holds the event's body."""


def read(
    store: Store, stream: str, words: DeskWords, role: Role | None, exception_id: str | None = None
) -> list[Handled]:
    """Return the handling of an order, or of one of its exceptions, oldest first.

    Args:
        store: the open installation.
        stream: the order's.
        words: of the reader's language.
        role: as whom it is read; None masks what staff wrote.
        exception_id: the exception; None for everything.

    Raises:
        KeyMissingError: what is sealed is to be shown, and the keys are not there.
    """
    sight = Sight(texts=role is not None, places=role is not None and role.sees_contact)
    recorded = _recorded(store, stream, to_open=role is not None)
    lines = log_lines(recorded, sight, HANDLING_WORDS[words.code], words.code)
    return [one for one in lines if exception_id is None or one.exception_id == exception_id]


def _recorded(
    store: Store, stream: str, *, to_open: bool
) -> Sequence[tuple[Event, Mapping[str, Any] | None]]:
    own = stream_id(stream)
    rows = log.stored(
        store.connection,
        " FROM events e WHERE stream_id = %s::uuid ORDER BY version",
        [str(own)],
    )
    found = [(log.event_of(row), _actor(row[_BODY])) for row in rows]
    if not to_open:
        return found
    with transaction(store.connection) as cursor:
        keys = opening.find(cursor, store.ring, [own])
    return [(opening.open_event(event, keys), actor) for event, actor in found]


def _actor(body: str) -> Mapping[str, Any] | None:
    actor = msgspec.json.decode(body).get("actor")
    return actor if isinstance(actor, dict) else None
