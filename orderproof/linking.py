"""Linking: which order a message belongs to, now or once the order is known."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from domain import personal
from domain.catalogue import OUR_SOURCE
from domain.erasure import Erasure, erasures
from domain.event import Event, Fact
from domain.linking import ANY_SHOP, LINKED, MESSAGE, waiting_place
from domain.stream import order_name, order_stream
from eventstore import erasing, log, recording
from eventstore.connection import Connection, connect
from eventstore.erasing import Decision
from eventstore.writer import ROLE
from orderproof.bootstrap import Store, catch_up
from projections import links
from sources.formats import FORMATS
from sources.message import MEDIA_CSV, Message, facts, identity, retold
from sources.payloads import again

_ROUNDS = 16
"""How often one link may lead to the next: a refund names its charge, which names a payment."""


class Linked(msgspec.Struct, frozen=True):
    """What a pass did.

    Args:
        places: waiting places that were linked.
        undecided: places of which several orders know an id, with those orders: for a person.
    """

    places: int
    undecided: dict[str, tuple[str, ...]]


def streams(store: Store, shop: str | None, named: Sequence[tuple[str, Message]]) -> list[str]:
    """Return where each message is recorded: with its order, or where it waits for it.

    Args:
        store: the open installation; what its read models know counts.
        shop: whose messages they are; None where nobody said, so that any order may be meant.
        named: messages, each with the name of its format.
    """
    wanted = [link for _, each in named for link in _links(shop, each)]
    known = links.orders_of(store.views, shop or ANY_SHOP, wanted)
    unsure = [each.order for _, each in named if each.order is not None and not each.order_sure]
    numbered = links.orders_of(store.views, shop or ANY_SHOP, unsure, numbers=True)
    recorded = {}
    if shop is not None:
        ids = [identity(message, name, shop) for name, message in named if not _is_told(message)]
        recorded = log.streams_of(store.connection, ids)
    return [
        # By now more orders may know an id than did when it was recorded with one.
        (shop and recorded.get(identity(message, name, shop)))
        or _stream(shop, name, message, known, numbered)
        for name, message in named
    ]


def _stream(
    shop: str | None,
    format_name: str,
    message: Message,
    known: Mapping[str, Sequence[str]],
    numbered: Mapping[str, Sequence[str]],
) -> str:
    if shop is not None and message.order is not None and message.order_sure:
        return order_stream(shop, message.order)
    wanted = _links(shop, message)
    # As a later pass would decide: one order, by whatever ids; by a number only where none is.
    orders = {order for link in wanted for order in known.get(link, ())}
    if not orders and message.order is not None:
        orders = set(numbered.get(message.order, ()))
    if len(orders) == 1:
        return orders.pop()
    return waiting_place(shop or ANY_SHOP, format_name, wanted[0])


def _links(shop: str | None, message: Message) -> list[str]:
    """Return the ids to look for; the order's number too, where its shop is not known."""
    named = [message.order] if shop is None and message.order and message.order_sure else []
    return [*named, *message.links]


def _is_told(message: Message) -> bool:
    """Tell whether the message itself says for sure which order it belongs to."""
    return message.order is not None and message.order_sure


def link(store: Store) -> Linked:
    """Record in an order's history what waits and is known to be the order's by now.

    It can be killed at any point and done again: what was recorded already is a repeat.
    """
    count = 0
    undecided: dict[str, tuple[str, ...]] = {}
    for _ in range(_ROUNDS):
        catch_up(store)
        orders: dict[str, list[str]] = {}
        found = links.matches(store.views)
        by_id = {match.place for match in found if match.by_id}
        for match in found:
            if match.by_id or match.place not in by_id:
                orders.setdefault(match.place, []).append(match.order)
        undecided = {place: tuple(each) for place, each in orders.items() if len(each) > 1}
        sure = {place: each[0] for place, each in orders.items() if len(each) == 1}
        if not sure:
            break
        with connect(store.dsn, ROLE) as connection:
            done = sum(_link(connection, store, place, order) for place, order in sure.items())
        count += done
        if not done:
            break
    return Linked(count, undecided)


class Waiting(msgspec.Struct, frozen=True):
    """A place where messages wait.

    Args:
        place: shop and name, as an order is named.
        links: ids of which an order may name one.
        messages: how many wait there.
        since: when the newest came in, UTC.
        candidates: orders that all name one, so that a person has to decide.
    """

    place: str
    links: tuple[str, ...]
    messages: int
    since: str
    candidates: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the row of `unlinked --json`."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]  # a dict, as for all structs


