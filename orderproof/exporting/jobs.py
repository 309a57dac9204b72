"""Exports that are asked for over HTTP: queued in the database, made one by one in a thread.

A job is pinned to a position when it is asked for, so one that a kill interrupted goes on where it
was, and comes out the same. Nobody gets a file before its manifest is there.
"""

import logging
import re
import shutil
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import psycopg2

from api.access import Token
from api.exporting import ExportAsked, Job, Preview
from archive.durable import sync_folder
from eventstore import reading
from eventstore.connection import Connection, is_away
from eventstore.errors import StoreUnavailableError
from eventstore.pool import Pool
from evidence.certificate import SigningKey
from orderproof import evidence_key, redelivered
from orderproof.exporting import files
from orderproof.exporting.command import new_id
from orderproof.exporting.making import file_name, make
from orderproof.exporting.manifest import SIGNATURE, SUFFIX
from orderproof.exporting.rows import KINDS, MODELS, Counts, Filter, count
from orderproof.exporting.unfinished import UnderWayError, Wanted
from orderproof.installation import Installation
from orderproof.sessions import Sessions, catch_up_a_little

KEPT = timedelta(days=7)
"""How long the file of a job is kept."""

_COLUMNS = (
    "id, wanted, state, rows, total, created_at, started_at, finished_at, manifest_sha256, error"
)
_ID = re.compile("[a-z2-7]{12}")
_LOCK = 0x6F72646578  # of advisory locks: whoever makes exports
_IDLE = 5.0
_SAMPLE = 5
_LOOKED = 50_000  # positions of the log that a preview looks through for its rows
_LOG = logging.getLogger("orderproof.exports")


class Stopped(Exception):  # noqa: N818  # no error
    """Leaves a job that the next process goes on with."""


