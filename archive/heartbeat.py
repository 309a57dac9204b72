"""One event a day that says the log is alive, so that a time without one is seen for what it is.

Whoever holds events back to write their history later has to let the log stand still meanwhile, or
write them behind a heartbeat that outsiders have stamped.
"""

from archive.line import HEARTBEAT
from archive.log_source import LogAlteredError, LogSource
from archive.sealing import SOURCE
from domain.event import Fact
from domain.stream import ARCHIVE_STREAM


def beat(source: LogSource) -> int:
    """Record the heartbeat of this UTC day, unless it is recorded. Return its position.

    Raises:
        LogAlteredError: the log does not take it.
    """
    day = source.now()[:10]
    fact = Fact(
        stream=ARCHIVE_STREAM,
        type=HEARTBEAT,
        source=SOURCE,
        id=f"{HEARTBEAT}/{day}",
        occurred_at=f"{day}T00:00:00Z",  # the same whenever it is tried again
        data={"day": day},
    )
    (position,) = source.append([fact], [None])
    if position is None:
        raise LogAlteredError(source.size(), ARCHIVE_STREAM, "the heartbeat could not be recorded")
    return position
