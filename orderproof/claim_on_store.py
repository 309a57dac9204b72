"""Answering a claim from the live store. Reads only."""

import time
from datetime import date
from typing import Any

from domain.event import Event
from domain.line import first_prev, line_hash
from eventstore import log
from orderproof.bootstrap import Store, catch_up
from orderproof.claiming import (
    ALTERED,
    INTACT,
    Answer,
    answer,
    is_customer,
    read_checkpoint,
    the_one,
)
from projections import order_lookup


def claim_on_store(store: Store, key: str, customer: str | None, as_of: date) -> Answer:
    """Answer a claim.

    Args:
        store: the open installation.
        key: what names the order.
        customer: e-mail address or end of the phone number that must be the order's.
        as_of: the day of the answer.
    """
    started = time.perf_counter()
    catch_up(store)
    streams = order_lookup.find(store.connection, key)
    nothing = {"verdict": INTACT, "events": 0, "head": None, "checkpoint": newest_checkpoint(store)}
    if customer is not None:
        streams = [s for s in streams if is_customer(_events(store, s), customer)]
    if not streams:
        return answer(None, key, (), nothing, as_of, started)
    stream = the_one(streams)
    integrity = {**check_chain(store, stream), "checkpoint": newest_checkpoint(store)}
    return answer(stream, key, _events(store, stream), integrity, as_of, started)


def check_chain(store: Store, stream: str) -> dict[str, Any]:
    """Recompute the chain of one stream and compare its end with the stored head."""
    version, prev = 0, first_prev(stream)
    verdict = INTACT
    for line in log.stream_lines(store.connection, stream):
        version += 1
        if line.version != version or line.prev != prev or line.stream != stream:
            verdict = ALTERED
        prev = line_hash(line.encode()).hex()
    if log.head(store.connection, stream) != (version, prev):
        verdict = ALTERED
    return {"verdict": verdict, "events": version, "head": prev}


def newest_checkpoint(store: Store) -> dict[str, Any] | None:
    """Return the newest checkpoint of the installation's archive, or None where there is none."""
    return read_checkpoint(store.installation.archive / "log" / "checkpoint")


def _events(store: Store, stream: str) -> list[Event]:
    return log.read_order(store.connection, store.keys.personal_data, stream)
