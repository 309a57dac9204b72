"""Wiring: an event store's desk, where our own staff's commands are carried out."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.desk import Desk
from domain.policy import POLICY
from eventstore.infrastructure import LogInfrastructure
from eventstore.pool import Pool
from eventstore.stream_keys import KeyRing


@contextmanager
def open_desk(dsn: str, keys: KeyRing) -> Iterator[Desk]:
    """Open the desk of an event store, with a writer's rights alone, and close it at the end."""
    with Desk(LogInfrastructure(Pool(dsn, "orderproof_writer"), keys), POLICY) as desk:
        yield desk
