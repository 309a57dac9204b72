"""The state of the store, for whoever watches it: positions, lags, ages."""

from datetime import UTC, datetime

from api.metrics import Model, State
from archive.line import STORED
from domain.stream import ARCHIVE_STREAM
from eventstore import log
from eventstore.pool import Pool
from orderproof.exporting import jobs
from orderproof.sessions import Sessions
from projections import status


def state(sessions: Sessions, gate: Pool) -> State:
    """Return the state of a store.

    Args:
        sessions: lends open stores.
        gate: connections in the role that keeps exports.
    """
    with sessions.one() as store:
        size = log.size(store.connection)
        newest = log.newest(store.connection, ARCHIVE_STREAM, STORED)
        found = status.read(store.views, size, store.projections)
        refused = sum(1 for _ in store.installation.rejects.glob("*.jsonl"))
    archived, ago = 0, None
    if newest is not None:
        [event] = log.decoded([newest], to_show=True)
        archived = int(event.data.get("log_size", 0))
        ago = (datetime.now(UTC) - datetime.fromisoformat(event.recorded_at)).total_seconds()
    return State(
        position=size,
        archived=archived,
        archived_ago=ago,
        models={
            each.name: Model(each.lag, each.heartbeat_age, len(each.set_aside)) for each in found
        },
        quarantined=refused,
        exports=jobs.waiting(gate),
    )
