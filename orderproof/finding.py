"""Which orders somebody means."""

from collections.abc import Sequence

from domain.linking import is_waiting_place
from domain.stream import order_name, order_stream
from eventstore import log, opening
from orderproof import errors, terminal
from orderproof.bootstrap import Store, catch_up
from orderproof.claiming import the_one
from orderproof.errors import CommandError
from orderproof.terminal import safe
from projections import order_lookup, person_index

LOOKED_UP = (order_lookup.ORDER_LOOKUP.name, person_index.MODEL)
"""The read models by which an order is found."""


def find_streams(store: Store, key: str) -> list[str]:
    """Return the streams of the orders that a key names, sorted; none if nothing has it.

    An order's own numbers and references come first. Only what is none of them is looked for as an
    e-mail address or a phone number.

    Raises:
        KeyMissingError: the key is not the right one, so that nobody would be found.
    """
    streams = (
        order_lookup.find(store.views, key)
        or _waiting_place(store, key)
        or person_index.find(store.views, store.person_key(), key)
    )
    if not streams:
        opening.check(store.connection, store.ring)
    return streams


def the_order(store: Store, key: str, also: Sequence[str] = (), *, waits: bool = False) -> str:
    """Bring the indexes up to date and return the stream of the one order that a key names.

    Args:
        store: the open installation.
        key: what names the order.
        also: read models that are asked next, too.
        waits: whether a place where messages wait will do.

    Raises:
        CommandError: none is known by the key, several are, or it is a place where messages wait.
    """
    catch_up(store, only=(*LOOKED_UP, *also))
    streams = find_streams(store, key)
    if not streams:
        # What was asked for may be somebody's address, and this may end up in a log.
        raise CommandError("no order is known by this", errors.NOT_FOUND)
    stream = the_one(streams, key)
    if not waits:
        refuse_waiting(stream)
    return stream


def _waiting_place(store: Store, key: str) -> list[str]:
    """Return the waiting place of this name, as `unlinked` prints it, where something stands."""
    shop, slash, number = key.partition("/")
    stream = order_stream(shop, number)
    if not slash or not is_waiting_place(stream):
        return []
    return [stream] if log.head(store.connection, stream) else []


def say_if_waiting(stream: str) -> None:
    """Say that what is shown is no order yet, where messages wait for theirs."""
    if is_waiting_place(stream):
        terminal.complain(
            f"{safe(order_name(stream))} is no order yet: these are messages that wait for one"
            " that names one of their ids. Next: import the order; orderproof unlinked lists what"
            " waits"
        )


def refuse_waiting(stream: str) -> None:
    """Refuse to add to what waits for its order: only messages follow to the order, once known.

    Raises:
        CommandError: the stream is a waiting place.
    """
    if is_waiting_place(stream):
        raise CommandError(
            f"{safe(order_name(stream))} is no order: its messages wait for one that names one of "
            "their ids, and what is recorded there would stay behind. Next: import the order; "
            "orderproof unlinked lists what waits",
            errors.REFUSED,
        )
