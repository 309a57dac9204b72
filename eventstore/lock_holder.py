"""Who holds the writers' lock, for whoever wonders why nothing is recorded."""

import msgspec

from eventstore.connection import Connection, transaction


class LockHolder(msgspec.Struct, frozen=True):
    """The session that everybody who wants to record waits for.

    Args:
        pid: of its server process, as `pg_terminate_backend` takes it.
        seconds: since its transaction began; None where we may not see it.
        idle: whether it does nothing, so that its client forgot it or hangs. The server ends such
            a session of ours after a minute (`eventstore.connection`), but never one that waits for
            its client in the middle of a COPY: an import that was stopped, as by Ctrl-Z.
        waiting: how many sessions wait for the lock.
    """

    pid: int
    seconds: float | None
    idle: bool
    waiting: int


def find(connection: Connection) -> LockHolder | None:
    """Return who holds the writers' lock in this moment; None where nobody does.

    Args:
        connection: no transaction is open on it. A login that may not see the sessions of others
            (`pg_read_all_stats`) does not learn since when.
    """
    with transaction(connection) as cursor:
        # Whoever waits for the row has the table locked as well, so the holder is the one who
        # waits for none of the others.
        cursor.execute(
            """
            WITH concerned AS (
                SELECT DISTINCT l.pid, pg_blocking_pids(l.pid) AS blockers
                FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND l.relation = 'log_head'::regclass
                  AND l.granted AND l.mode <> 'AccessShareLock' AND l.pid <> pg_backend_pid()
            ), holders AS (
                SELECT pid FROM concerned
                WHERE NOT blockers && (SELECT array_agg(pid) FROM concerned)
            )
            SELECT a.pid, extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
                   coalesce(starts_with(a.state, 'idle in transaction'), false)
                       OR coalesce(a.wait_event = 'ClientRead', false),
                   (SELECT count(*) FROM concerned) - (SELECT count(*) FROM holders)
            FROM pg_stat_activity a JOIN holders USING (pid)
            ORDER BY a.xact_start LIMIT 1
            """
        )
        rows = cursor.fetchall()
    return LockHolder(*rows[0]) if rows else None