class Jobs:
    """The queue of exports, and the thread that makes them.

    Args:
        installation: its data folder holds the files.
        gate: connections in the role that keeps jobs.
        readers: connections in `eventstore.reading.ROLE`.
        sessions: lends open stores.
        record: records that an export was handed out.
    """

    def __init__(
        self,
        installation: Installation,
        gate: Pool,
        readers: Pool,
        sessions: Sessions,
        record: redelivered.Record,
    ) -> None:
        self._installation = installation
        self._folder = installation.data / "exports"
        self._gate = gate
        self._readers = readers
        self._sessions = sessions
        self._record = record
        self._stop = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._work, name="exports", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave what is under way to the next process."""
        self._stop.set()
        self._news.set()
        self._thread.join()

    def preview(self, token: Token, asked: ExportAsked) -> Preview:
        """Return what an export would hold, with its first rows."""
        chosen = self._chosen(asked, self._as_of())
        kind = KINDS[asked.kind]
        counts = count(self._readers, token.sees, chosen)
        outside = count(self._readers, token.sees, Filter(as_of=chosen.as_of))
        # Rows that lie far apart would be looked for through all of the log.
        near = min(chosen.as_of, _LOOKED) if asked.kind in ("events", "contacts") else chosen.as_of
        pages = kind.pages(self._readers, chosen.narrows(token.sees), near, None)
        sample = list(islice((row for page in pages for row in page.rows), _SAMPLE))
        return Preview(
            as_of=chosen.as_of,
            orders=counts.orders,
            events=counts.events,
            left_out_by_filter=outside.orders - counts.orders,
            masked="all personal data",
            columns=list(kind.columns),
            sample=[dict(zip(kind.columns, row, strict=True)) for row in sample],
        )

    def start(self, token: Token, asked: ExportAsked) -> Job:
        """Queue an export, pinned to what is recorded by now."""
        chosen = self._chosen(asked, self._as_of())
        wanted = Wanted(
            export_id=new_id(),
            kind=asked.kind,
            format=asked.format,
            chosen=chosen,
            sees=token.sees,
            bom=asked.bom,
            by=token.id,
            role=token.role,
            reason=asked.reason,
            made_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        )
        total = _total(asked.kind, count(self._readers, token.sees, chosen))
        with self._gate.statement() as cursor:
            cursor.execute(
                "INSERT INTO exports (id, token, wanted, total) VALUES (%s, %s, %s, %s)"
                f" RETURNING {_COLUMNS}",
                (wanted.export_id, token.id, msgspec.json.encode(wanted).decode(), total),
            )
            [row] = cursor.fetchall()
        self._news.set()
        return _job(row)

    def find(self, token: Token, own: str) -> Job:
        """Return a job of a token's own.

        Raises:
            LookupError: it has none of this id.
        """
        if not _ID.fullmatch(own):
            raise LookupError(own)
        with self._gate.statement() as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM exports WHERE id = %s AND token = %s", (own, token.id)
            )
            rows = cursor.fetchall()
        if not rows:
            raise LookupError(own)
        return _job(rows[0])

    def every(self, token: Token) -> list[Job]:
        """Return the jobs of a token, the newest first."""
        with self._gate.statement() as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM exports WHERE token = %s"
                " ORDER BY created_at DESC, id LIMIT 200",
                (token.id,),
            )
            return [_job(row) for row in cursor.fetchall()]

    def file(self, token: Token, own: str, part: str) -> Path:
        """Return a file of a finished job: `data`, `manifest` or `signature`.

        Raises:
            LookupError: there is none, or none yet.
        """
        job = self.find(token, own)
        if job.state != "done" or job.file is None:
            raise LookupError(own)
        suffix = {"data": "", "manifest": SUFFIX, "signature": SIGNATURE}[part]
        path = self._folder / own / f"{job.file}{suffix}"
        if not path.is_file():
            raise LookupError(own)
        return path

    def _as_of(self) -> int:
        with self._sessions.one() as store:
            catch_up_a_little(store, MODELS)
        with self._readers.statement() as cursor:
            return reading.reached(cursor, MODELS)

    def _chosen(self, asked: ExportAsked, as_of: int) -> Filter:
        return Filter(as_of=as_of, shop=asked.shop, first_day=asked.from_, last_day=asked.to)

    def _work(self) -> None:
        pause = 0.0
        while not self._stop.is_set():
            self._news.wait(pause)
            self._news.clear()
            pause = _IDLE
            try:
                self._make_all()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001  # this thread is all that makes exports
                # A store that is away comes back; what else it is shows here, and is tried again.
                place = traceback.extract_tb(error.__traceback__)[-1]
                _LOG.warning("exports wait: %s at %s", type(error).__name__, place.name)

    def _make_all(self) -> None:
        # One process makes them; another one's queue is looked at when that is gone.
        with self._gate.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            if cursor.fetchall() != [(True,)]:
                return
            try:
                self._expire(connection)
                while not self._stop.is_set() and (found := _next(connection)) is not None:
                    self._make(connection, *found)
            finally:
                with suppress(psycopg2.Error):
                    cursor.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))

    def _make(self, connection: Connection, own: str, said: object) -> None:
        _update(connection, own, "state = 'running', started_at = coalesce(started_at, now())")

        def progress(rows: int) -> None:
            if self._stop.is_set():
                raise Stopped
            _update(connection, own, "rows = %s", rows)

        folder = self._folder / own
        try:
            wanted = msgspec.convert(said, Wanted)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / file_name(wanted.kind, wanted.format, wanted.chosen.as_of)
            key: SigningKey = evidence_key.signing_key(self._installation)
            origin = self._installation.settings.origin
            try:
                made = make(path, wanted, self._readers, key, origin, self._record, progress)
            except FileExistsError:  # the folder is our own, and that is no file of this export
                shutil.rmtree(folder)
                folder.mkdir(mode=0o700)
                made = make(path, wanted, self._readers, key, origin, self._record, progress)
        except Exception as error:  # a job must not end the thread of all others
            if isinstance(error, Stopped | StoreUnavailableError | UnderWayError):
                raise
            if _is_away(error):
                raise
            if folder.exists():
                shutil.rmtree(folder)
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error("export %s: %s at %s", own, type(error).__name__, place.name)
            _update(
                connection, own, "state = 'failed', finished_at = now(), error = %s",
                type(error).__name__,
            )  # fmt: skip
            return
        _update(
            connection, own,
            "state = 'done', finished_at = now(), rows = %s, manifest_sha256 = %s",
            made.manifest.rows, made.manifest_sha256,
        )  # fmt: skip

    def _expire(self, connection: Connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM exports WHERE state = 'done' AND finished_at < %s",
                (datetime.now(UTC) - KEPT,),
            )
            found = [own for (own,) in cursor.fetchall()]
        for own in found:
            folder = self._folder / own
            if folder.exists():
                shutil.rmtree(folder)
                sync_folder(self._folder)
            _update(connection, own, "state = 'expired'")


def waiting(gate: Pool) -> int:
    """Return how many exports wait or are being made."""
    with gate.statement() as cursor:
        cursor.execute("SELECT count(*) FROM exports WHERE state IN ('queued', 'running')")
        [(count,)] = cursor.fetchall()
    return int(count)


def _is_away(error: Exception) -> bool:
    """Tell whether a job may be made again later; one that took too long would only do so again."""
    return is_away(error) and not isinstance(error, psycopg2.errors.QueryCanceled)


def _next(connection: Connection) -> tuple[str, object] | None:
    """Return id and order of the job that waits longest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, wanted FROM exports WHERE state IN ('queued', 'running')"
            " ORDER BY created_at, id LIMIT 1"
        )
        rows = cursor.fetchall()
    return rows[0] if rows else None


def _update(connection: Connection, own: str, change: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE exports SET {change} WHERE id = %s", (*values, own))


def _total(kind: str, counts: Counts) -> int:
    return counts.events if kind == "events" else counts.orders


def _job(row: Sequence[Any]) -> Job:
    own, said, state, rows, total, created, started, finished, digest, error = row
    wanted = msgspec.convert(said, Wanted)
    done = state == "done"
    return Job(
        id=own,
        state=state,
        kind=wanted.kind,
        format=wanted.format,
        as_of=wanted.chosen.as_of,
        shop=wanted.chosen.shop,
        from_=wanted.chosen.first_day,
        to=wanted.chosen.last_day,
        reason=wanted.reason,
        rows=rows,
        expected=total,
        created_at=created.isoformat(timespec="seconds"),
        started_at=None if started is None else started.isoformat(timespec="seconds"),
        finished_at=None if finished is None else finished.isoformat(timespec="seconds"),
        expires_at=(finished + KEPT).isoformat(timespec="seconds") if done else None,
        file=file_name(wanted.kind, wanted.format, wanted.chosen.as_of) if done else None,
        media_type=files.MEDIA_TYPES[wanted.format],
        manifest_sha256=digest,
        error=error,
    )
