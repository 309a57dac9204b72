"""The time of a run: never before what is recorded already, whatever the machine's clock says."""

from archive.log_source import LogSource


def now(source: LogSource) -> str:
    """Return the later of the store's clock and the newest line's `recorded_at`.

    A clock that was set back would let what is sealed now expire too early.
    """
    size = source.size()
    newest = next(iter(source.lines(size - 1, size)), None) if size else None
    clock = source.now()
    return max(clock, newest.recorded_at) if newest is not None else clock
