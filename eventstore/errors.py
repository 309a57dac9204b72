"""What can go wrong in the event store."""


class EventStoreError(Exception):
    """Base of every error the event store raises on purpose."""


class KeyMissingError(EventStoreError):
    """Personal data cannot be opened: its key is gone or not the right one."""


class StoreAlteredError(EventStoreError):
    """A stored event is not what was recorded."""
