"""`eventsourcing` with its own PostgreSQL recorder and the database functions that it brings.

Of single events the bytes are made beforehand, outside the measurement; ours encodes within. Whole
orders are saved as an application saves them, through the mapper.
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
        topic, state = self._encoded[item.step]
        self.recorder.insert_events(
            [StoredEvent(stream_id(item.stream), item.version, topic, state)]
        )

    def fill(self, items: list[Item]) -> None:
        """Encode events and append them in one call."""
        events = (happened(item.stream, item.version, item.step) for item in items)
        self.recorder.insert_events([self.mapper.to_stored_event(event) for event in events])

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


def happened(stream: str, version: int, step: int) -> Happened:
    """Return the event of a step in the life of an order."""
    return Happened(
        originator_id=stream_id(stream),
        originator_version=version,
        timestamp=datetime.fromisoformat(moment(step)),
        type=STEPS[step][0],
        source=SOURCE,
        id=f"{stream}/{version}",
        data=STEPS[step][1],
    )


def encoded(application: Orders) -> list[tuple[str, bytes]]:
    """Return topic and state of each step."""
    events = (happened("order/bench/0-0-0", step + 1, step) for step in range(EVENTS))
    stored = map(application.mapper.to_stored_event, events)
    return [(event.topic, event.state) for event in stored]


@contextmanager
def opened(dsn: str) -> Iterator[Store]:
    """Open a database of the library's own; its tables are made where they are missing."""
    with Orders(environment(dsn)) as application:
        yield Store(application)
