"""The record as it is read over HTTP: what a token may see, masked unless it may see more."""

import hashlib
import threading
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from api import answers
from api.access import Token
from api.reading import SeveralEventsError
from api.record import MASKED, OrdersAsked, OrdersFound, shop_and_number
from api.searching import SearchFound
from domain.catalogue import OUR_SOURCE
from domain.event import Event, Fact
from domain.line import Line, line_hash
from domain.stream import ACCESS_STREAM, order_name, order_stream, stream_id
from eventstore import log, opening, reading
from eventstore.connection import Cursor, transaction
from eventstore.pool import Pool
from eventstore.reading import Scope
from evidence.asking import RANK, absent
from evidence.words import PAGES
from orderproof import redelivered, timeline
from orderproof.bootstrap import Store
from orderproof.claim_on_store import claim_of
from orderproof.published import Published
from orderproof.sessions import Sessions, catch_up_a_little
from projections import order_lookup, order_summary, person_index
from projections.order_summary import OrderSummary

VIEWED = "access.record_viewed"
MODELS = (order_summary.ORDER_SUMMARY.name, order_lookup.ORDER_LOOKUP.name)

_WALKED = 20_000  # positions that a page of the log looks at, whoever's events lie there
_NOTES = 50_000
_MOST = 200
_NEWEST = 2**62


