"""Order tracking numbers that no other order has."""

from domain.tracking.track_no import make_track_no
from orderproof.bootstrap import Store
from orderproof.errors import INTERNAL, CommandError
from projections import order_lookup

_ATTEMPTS = 8


def track_no_for(store: Store, stream: str, command_id: str) -> str:
    """Return a tracking number for an order: the same for the same command, and nobody else's.

    Args:
        store: the open installation; its read models are at the newest event.
        stream: of the order.
        command_id: of the command that confirms it.

    Raises:
        CommandError: each number that was tried is another order's, or anything else's key.
    """
    for attempt in range(_ATTEMPTS):
        number = make_track_no(f"{stream} {command_id}", attempt)
        if set(order_lookup.find(store.views, number)) <= {stream}:
            return number
    raise CommandError("no free tracking number was found", INTERNAL)
