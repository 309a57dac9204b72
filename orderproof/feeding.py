"""The role `project`: keeps read models at the newest event, and links what waits."""

import time

from eventstore import wakeup
from eventstore.connection import connect, transaction
from orderproof import linking, terminal, working
from orderproof.bootstrap import PROJECTOR, Store
from projections import bookkeeping, runner

_SAFETY_NET = 1.0  # seconds without a wake-up before looking anyway
_HEARTBEAT = 5.0


def _feed(store: Store, signals: working.Signals) -> None:
    """Feed until a stop. The lease lies on the listening connection: both end together."""
    signals.busy = store.views
    with connect(store.dsn, PROJECTOR) as listening:
        wakeup.listen(listening)
        working.take_lease(listening, ROLE, signals)
        terminal.complain(f"feeding {len(store.projections)} projections; SIGTERM ends it")
        beaten = -_HEARTBEAT
        linked_at = -1
        while not signals.stop.is_set():
            runner.catch_up(
                store.views, store.log, store.projections, signals.check, signals.stop.is_set
            )
            if (size := store.log.size()) != linked_at:
                linking.link_if_waiting(store)
                linked_at = size
            if time.monotonic() - beaten >= _HEARTBEAT:
                with transaction(store.views) as cursor:
                    bookkeeping.beat(cursor, store.projections)
                beaten = time.monotonic()
            wakeup.wait(listening, _SAFETY_NET)


ROLE = working.Role(
    name="project",
    work=_feed,
    lease=0x6F726465727072,
    waiting="another worker feeds the projections; waiting until it is gone",
    stopped="Stopped; what was fed is stored.",
)
