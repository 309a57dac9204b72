"""The state of the store, for whoever watches it: positions, lags, ages."""

from datetime import UTC, datetime

from api.metrics import Model, State, Verification
from archive.line import STORED
from domain.stream import ARCHIVE_STREAM
from eventstore import log
from eventstore.pool import Pool
from orderproof import tokens
from orderproof.bootstrap import Store
from orderproof.drilling import FAILED, VERIFIED
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
        verified = _verified(store)
        refused = sum(1 for _ in store.installation.rejects.glob("*.jsonl"))
    archived, ago = 0, None
    if newest is not None:
        [event] = log.decoded([newest], to_show=True)
        archived = int(event.data.get("log_size", 0))
        ago = _ago(event.recorded_at)
    return State(
        position=size,
        archived=archived,
        archived_ago=ago,
        models={
            each.name: Model(
                each.lag, each.heartbeat_age, len(each.set_aside), each.stopped is not None
            )
            for each in found
        },
        quarantined=refused,
        exports=jobs.waiting(gate),
        verified=verified,
        break_glass=tokens.taken(gate),
    )


def _verified(store: Store) -> Verification | None:
    lines = [log.newest(store.connection, ARCHIVE_STREAM, type_) for type_ in (VERIFIED, FAILED)]
    known = log.decoded([line for line in lines if line is not None], to_show=True)
    if not known:
        return None
    last = max(known, key=lambda event: event.position)
    return Verification(last.type == VERIFIED, _ago(last.recorded_at))


def _ago(time: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
