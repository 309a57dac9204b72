"""Messages whose order is not known yet: where they wait, and what links them to it later.

A payment provider's message mostly names its own ids and no order. It is recorded at once all the
same, in a waiting place: the stream `order/<shop>/~<source>/<id>`. Once an event of an order names
one of the ids, all that waits there is recorded in the order's stream too, under the same ids as if
it had come there in the first place, and `order.linked` ends the waiting.
"""

import re

from domain.event import Event
from domain.stream import order_stream, split_order_stream

MESSAGE = "source.message_received"
LINKED = "order.linked"

WAITING = "~"
"""How the number of a waiting place begins: `~stripe/pi_1`. No shop numbers its orders so."""

WAITING_PATTERN = f"^{WAITING}[a-z0-9]+/."
"""Regular expression of a waiting place's number."""

_NUMBER = "order:"
_PLACE = re.compile(WAITING_PATTERN, re.DOTALL)


ANY_SHOP = WAITING
"""Shop of the places where messages wait of which nobody said whose they are."""


def waiting_place(shop: str, format_name: str, link: str) -> str:
    """Name the stream in which messages wait that know their order by this id only."""
    return order_stream(shop, f"{WAITING}{format_name}/{link}")


def is_waiting_place(stream: str) -> bool:
    """Tell whether a stream is a waiting place, and no order's."""
    named = split_order_stream(stream)
    return named is not None and _PLACE.match(named[1]) is not None


def number_link(number: str) -> str:
    """Return the link of what waits for an order of this number, and is not sure that it is one."""
    return f"{_NUMBER}{number}"


def numbers(event: Event) -> list[str]:
    """Return the numbers by which a message may find its order, where no id tells it."""
    return [each.removeprefix(_NUMBER) for each in links(event) if each.startswith(_NUMBER)]


def links(event: Event) -> list[str]:
    """Return the ids by which a message may find its order; none for another event."""
    found = event.data.get("links") if event.type == MESSAGE else None
    if not isinstance(found, list):
        return []
    return [each for each in found if isinstance(each, str) and each]