def waiting(store: Store, linked: Linked) -> list[Waiting]:
    """Return all places where messages wait, after a pass that linked what it could."""
    found = []
    for place, wanted in links.waiting(store.views):
        count, since = log.count_of(store.connection, place, MESSAGE)
        found.append(
            Waiting(
                place=order_name(place),
                links=wanted,
                messages=count,
                since=since,
                candidates=tuple(map(order_name, linked.undecided.get(place, ()))),
            )
        )
    return found


def link_if_waiting(store: Store) -> None:
    """Do as `link` where anything waits; a log of which nothing does is not read for it."""
    if links.anything_waits(store.views):
        link(store)


def _link(connection: Connection, store: Store, place: str, order: str) -> bool:
    """Record again, with their order, the messages that came since the last time.

    Returns:
        False where a message is of a source that only another release knows: it goes on waiting.
    """
    events = log.read_order(connection, store.ring, place)
    before = max((event.version for event in events if event.type == LINKED), default=0)
    messages = [event for event in events if event.version > before and event.type == MESSAGE]
    if not all(_is_known(event) for event in messages):
        return False
    erased = _erasures(connection, order)
    new = [
        _without(fact, _gone(event, erased))
        for event in messages
        for fact in _understood(event, events, order)
    ]
    recording.record(connection, store.ring, new)
    _erase_alike(store, place, [one for event in messages for one in _after(event, erased)])
    last = events[-1]
    digest = hashlib.sha256(place.encode()).hexdigest()[:32]
    end = Fact(
        stream=place,
        type=LINKED,
        source=OUR_SOURCE,
        id=f"{LINKED}/{digest}/{last.version}",
        occurred_at=last.recorded_at,
        data={"order": order_name(order), "outcome": "linked"},
    )
    # Where more has come meanwhile this is a conflict, and the next round takes that as well.
    recording.record(connection, None, [end], [last.version])
    return True


def _erasures(connection: Connection, order: str) -> list[tuple[int, Erasure]]:
    """Return the erasures of an order, each after its position in the log."""
    events = log.read_order(connection, None, order)
    positions = {event.version: event.position for event in events}
    return [(positions[version], one) for version, one in erasures(events)]


def _after(message: Event, erased: Sequence[tuple[int, Erasure]]) -> list[Erasure]:
    return [one for position, one in erased if message.position < position]


def _gone(message: Event, erased: Sequence[tuple[int, Erasure]]) -> frozenset[str]:
    """Return the purposes for which the order's person was erased after a message had come."""
    return frozenset(purpose for one in _after(message, erased) for purpose in one.purposes)


def _without(fact: Fact, purposes: frozenset[str]) -> Fact:
    """Return a fact without what is sealed for these purposes: it was here when it was erased."""
    if not purposes:
        return fact
    data, sealed = personal.split(fact.type, fact.data)
    for purpose, values in sealed.items():
        if purpose not in purposes:
            data = personal.merge(data, values)
    return msgspec.structs.replace(fact, data=data)


def _erase_alike(store: Store, place: str, erased: Sequence[Erasure]) -> None:
    """Destroy the keys of a waiting place as those of its order were, by the same decision."""
    if not erased:
        return
    last = erased[-1]
    decision = Decision(
        last.ground,
        last.requested_by,
        last.approved_by,
        tuple(sorted({purpose for one in erased for purpose in one.purposes})),
    )
    with connect(store.dsn, erasing.ROLE) as connection:
        erasing.erase(connection, [place], decision)
    store.ring.forget()


def _is_known(event: Event) -> bool:
    return event.data.get("media_type") == MEDIA_CSV or event.data.get("format") in FORMATS


def _understood(event: Event, events: Sequence[Event], stream: str) -> list[Fact]:
    """Return what a message that waited says; nothing if erased.

    It is read anew from its payload. What a row of a CSV file says is known by its mapping, which
    is not at hand any more, so that is taken over as it was recorded.
    """
    raw = event.data.get("raw")
    if not isinstance(raw, str):
        return []
    if event.data.get("media_type") == MEDIA_CSV:
        return retold(event, events, stream)
    format_ = FORMATS[event.data["format"]]
    payload = again(format_, raw.encode())
    at = event.occurred_at
    return facts(payload.message(), payload.raw, format_.name, stream, received_at=at)
