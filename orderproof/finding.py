"""Which orders somebody means."""

from eventstore import opening
from orderproof.bootstrap import Store
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