class LiveAnswers:
    """Answers from the event store; see `api.record.Answers`.

    Args:
        pool: of connections in `eventstore.reading.ROLE`.
        sessions: lends open stores, to bring read models up to date and to open personal data.
        record: records that somebody looked.
    """

    def __init__(self, pool: Pool, sessions: Sessions, record: redelivered.Record) -> None:
        self._pool = pool
        self._sessions = sessions
        self._record = record
        self._lock = threading.Lock()
        self._noted: set[str] = set()

    def orders(self, token: Token, asked: OrdersAsked) -> OrdersFound:
        """List orders."""
        self._catch_up()
        with reading.session(self._pool, token.sees) as cursor:
            reached = reading.reached(cursor, MODELS)
            wanted = order_summary.Asked(
                as_of=min(reached, reached if asked.as_of is None else asked.as_of),
                shop=asked.shop,
                first_day=asked.first_day,
                last_day=asked.last_day,
                before=asked.before,
                limit=asked.limit + 1,
            )
            if asked.q is not None:
                found = _named(cursor, asked.q, wanted)
            else:
                found = order_summary.page(cursor, wanted)
            items = [_as_of(cursor, one, wanted.as_of) for one in found[: asked.limit]]
        outside = asked.outside
        if outside is None:
            # What lies outside an engagement's days is not seen, and counted all the same.
            with reading.session(self._pool, Scope(shops=token.sees.shops)) as cursor:
                outside = order_summary.outside(cursor, wanted)
        more = len(found) > asked.limit and asked.q is None
        last = found[asked.limit - 1] if more else None
        return OrdersFound(
            as_of=wanted.as_of,
            items=items,
            outside=outside,
            last=None if last is None else (last.first_day, last.first_position),
        )

    def search(self, token: Token, key: str) -> SearchFound:
        """Return the orders that a key names and a token may see; persons where nothing else is."""
        with self._sessions.one() as store:
            catch_up_a_little(store, (*MODELS, person_index.MODEL))
            persons = person_index.find(store.views, store.person_key(), key)
        with reading.session(self._pool, token.sees) as cursor:
            as_of = reading.reached(cursor, MODELS)
            wanted = order_summary.Asked(as_of=as_of, limit=_MOST + 1)
            found = _named(cursor, key, wanted)
            by_reference = bool(found) or not persons
            if not by_reference:
                found = order_summary.of_streams(cursor, persons, wanted)
            items = [_as_of(cursor, one, as_of) for one in found[:_MOST]]
        return SearchFound(
            understood="reference" if by_reference or not items else "person",
            as_of=as_of,
            items=items,
            more=len(found) > _MOST,
        )

    def timeline(
        self, token: Token, stream: str, as_of: int | None
    ) -> tuple[answers.OneOrder, list[answers.TimelineEvent], int]:
        """Return an order, all its events up to a position, and how many parts are masked."""
        return self._timeline(token, stream, as_of, token.opens)

    def claim(self, token: Token, stream: str, day: date, language: str) -> dict[str, Any]:
        """Return the answer to a claim."""
        started = time.perf_counter()
        self._see(token, stream)
        with self._sessions.one() as store:
            published = Published(store.installation.archive, store.keys.tag)
            found = claim_of(store, stream, order_name(stream), day, published, started)
        position = found.lines[-1][0] if found.lines else 0
        lacks = (
            []
            if found.order is None
            else absent(found.order, found.verdict, position, PAGES[language])
        )
        lacks.sort(key=lambda one: RANK.index(one.state))
        return {**found.as_dict(language), "missing": msgspec.to_builtins(lacks)}

    def events(
        self, token: Token, shop: str | None, type: str | None, after: int, upto: int, limit: int
    ) -> tuple[list[answers.Event], int | None, int]:
        """List events; return where the next page begins, and how many parts are masked."""
        top = min(upto, after + _WALKED)
        with reading.session(self._pool, _narrowed(token.sees, shop)) as cursor:
            lines = reading.window(cursor, after, top, limit, type)
        last = lines[-1].position if len(lines) == limit else top
        events = log.decoded(lines, to_show=True)
        items = [_event(line, event) for line, event in zip(lines, events, strict=True)]
        return items, (last if last < upto else None), sum(map(_masked, events))

    def event(self, token: Token, id: str, source: str | None) -> answers.OneEvent:
        """Return an event by its id, or by its position where no event has that id."""
        line = self.line(token, id, source)
        [event] = log.decoded([line], to_show=True)
        return answers.OneEvent(
            event=_event(line, event), line=line.encode().decode(), prev=line.prev
        )

    def line(self, token: Token, id: str, source: str | None) -> Line:
        """Return the line of an event; see `event`."""
        with reading.session(self._pool, token.sees) as cursor:
            found = reading.named(cursor, id, source, _MOST)
            if len(found) > 1:
                raise SeveralEventsError([each for each, _ in found])
            position = found[0][1] if found else _position(id) if source is None else None
            line = None if position is None else reading.at(cursor, position)
        if line is None:
            raise LookupError(id)
        return line

    def size(self, token: Token) -> int:
        """Return the newest position."""
        with reading.session(self._pool, token.sees) as cursor:
            return reading.size(cursor)

    def reads(
        self, token: Token, subject: str, after: int, as_of: int | None, limit: int
    ) -> tuple[int, list[answers.Read], int | None]:
        """Return the position that it is as of, who looked at orders, and where to go on."""
        self._catch_up()
        with reading.session(self._pool, token.sees) as cursor:
            shop, slash, number = subject.partition("/")
            exact = order_stream(shop, number)
            found = [exact] if slash and reading.head(cursor, exact, _NEWEST) else []
            found = found or order_lookup.find_readable(cursor, subject, _MOST)
            size = reading.size(cursor)
        if not found:
            raise LookupError(subject)
        upto = size if as_of is None else min(as_of, size)
        with self._sessions.one() as store:
            items = [
                read
                for stream in found
                for read in _reads_of(store, stream, after, upto, limit + 1)
            ]
        items.sort(key=lambda read: read.position)
        more = len(items) > limit
        return upto, items[:limit], items[limit - 1].position if more else None

    def note(self, token: Token, stream: str, fields: str, reason: str | None) -> None:
        """Record that somebody looks at an order they may see, once a day where nothing is said."""
        self._see(token, stream)
        self._note(token, [stream], fields, reason)

    def note_all(self, token: Token, streams: Sequence[str]) -> None:
        """Record that somebody was shown events of these orders, masked."""
        self._note(token, streams, MASKED, None)

    def _note(self, token: Token, streams: Sequence[str], fields: str, reason: str | None) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        facts = {
            fact.id: fact
            for fact in (_viewing(token, each, fields, reason, now) for each in streams)
        }
        with self._lock:
            new = [fact for own, fact in facts.items() if own not in self._noted]
        if not new:
            return
        self._record(new)
        with self._lock:
            if len(self._noted) >= _NOTES:
                self._noted.clear()
            self._noted.update(fact.id for fact in new)

    def revealed(
        self, token: Token, stream: str, purposes: frozenset[str]
    ) -> list[answers.TimelineEvent]:
        """Return an order's events with personal data of these purposes."""
        return self._timeline(token, stream, None, purposes)[1]

    def _timeline(
        self, token: Token, stream: str, as_of: int | None, purposes: frozenset[str]
    ) -> tuple[answers.OneOrder, list[answers.TimelineEvent], int]:
        with reading.session(self._pool, token.sees) as cursor:
            size = reading.size(cursor)
            upto = size if as_of is None else min(as_of, size)
            lines = reading.lines(cursor, stream, upto)
        if not lines:
            raise LookupError(stream)
        events = log.decoded(lines, to_show=True)
        shown = self._opened(events, purposes) if purposes else events
        told = timeline.as_dict(stream, shown, upto)["events"]
        shop, number = shop_and_number(stream)
        items = [
            answers.TimelineEvent(
                shop=shop, order=number, hash=line_hash(line.encode()).hex(), **each
            )
            for line, each in zip(lines, told, strict=True)
        ]
        order = answers.OneOrder(
            as_of=upto,
            head=items[-1].hash,
            version=items[-1].version,
            order=_item(order_summary.summarise(stream, events)),
        )
        return order, items, sum(map(_masked, shown))

    def _opened(self, events: Sequence[Event], purposes: frozenset[str]) -> list[Event]:
        with self._sessions.one() as store, transaction(store.connection) as cursor:
            keys = opening.find(cursor, store.ring, [stream_id(events[0].stream)])
        return [opening.open_event(event, keys, purposes) for event in events]

    def _see(self, token: Token, stream: str) -> None:
        """Find an order that a token may see.

        Raises:
            LookupError: there is none.
        """
        if token.sees.first_day is not None or token.sees.last_day is not None:
            self._catch_up()  # a read model says when an order began
        with reading.session(self._pool, token.sees) as cursor:
            if reading.head(cursor, stream, _NEWEST) is None:
                raise LookupError(stream)

    def _catch_up(self) -> None:
        with self._sessions.one() as store:
            catch_up_a_little(store, MODELS)


