"""What can go wrong in the event store."""


class EventStoreError(Exception):
    """Base of every error the event store raises on purpose."""


class KeyMissingError(EventStoreError):
    """Personal data cannot be opened: its key is gone or not the right one."""


class StoreAlteredError(EventStoreError):
    """A stored event is not what was recorded."""


class StoreUnavailableError(EventStoreError):
    """The database is away, or went away before it answered.

    What was offered may be stored or not. Offering it again is safe and tells.
    """


class EventRefusedError(EventStoreError):
    """An event cannot be stored as it is, however often it is offered."""


class HeldError(EventStoreError):
    """Something is under legal hold, so nothing of it is deleted or erased."""
