"""Answering a claim from the live store. Reads only."""

import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.claim import ALTERED, INTACT
from domain.line import Line, first_prev, line_hash
from eventstore import log
from eventstore.errors import StoreAlteredError
from orderproof.bootstrap import Store, catch_up
from orderproof.claiming import Answer, answer, is_customer, the_one
from orderproof.finding import LOOKED_UP, find_streams
from orderproof.published import Published


def claim_on_store(store: Store, key: str, customer: str | None, as_of: date) -> Answer:
    """Answer a claim.

    Args:
        store: the open installation.
        key: what names the order.
        customer: e-mail address or end of the phone number that must be the order's.
        as_of: the day of the answer.

    Raises:
        StoreAlteredError: an event of the store cannot be read.
    """
    started = time.perf_counter()
    catch_up(store, only=LOOKED_UP)
    published = Published(store.installation.archive, store.keys.tag)
    streams = find_streams(store, key)
    if customer is not None:
        streams = [stream for stream in streams if is_theirs(store, stream, customer)]
    if not streams:
        nothing = {"verdict": INTACT, "events": 0, "head": None, **published.as_dict()}
        return answer(None, key, (), nothing, as_of, started)
    return claim_of(store, the_one(streams, key), key, as_of, published, started)


def claim_of(
    store: Store, stream: str, key: str, as_of: date, published: Published, started: float
) -> Answer:
    """Answer a claim about one order that there is; see `claim_on_store`."""
    recorded = _recorded(store, stream)
    integrity = {**_check(stream, recorded, published), **published.as_dict()}
    # The very lines that were checked are the ones that are judged.
    events = log.read_events(store.connection, None, recorded)
    lines = [(line.position, line.encode()) for line in recorded]
    return answer(stream, key, events, integrity, as_of, started, lines)


def _recorded(store: Store, stream: str) -> list[Line]:
    """Read a stream up to its head, while others may write, and hold it against that head."""
    head = log.head(store.connection, stream)
    version, digest = head or (0, "")
    lines = log.stream_lines(store.connection, stream, last_version=version)
    if not lines or line_hash(lines[-1].encode()).hex() != digest:
        raise StoreAlteredError(
            "the order's last event is not the one that the store's head names, so the store was "
            "changed. Answer from the archive: orderproof claim --from-archive."
        )
    return lines


def _check(stream: str, lines: Sequence[Line], published: Published) -> dict[str, Any]:
    """Recompute the chain of one stream, and compare it with what is archived of it."""
    version, prev = 0, first_prev(stream)
    verdict = INTACT
    for line in lines:
        version += 1
        if (line.version, line.prev, line.stream) != (version, prev, stream):
            verdict = ALTERED
        digest = line_hash(line.encode())
        prev = digest.hex()
        if not published.agrees(line, digest):
            verdict = ALTERED
    return {"verdict": verdict, "events": version, "head": prev}


def is_theirs(store: Store, stream: str, customer: str) -> bool:
    """Tell whether an e-mail address or the end of a phone number is the order's."""
    events = log.read_order(store.connection, store.ring, stream)
    return is_customer(events, customer)
