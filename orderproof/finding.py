"""Which orders somebody means."""

from domain.linking import is_waiting_place
from domain.stream import order_name
from eventstore import opening
from orderproof import errors
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.terminal import safe
from projections import order_lookup, person_index


def find_streams(store: Store, key: str) -> list[str]:
    """Return the streams of the orders that a key names, sorted; none if nothing has it.

    An order's own numbers and references come first. Only what is none of them is looked for as an
    e-mail address or a phone number.

    Raises:
        KeyMissingError: the key is not the right one, so that nobody would be found.
    """
    streams = order_lookup.find(store.views, key) or person_index.find(
        store.views, store.person_key(), key
    )
    if not streams:
        opening.check(store.connection, store.ring)
    return streams


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
