"""The mapper of our bodies: domain events to canonical, sealed bodies and back.

The topic is the type's stable name, never a class's path; the state is the body as the log keeps
it, with id, source, time and actor inside. No transcoder, compressor or cipher of the library takes
part: the bytes are hashed and archived, and have to be readable without us.
"""

from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    ProgrammingError,
    StoredEvent,
)

from domain.desk_order import DecidedEvent, RecordedEvent
from domain.errors import NewerSchemaError
from domain.event import Event
from domain.line import Line, decode
from eventstore import encoding, log
from eventstore.pool import Pool
from eventstore.recorder import EncodedEvent, LoggedEvent, LoggedNotification
from eventstore.stream_keys import KeyRing, StreamKeys
from eventstore.upstream_errors import upstream_errors


class BodyMapper(Mapper[UUID]):
    """Maps `DecidedEvent` to a stored event, and a stored event of the log to `RecordedEvent`.

    Args:
        pool: where streams' keys are read and made.
        keys: seals personal data, and opens it as far as its keys still exist; None where nothing
            personal may come, and what is there stays sealed.
    """

    def __init__(self, pool: Pool, keys: KeyRing | None) -> None:
        super().__init__(JSONTranscoder())
        self._pool = pool
        self._keys = keys

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Seal and encode a decision.

        Raises:
            EventRefusedError: it cannot be stored as it is, or holds something personal and there
                are no keys.
        """
        if not isinstance(domain_event, DecidedEvent):
            raise ProgrammingError(f"no decision of our staff: {type(domain_event).__name__}")
        version = domain_event.originator_version
        parted = encoding.part(domain_event.fact)
        epoch, keys = self._sealing_keys(parted)
        encoded = encoding.encode(parted, epoch, keys, expected_version=version - 1)
        return EncodedEvent(encoded.stream_id, version, encoded.type, encoded.body, encoded)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Decode an event of the log in its type's present form, personal data opened.

        Raises:
            MapperDeserialisationError: it is none of ours.
            NewerSchemaError: it is of a newer form than we know, and nothing is decided without it.
            KeyMissingError: personal data should open and does not.
        """
        if not isinstance(stored_event, LoggedEvent | LoggedNotification):
            raise MapperDeserialisationError("the event was not read from our log")
        line = stored_event.line
        try:
            event = decode(line.encode(), line.position)
        except NewerSchemaError:
            raise
        except ValueError as error:
            raise MapperDeserialisationError(
                f"the event at position {line.position} cannot be read: {error}"
            ) from error
        if event.sealed and self._keys is not None:
            event = self._opened(line, self._keys)
        return RecordedEvent(event)

    def _opened(self, line: Line, keys: KeyRing) -> Event:
        with upstream_errors(), self._pool.connection() as connection:
            [event] = log.read_events(connection, keys, [line])
        return event

    def _sealing_keys(self, parted: encoding.Parted) -> tuple[int, StreamKeys]:
        """Read keys anew each time: a decision that erasure overtook is sealed again on retry."""
        if self._keys is None or not parted.personal:
            return encoding.obtain_keys(self._keys, self._pool.transaction, [parted])
        with upstream_errors(), self._pool.transaction() as cursor:
            return self._keys.ensure(
                cursor, {(parted.stream_id, purpose) for purpose in parted.personal}
            )
