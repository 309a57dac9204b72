"""The role `archive`: archives and drills when they are due, and waits out a store that is away."""

from datetime import UTC, datetime, timedelta

from archive.errors import ArchiveError
from archive.line import STORED
from archive.log_source import LogAlteredError
from domain.stream import ARCHIVE_STREAM
from eventstore import log
from eventstore.connection import Connection, connect
from eventstore.writer import ROLE as WRITER
from orderproof import archiving, drilling, outside, terminal, working
from orderproof.bootstrap import Store
from orderproof.due import Policy
from orderproof.errors import CommandError

_LOOK = 60.0  # seconds between two looks whether something is due
_LONGEST_BACK_OFF = 3600.0


def _keep(store: Store, signals: working.Signals) -> None:
    """Archive what is due until a stop. The lease lies on a connection of its own."""
    settings = store.installation.settings
    every = timedelta(hours=settings.archive_every_hours)
    with connect(store.dsn, WRITER) as lease:
        lease.autocommit = True
        working.take_lease(lease, ROLE, signals)
        terminal.complain(f"archiving every {every}; SIGTERM ends it")
        due = _last_run(store.connection) + every
        pause = _LOOK
        while not signals.stop.is_set():
            if datetime.now(UTC) >= due:
                try:
                    _archive(store, signals)
                    _drill(store)
                except LogAlteredError:
                    raise  # no waiting makes it whole
                except (ArchiveError, CommandError) as error:
                    behind = datetime.now(UTC) - _last_run(store.connection)
                    terminal.complain(
                        f"the archive lags, the last run was {_rounded(behind)} ago: "
                        f"{str(error).rstrip('.')}. Nothing is lost; trying again in {pause:.0f} s"
                    )
                    signals.stop.wait(pause)
                    pause = min(2 * pause, _LONGEST_BACK_OFF)
                    continue
                pause = _LOOK
                due = datetime.now(UTC) + every
            signals.stop.wait(min(_LOOK, max((due - datetime.now(UTC)).total_seconds(), 0.01)))
            _refuse_lost(lease)


def _archive(store: Store, signals: working.Signals) -> None:
    policy = Policy(quiet_days=store.installation.settings.quiet_days)
    # A run can be left at every step, and the next one goes on from there.
    result = archiving.run(store, policy, progress=lambda _step, _done, _total: signals.check())
    terminal.complain(archiving.describe(result, store.installation.archive, policy))
    if said := outside.describe(outside.confirm_runs(store)):
        terminal.complain(said)


def _drill(store: Store) -> None:
    """Compare random histories with the store, where the last time is long enough ago."""
    settings = store.installation.settings
    last = log.newest(store.connection, ARCHIVE_STREAM, drilling.VERIFIED)
    every = timedelta(days=settings.drill_every_days)
    if last is not None and datetime.now(UTC) - datetime.fromisoformat(last.recorded_at) < every:
        return
    done = drilling.perform(store, settings.drill_histories)
    terminal.complain(drilling.describe(done))


def _last_run(connection: Connection) -> datetime:
    """Return when the newest run was recorded; the beginning of time where there was none."""
    newest = log.newest(connection, ARCHIVE_STREAM, STORED)
    if newest is None:
        return datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
    return datetime.fromisoformat(newest.recorded_at)


def _rounded(duration: timedelta) -> str:
    hours = duration.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours > 72 else f"{hours:.1f} h"


def _refuse_lost(lease: Connection) -> None:
    """Do nothing while the connection that holds the lease is there.

    Raises:
        psycopg2.OperationalError: it is lost, and with it the lease.
    """
    with lease.cursor() as cursor:
        cursor.execute("SELECT")


ROLE = working.Role(
    name="archive",
    work=_keep,
    lease=0x6F726465727773,  # not the archiver's own, which each run takes
    waiting="another worker archives; waiting until it is gone",
    stopped="Stopped; a run that was left is finished by the next one.",
)
