"""Which orders are a person's: for erasure, where a missed one and a wrong one are both bad.

A person is who is named by a key: an e-mail address, a phone number, a shop's customer id, or the
buyer of an order. Two rules find the rest, and no others, since erasing cannot be undone:

- an order whose buyer has the address or number leads to all orders of the same customer id in
  the same shop, which is the shop's own word that it is one person;
- an order that is named itself leads to all orders that name its buyer's address or number.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from domain.event import Event
from domain.person import EMAIL, PHONE, PHONE_TAIL, normalised
from domain.stream import order_name, order_stream, split_order_stream
from eventstore import log, searching
from orderproof import errors
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.terminal import safe
from projections import links, person_index

CUSTOMER = "customer id"
ORDER = "order"

_LISTED = 20  # orders in a message; `--json` has all
_PLACEMENTS = ("order.placed", "order.imported")


class Found(msgspec.Struct, frozen=True):
    """The orders of a person.

    Args:
        streams: their names, each with what it was found by.
        events: of each stream, personal data opened.
    """

    streams: dict[str, str]
    events: dict[str, list[Event]]


class Buyer(msgspec.Struct, frozen=True):
    """Who placed an order, as far as it is known and not erased.

    Args:
        customer: shop and customer id.
        keys: (EMAIL, address) and (PHONE, digits), normalised.
    """

    customer: tuple[str, str] | None
    keys: frozenset[tuple[str, str]]


def find_person(store: Store, subject: str) -> Found:
    """Return the orders of the person that a subject names.

    Read models must be at the newest event.

    Args:
        store: the open installation.
        subject: e-mail address, phone number, customer id, or an order as `shop/number`.

    Raises:
        CommandError: nobody is found, or the subject may be several persons.
        KeyMissingError: personal data should open and does not.
    """
    search = _Search(store)
    named = search.named(subject)
    if not named:
        raise _nobody(store, subject)
    seeds: set[tuple[str, str]] = set(normalised(subject)) if ORDER not in named else set()
    for kind, streams in named.items():
        for stream in streams:
            search.add(stream, kind)
            if kind == ORDER:
                seeds |= search.buyer(stream).keys
            if kind in (ORDER, CUSTOMER):
                search.follow(stream)
    for kind, value in sorted(seeds):
        if kind in (EMAIL, PHONE):
            for stream in search.by_key(kind, value):
                search.add(stream, "e-mail" if kind == EMAIL else "phone")
                if search.buyer(stream).keys & seeds:
                    search.follow(stream)
    # What a message said before its order was known stands in its waiting place, too.
    for place in links.linked_places(store.views, list(search.found)):
        search.add(place, "linked")
    return Found(dict(sorted(search.found.items())), search.events)


class _Search:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.found: dict[str, str] = {}
        self.events: dict[str, list[Event]] = {}
        self._customers: set[tuple[str, str]] = set()

    def named(self, subject: str) -> dict[str, list[str]]:
        """Return the orders that a subject names itself, by kind of key."""
        shop, slash, number = subject.partition("/")
        if slash and log.head(self._store.connection, order_stream(shop, number)) is not None:
            return {ORDER: [order_stream(shop, number)]}
        kinds = {kind for kind, _ in normalised(subject)} & {EMAIL, PHONE}
        found = {
            **{kind: self.by_key(kind, subject) for kind in kinds},
            CUSTOMER: self.of_customer(None, subject),
        }
        found = {kind: streams for kind, streams in found.items() if streams}
        shops = {_shop(stream) for stream in found.get(CUSTOMER, ())}
        if len(shops) > 1 or {PHONE, CUSTOMER} <= found.keys():
            streams = sorted({stream for some in found.values() for stream in some})
            raise CommandError(
                "several persons may be meant. Name one of the orders of the right one: "
                f"{_listed(streams)}",
                errors.USAGE,
                candidates=[order_name(stream) for stream in streams],
            )
        return found

    def by_key(self, kind: str, text: str) -> list[str]:
        store = self._store
        return person_index.find_exactly(store.views, store.person_key(), kind, text)

    def of_customer(self, shop: str | None, customer_id: str) -> list[str]:
        """Return the orders of a customer, in one shop or in all."""
        streams = searching.streams_of_customer(self._store.connection, customer_id)
        return [
            stream
            for stream in streams
            if shop in (None, _shop(stream))
            and self.buyer(stream).customer == (_shop(stream), customer_id)
        ]

    def follow(self, stream: str) -> None:
        """Add the orders of the same customer."""
        customer = self.buyer(stream).customer
        if customer is None or customer in self._customers:
            return
        self._customers.add(customer)
        for other in self.of_customer(*customer):
            self.add(other, CUSTOMER)

    def add(self, stream: str, by: str) -> None:
        self.found.setdefault(stream, by)
        self._read(stream)

    def buyer(self, stream: str) -> Buyer:
        return _buyer(_shop(stream), self._read(stream))

    def _read(self, stream: str) -> list[Event]:
        if stream not in self.events:
            store = self._store
            self.events[stream] = log.read_order(store.connection, store.ring, stream, to_show=True)
        return self.events[stream]


def _buyer(shop: str, events: Iterable[Event]) -> Buyer:
    placed = [event for event in events if event.type in _PLACEMENTS]
    ids = [event.data.get("customer_id") for event in placed]
    customer = next((str(id_) for id_ in ids if isinstance(id_, str | int) and id_ != ""), None)
    keys = {key for event in placed for key in _keys(event)}
    return Buyer(None if customer is None else (shop, customer), frozenset(keys))


def _keys(event: Event) -> Iterator[tuple[str, str]]:
    buyer = event.data.get("buyer")
    if not isinstance(buyer, dict):
        return
    for kind, field in ((EMAIL, "email"), (PHONE, "phone")):
        if isinstance(buyer.get(field), str):
            yield from (key for key in normalised(buyer[field], kind) if key[0] == kind)


def _nobody(store: Store, subject: str) -> CommandError:
    # The subject is not repeated: what a command says may be kept in somebody's log.
    tail = person_index.find_exactly(store.views, store.person_key(), PHONE_TAIL, subject)
    if any(kind == PHONE_TAIL for kind, _ in normalised(subject)) and tail:
        return CommandError(
            "no order has exactly this phone number, and some have one that ends in the same "
            f"digits. If it is this person's, name the order: {_listed(tail)}",
            errors.NOT_FOUND,
            candidates=[order_name(stream) for stream in tail],
        )
    return CommandError(
        "nobody is known by this. Name an e-mail address, a phone number, a customer id, or an "
        "order as shop/number. Who was erased before is known by the order only.",
        errors.NOT_FOUND,
    )


def _shop(stream: str) -> str:
    return (split_order_stream(stream) or ("", stream))[0]


def _listed(streams: Sequence[str]) -> str:
    names = ", ".join(safe(order_name(stream)) for stream in streams[:_LISTED])
    more = len(streams) - _LISTED
    return f"{names} and {more} more" if more > 0 else names
