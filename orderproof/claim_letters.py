"""Letters that were recorded as answers to claims, handed out to whoever sends them.

We send nothing ourselves: a shop has its own way of reaching its customers. Each letter has an id,
and a position that says where to go on, so that none is forgotten and none need be sent twice.
"""

from typing import Any

from domain.claim_case import SOURCE
from domain.stream import order_name
from eventstore import log
from orderproof.bootstrap import Store

_MOST = 1_000
_FIELDS = ("message_id", "language", "to", "subject", "body", "body_sha256")


def after(store: Store, position: int) -> tuple[list[dict[str, Any]], int]:
    """Return letters recorded after a position, oldest first, and the position to go on with.

    Personal data that was erased is left out: such a letter has no address or body.
    """
    size = log.size(store.connection)
    found: list[dict[str, Any]] = []
    for stream, version, at in log.sent_after(store.connection, SOURCE, position, size, _MOST):
        events = log.read_order(store.connection, store.ring, stream)
        event = events[version - 1]
        letter = {name: event.data.get(name) for name in _FIELDS}
        found.append({"order": order_name(stream), "position": at, **letter})
    return found, found[-1]["position"] if len(found) == _MOST else size
