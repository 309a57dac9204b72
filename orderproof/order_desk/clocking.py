"""The role `clock`: fires the clocks whose time is up, each once, and records what follows."""

import time
from collections.abc import Callable

import msgspec

from domain.event import Fact
from domain.stream import order_name, stream_id
from domain.time import instant, instant_text
from domain.tracking.clocks import FIRED, SILENT, DeskClock, consequences, running
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.tracking import Tracking, fold_tracking
from eventstore import log, recording, wakeup
from eventstore.connection import Connection, connect
from eventstore.writer import ROLE as WRITER
from orderproof import terminal, working
from orderproof.bootstrap import PROJECTOR, Store, catch_up
from orderproof.order_desk import lists
from orderproof.order_desk.lists import Selection
from projections import desk_clock
from projections.tracking_table import TRACKING_TABLE

SOURCE = "/orderproof/clocks"
"""The source of what clocks record; refused from outside."""

_READ = (desk_clock.DESK_CLOCK.name, TRACKING_TABLE.name)

_ORDERS = 500
"""Orders that are looked at before the read models are brought up to date again."""

_SAFETY_NET = 5.0  # seconds without a wake-up before looking anyway: time passes by itself
_JUMP = 60.0
"""Seconds by which the clock may differ from what passed; more is a jump, and is waited out."""


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that fired.

    Args:
        order: `shop/number`.
        kind: of the clock.
        subject: what it ran for.
        deadline: RFC 3339 UTC.
        events: the types of what was recorded.
    """

    order: str
    kind: str
    subject: str
    deadline: str
    events: tuple[str, ...]


def fire(
    store: Store, at: int, stop: Callable[[], bool] = lambda: False
) -> tuple[list[Fired], int]:
    """Fire all clocks whose time is up at an instant.

    It can be killed at any point and done again, by any number of processes: what a clock does is
    recorded whole, right behind the events that it stands on, or not at all, and what fired runs no
    more.

    Args:
        store: the open installation.
        at: instant, microseconds since 1970 UTC.
        stop: asked before each order whether to leave it at that.

    Returns:
        What fired, and how many orders were left for the next time since they changed meanwhile.
    """
    fired: list[Fired] = []
    passed: set[str] = set()
    catch_up(store, only=_READ)
    with connect(store.dsn, WRITER) as connection:
        while not stop():
            due = desk_clock.due(store.views, at, _ORDERS)
            fresh = [one.stream for one in due if one.stream not in passed]
            if not fresh:
                break
            for stream in fresh:
                if stop():
                    break
                passed.add(stream)
                fired += _fire_of(connection, store, stream, at)
            catch_up(store, only=_READ)
        if not stop():
            fired += _silent(connection, store, at)
    left = {one.stream for one in desk_clock.due(store.views, at, _ORDERS)}
    return fired, len(left)


def _fire_of(connection: Connection, store: Store, stream: str, at: int) -> list[Fired]:
    """Fire an order's clocks one after the other: what one raises may be what another waits for."""
    fired: list[Fired] = []
    while True:
        events = log.read_order(connection, None, stream)
        tracking = fold_tracking(events)
        due = [one for one in running(tracking, DESK_POLICY) if at > one.deadline]
        if not due:
            return fired
        clock = min(due, key=lambda one: (one.deadline, one.kind, one.subject))
        said = consequences(clock, tracking, at, DESK_POLICY)
        done = _record(connection, store, stream, clock, said, at, events[-1].version)
        if done is None:
            return fired  # the order went on meanwhile; the next round looks at it again
        fired.append(done)


def _silent(connection: Connection, store: Store, at: int) -> list[Fired]:
    """Fire for those of the first orders that nobody touched for too long (R015)."""
    fired = []
    first = list(lists.read(store.views, Selection(limit=DESK_POLICY.first), at))
    for listing in lists.silent(first, at):
        since = listing.order.acted_at
        if since is None:
            continue
        events = log.read_order(connection, None, listing.stream)
        tracking: Tracking = fold_tracking(events)
        clock = DeskClock(
            kind=SILENT, subject="", since=since, deadline=since + DESK_POLICY.silence
        )
        if (clock.kind, clock.subject, clock.deadline) in tracking.fired:
            continue
        version = events[-1].version
        done = _record(connection, store, listing.stream, clock, [], at, version)
        fired += [] if done is None else [done]
    return fired


def _record(
    connection: Connection,
    store: Store,
    stream: str,
    clock: DeskClock,
    said: list[tuple[str, dict[str, object]]],
    at: int,
    version: int,
) -> Fired | None:
    own = f"{stream_id(stream)}/{clock.id}"
    told: dict[str, object] = {
        "clock": clock.kind,
        "subject": clock.subject,
        "since": instant_text(clock.since),
        "deadline": instant_text(clock.deadline),
        "rule_version": DESK_POLICY.version,
    }
    facts = [
        Fact(
            stream=stream,
            type=type_,
            source=SOURCE,
            id=own if number == 0 else f"{own}/{type_}",
            occurred_at=instant_text(at),
            data=data,
            causation=None if number == 0 else own,
            actor={"kind": "system", "id": "clock"},
        )
        for number, (type_, data) in enumerate([(FIRED, told), *said])
    ]
    if not recording.record_after(connection, store.ring, facts, version):
        return None
    return Fired(
        order=order_name(stream),
        kind=clock.kind,
        subject=clock.subject,
        deadline=instant_text(clock.deadline),
        events=tuple(fact.type for fact in facts),
    )


def now(store: Store) -> int:
    """Return the database's time: the one clock that all copies of the worker share."""
    return instant(log.clock(store.connection))


class Watch:
    """Tells a jump of the clock from time that passed."""

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None

    def jumped(self, at: int, passed: float) -> bool:
        """Tell whether the clock went otherwise than time did since the last look.

        Args:
            at: the time by the clock, microseconds.
            passed: seconds by a clock that cannot be set.
        """
        last, self._last = self._last, (at, passed)
        if last is None:
            return False
        return abs((at - last[0]) / 1_000_000 - (passed - last[1])) > _JUMP


def _work(store: Store, signals: working.Signals) -> None:
    """Fire until a stop. The lease lies on the listening connection: both end together."""
    signals.busy = store.views
    watch = Watch()
    with connect(store.dsn, PROJECTOR) as listening:
        wakeup.listen(listening)
        working.take_lease(listening, ROLE, signals)
        terminal.complain("watching the desk's clocks; SIGTERM ends it")
        while not signals.stop.is_set():
            at = now(store)
            if watch.jumped(at, time.monotonic()):
                terminal.complain(
                    f"the clock jumped to {instant_text(at)}; nothing fires until it goes on from"
                    " there as time does"
                )
            else:
                for each in fire(store, at, signals.stop.is_set)[0]:
                    about = terminal.safe(f"{each.order} {each.subject}".strip())
                    terminal.complain(f"{each.kind}: {about}, was due {each.deadline}")
            wakeup.wait(listening, _SAFETY_NET)


ROLE = working.Role(
    name="clock",
    work=_work,
    lease=0x6F72646572776B,
    waiting="another worker watches the clocks; waiting until it is gone",
    stopped="Stopped; what fired is recorded.",
)