def _narrowed(scope: Scope, shop: str | None) -> Scope:
    """Return a scope of one shop, if it is in it; else of none."""
    if shop is None:
        return scope
    there = not scope.shops or shop in scope.shops
    return msgspec.structs.replace(scope, shops=(shop if there else "",))


def _named(cursor: Cursor, key: str, wanted: order_summary.Asked) -> list[OrderSummary]:
    return order_summary.of_streams(cursor, order_lookup.find_readable(cursor, key, _MOST), wanted)


def _as_of(cursor: Cursor, row: OrderSummary, upto: int) -> answers.Order:
    """Return an order as it was at a position, where its row knows more than that."""
    if row.position > upto:
        lines = reading.lines(cursor, row.stream, upto)
        row = order_summary.summarise(row.stream, log.decoded(lines, to_show=True))
    return _item(row)


def _item(row: OrderSummary) -> answers.Order:
    return answers.Order(
        shop=row.shop,
        order=row.number,
        status=row.status,
        placed_at=row.placed_at,
        closed_at=row.closed_at,
        currency=row.currency,
        total=row.total,
        captured=row.captured,
        refunded=row.refunded,
        open_refunds=row.open_refunds,
        events=row.events,
        recorded_at=row.recorded_at,
        position=row.position,
    )


def _event(line: Line, event: Event) -> answers.Event:
    shop, number = shop_and_number(event.stream)
    return answers.Event(
        position=event.position,
        shop=shop,
        order=number,
        version=event.version,
        type=event.type,
        source=event.source,
        id=event.id,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        data=event.data,
        sealed=event.sealed,
        hash=line_hash(line.encode()).hex(),
    )


def _masked(event: Event) -> int:
    """Return how many parts of an event are sealed and not shown."""
    return len(event.boxes)


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _viewed(stream: str) -> str:
    """Return how the ids of events begin that tell who looked at an order."""
    return f"{VIEWED}/{hashlib.sha256(stream.encode()).hexdigest()[:32]}"


def _viewing(token: Token, stream: str, fields: str, reason: str | None, now: str) -> Fact:
    """Return the event that says that somebody looks: one a day, or one for each reason given."""
    mark = hashlib.sha256(f"{fields}\0{reason}".encode()).hexdigest()[:8]
    at = f"{now[:10]}T00:00:00Z" if reason is None else now
    said = {"who": token.id, "role": token.role, "scope": fields, "subject": order_name(stream)}
    if reason is not None:
        said["reason"] = reason
    elif token.engagement is not None:
        said["purpose"] = token.engagement.purpose
    return Fact(
        stream=f"{ACCESS_STREAM}/{now[:10]}",
        type=VIEWED,
        source=OUR_SOURCE,
        id=f"{_viewed(stream)}/{token.id}/{at}/{mark}",
        occurred_at=at,
        data=said,
        actor={"kind": "token", "id": token.id},
    )


def _reads_of(store: Store, stream: str, after: int, upto: int, most: int) -> list[answers.Read]:
    prefix = f"{_viewed(stream)}/"
    lines = log.with_ids_like(store.connection, OUR_SOURCE, prefix, after, upto, most)
    return [
        answers.Read(
            order=order_name(stream),
            who=str(event.data.get("who", "")),
            role=str(event.data.get("role", "")),
            at=event.recorded_at,
            fields=str(event.data.get("scope", "")),
            reason=event.data.get("reason"),
            position=event.position,
        )
        for event in log.decoded(lines)
    ]
