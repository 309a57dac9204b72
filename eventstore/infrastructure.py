"""`eventsourcing`'s infrastructure factory over our log: what an `Application` is built from."""

from typing import NoReturn, cast

from eventsourcing.domain import TAggregateID
from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    Mapper,
    Transcoder,
)

from eventstore.mapper import BodyMapper
from eventstore.pool import Pool
from eventstore.recorder import Recorder
from eventstore.stream_keys import KeyRing
from eventstore.tracking import Tracker


class LogInfrastructure(InfrastructureFactory[Tracker]):
    """Makes recorders and the mapper over one pool, which `close` closes.

    There are no aggregate recorders, so no snapshots, and no process recorders: see ADR 11.

    Args:
        pool: the connections.
        keys: seals and opens personal data; None where nothing personal may come.
    """

    def __init__(self, pool: Pool, keys: KeyRing | None) -> None:
        super().__init__({})
        self._pool = pool
        self._keys = keys

    def mapper(
        self,
        transcoder: Transcoder | None = None,  # noqa: ARG002
        mapper_class: type[Mapper[TAggregateID]] | None = None,
    ) -> Mapper[TAggregateID]:
        """Return the mapper of our bodies; no other can write to this log."""
        if mapper_class is not None:
            raise InfrastructureFactoryError("events of this log have one mapper")
        return cast("Mapper[TAggregateID]", BodyMapper(self._pool, self._keys))

    def application_recorder(self) -> Recorder:
        """Return the recorder of the log."""
        return Recorder(self._pool)

    def tracking_recorder(self, tracking_recorder_class: type[Tracker] | None = None) -> Tracker:
        """Return the recorder of positions."""
        return (tracking_recorder_class or Tracker)(self._pool)

    def aggregate_recorder(self, purpose: str = "events") -> NoReturn:
        """Refuse: an order is folded from its events, never from a snapshot."""
        raise InfrastructureFactoryError(f"there is no recorder for {purpose} apart from the log")

    def process_recorder(self) -> NoReturn:
        """Refuse: positions move with read models, not with events."""
        raise InfrastructureFactoryError("there is no recorder of events with positions")

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()
