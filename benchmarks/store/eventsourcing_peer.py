"""`eventsourcing` with its own PostgreSQL recorder and the database functions that it brings.

What is appended is encoded beforehand, outside the measurement; ours encodes within.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import StoredEvent
from psycopg2.extensions import parse_dsn

from benchmarks.store.workload import EVENTS, SOURCE, STEPS, Item, moment
from domain.stream import stream_id
from orderproof import cluster

_PAGE = 5_000


class Happened(DomainEvent):
    """An event with the content that ours has."""

    type: str
    source: str
    id: str
    data: dict[str, Any]


class Orders(Application[UUID]):
    """The application that keeps them."""


def environment(dsn: str) -> dict[str, str]:
    """Return the settings: the library's own, and the database functions."""
    parameters = parse_dsn(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parameters["dbname"],
        "POSTGRES_HOST": parameters["host"],
        "POSTGRES_PORT": parameters["port"],
        "POSTGRES_USER": parameters["user"],
        "POSTGRES_PASSWORD": cluster.password(Path(parameters["passfile"])),
        "POSTGRES_ENABLE_DB_FUNCTIONS": "yes",
    }


class Store:
    """One process's way into the library's store."""

    def __init__(self, application: Orders) -> None:
        self.recorder = application.recorder
        self.mapper = application.mapper
        self._encoded = encoded(application)

    def append(self, item: Item) -> None:
        """Append one event; the library must be told its version."""
        self.fill([item])

    def fill(self, items: list[Item]) -> None:
        """Append events in one call."""
        self.recorder.insert_events([self._stored(item) for item in items])

    def load_and_append(self, stream: str) -> None:
        """Read and decode a stream, and append one event at the version that is next."""
        key = stream_id(stream)
        events = [self.mapper.to_domain_event(e) for e in self.recorder.select_events(key)]
        self.append(Item(stream, events[-1].originator_version + 1))

    def read(self) -> int:
        """Read and decode the whole log, and return how many events it holds."""
        count = 0
        while page := self.recorder.select_notifications(count + 1, _PAGE):
            for notification in page:
                self.mapper.to_domain_event(notification)
            count += len(page)
        return count

    def _stored(self, item: Item) -> StoredEvent:
        topic, state = self._encoded[item.step]
        return StoredEvent(stream_id(item.stream), item.version, topic, state)


def encoded(application: Orders) -> list[tuple[str, bytes]]:
    """Return topic and state of each step."""
    stored = [
        application.mapper.to_stored_event(
            Happened(
                originator_id=stream_id("order/bench/0-0-0"),
                originator_version=step + 1,
                timestamp=datetime.fromisoformat(moment(step)),
                type=STEPS[step][0],
                source=SOURCE,
                id=f"order/bench/0-0-0/{step + 1}",
                data=STEPS[step][1],
            )
        )
        for step in range(EVENTS)
    ]
    return [(event.topic, event.state) for event in stored]


@contextmanager
def opened(dsn: str) -> Iterator[Store]:
    """Open a database of the library's own; its tables are made where they are missing."""
    with Orders(environment(dsn)) as application:
        yield Store(application)
