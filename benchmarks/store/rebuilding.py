"""Our read models, made from the whole log as `orderproof rebuild` makes them."""

import time

from eventstore import blind_index
from eventstore.connection import connect
from eventstore.projection_log import ProjectionLog
from eventstore.stream_keys import KeyRing
from orderproof.bootstrap import PROJECTOR, all_projections
from projections.rebuild import rebuild as make_again


def rebuild(dsn: str, key: bytes, count: int) -> float:
    """Make so many read models in one pass, and return how many seconds that took."""
    chosen = all_projections(blind_index.derive_key(key))[:count]
    with connect(dsn, PROJECTOR) as views, connect(dsn, PROJECTOR) as reading:
        source = ProjectionLog(reading, KeyRing(key))
        started = time.perf_counter()
        done = make_again(views, source, chosen)
        seconds = time.perf_counter() - started
    if done.failures or len(chosen) != count:
        raise AssertionError(done.failures)
    return seconds
