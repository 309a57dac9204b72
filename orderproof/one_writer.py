"""One writer of an archive at a time, in a folder and in a bucket alike."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from archive.durable import BusyError
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof.installation import Installation, database


def begin(source: ArchiveLog) -> None:
    """Be the one archiver of a store as long as the log's connection lives.

    Raises:
        BusyError: there is another one.
    """
    if not source.be_the_archiver():
        raise BusyError("another archiver is writing this archive")


@contextmanager
def alone(installation: Installation, dsn: str | None = None) -> Iterator[None]:
    """Keep archivers from writing meanwhile.

    A folder has a lock of its own, which whoever opens it takes. A bucket has none, so the store's
    counts for it.

    Args:
        installation: whose archive it is.
        dsn: its database, where that is open.

    Raises:
        BusyError: an archiver is writing.
        CommandError: the database does not answer.
    """
    with ExitStack() as stack:
        if not isinstance(installation.archive, Path):
            at = dsn if dsn is not None else stack.enter_context(database(installation))
            begin(ArchiveLog(stack.enter_context(connect(at, ROLE))))
        yield
