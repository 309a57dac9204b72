"""The server process: its settings, how it is started, asked and stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
from psycopg2.extensions import libpq_version, make_dsn

from orderproof import cluster, postmaster, privileges
from orderproof.cluster import FolderError, Place, ServerError

DATABASE = "postgres"
"""The database that a new cluster has, and the one a DSN of ours names."""

_SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107  # sun_path without its last zero
_SOCKET_PORT = 5432  # only part of the socket's name
_LOG_BYTES = 1_000_000
_RECOVERY_SECONDS = 5.0
_SHUTDOWN_SECONDS = 60.0
_WRONG_PASSWORD = "password authentication failed"  # noqa: S105

# A small machine, and data that must survive a power cut. Only LOG and FATAL reach the log: the
# text of an ERROR often quotes the value, and values here are names, addresses and e-mails.
_SETTINGS = {
    "autovacuum": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "jit": "off",
    "log_checkpoints": "off",
    "log_connections": "off",
    "log_disconnections": "off",
    "log_duration": "off",
    "log_error_verbosity": "terse",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "max_connections": "64",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
    "wal_level": "replica",
}

# Servers that this process started, by folder: to be waited for, so that they leave no zombie.
_children: dict[Path, subprocess.Popen[bytes]] = {}


def start(place: Place, lock: int, old_port: int | None, deadline: float) -> str:
    """Start the server as our child and wait until a connection answers."""
    tries = 5  # somebody may take the free port before the server does
    while True:
        child, log_before = _launch(place, lock, old_port)
        while (status := child.poll()) is None:
            if postmaster.recorded_pid(place) == child.pid and (dsn := answering_dsn(place)):
                return dsn
            if time.monotonic() > deadline:
                raise ServerError(
                    f"The PostgreSQL in {place.folder} does not get ready. "
                    f"Next: look into {place.log}."
                )
            time.sleep(0.005)
        said = _said_since(place, log_before)
        tries -= 1
        if "Address already in use" in said and tries:
            continue
        if status == privileges.REFUSED and said:
            raise ServerError(f"PostgreSQL cannot start: {said.splitlines()[-1]}")
        raise ServerError(
            f"PostgreSQL did not start in {place.folder} (status {status}). "
            f"Next: see what it said, and {place.log}:\n{said}"
        )


def _launch(place: Place, lock: int, old_port: int | None) -> tuple[subprocess.Popen[bytes], int]:
    """Give the new process and the length of the log before it."""
    wait_for_child(place)  # one that was killed
    settings = {**_SETTINGS, **_listening(place, old_port), **place.settings}
    arguments = ["-D", str(place.data)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
        place.log.replace(place.log.with_name("server.log.1"))
    log = cluster.open_file(place, place.log.name, os.O_WRONLY | os.O_APPEND)
    try:
        log_before = os.fstat(log).st_size
        # A session of its own: Ctrl-C in the terminal reaches us, and we stop the server.
        child = subprocess.Popen(  # noqa: S603
            cluster.command(place, "postgres", arguments),
            env=cluster.ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=[lock],
            start_new_session=True,
        )
    finally:
        os.close(log)
    _children[place.folder] = child
    return child, log_before


def request_stop(
    place: Place, sent: signal.Signals | None, seconds: float
) -> signal.Signals | None:
    """Tell the server to stop, if it is time for that; give the signal sent so far.

    A fast shutdown (SIGINT) comes first, and an immediate one (SIGQUIT), which leaves a recovery to
    the next start and loses nothing, where that takes a minute. A server that takes no connections
    is recovering: it gets a few seconds to finish, since a fast shutdown in the middle of a restart
    after a crash hangs (seen with PostgreSQL 15 and 18).

    Args:
        sent: what this function gave the last time, None at first.
        seconds: time since the last signal or, without one, since the wish to stop.
    """
    pid = postmaster.live_postmaster(place)  # not known yet just after the start
    if pid is None or sent is signal.SIGQUIT:
        return sent
    if sent is None and _reply(place) is not None:
        os.kill(pid, signal.SIGINT)
        return signal.SIGINT
    if seconds > (_RECOVERY_SECONDS if sent is None else _SHUTDOWN_SECONDS):
        os.kill(pid, signal.SIGQUIT)
        return signal.SIGQUIT
    return sent


def wait_for_child(place: Place) -> None:
    """Collect the server if it was our child. To be called when it is dead."""
    if (child := _children.pop(place.folder, None)) is not None:
        child.wait()


def answering_dsn(place: Place) -> str | None:
    """Give the DSN if a connection is answered, or all connections are taken; None if neither.

    Raises:
        FolderError: the server refuses the password.
    """
    said = _reply(place)
    if said is None:
        return None
    if _WRONG_PASSWORD in said:
        raise FolderError(
            f"The password in {place.password_file} is not that of the database in "
            f"{place.folder}. Next: bring the right file back from a backup."
        )
    return _dsn(place)


def _reply(place: Place) -> str | None:
    """Give what a server in full work says to a connection, "" for yes; None where none is."""
    if not postmaster.says_ready(place):  # asking earlier would fill its log
        return None
    try:
        psycopg2.connect(_dsn(place)).close()
    except psycopg2.OperationalError as error:
        said = str(error)  # in English: the server runs with LC_ALL=C
        own_reasons = (_WRONG_PASSWORD, "too many clients", "connection slots")
        return said if any(reason in said for reason in own_reasons) else None
    return ""


def _dsn(place: Place) -> str:
    common = {
        "user": cluster.OWNER,
        "dbname": DATABASE,
        "passfile": str(place.password_file),
        "connect_timeout": "10",
        "sslmode": "disable",
        "gssencmode": "disable",
    }
    if _fits_socket(place):
        return make_dsn(host=str(place.socket), port=_SOCKET_PORT, **common)
    if libpq_version() >= 160000:
        # Whoever might sit on the port after a crash is not told the password.
        common["require_auth"] = "scram-sha-256"
    return make_dsn(host="127.0.0.1", port=postmaster.recorded_port(place), **common)


def _fits_socket(place: Place) -> bool:
    """Say whether the socket's path fits the kernel; libpq takes a comma for the end of a host."""
    path = os.fsencode(place.socket / f".s.PGSQL.{_SOCKET_PORT}")
    return len(path) <= _SOCKET_PATH_BYTES and b"," not in path


def _listening(place: Place, old_port: int | None) -> dict[str, str]:
    if _fits_socket(place):
        quoted = str(place.socket).replace('"', '""')
        return {
            "listen_addresses": "",
            "port": str(_SOCKET_PORT),
            "unix_socket_directories": f'"{quoted}"',
        }
    return {
        "listen_addresses": "127.0.0.1",
        "port": str(_free_port(old_port)),
        "unix_socket_directories": "",
    }


def _free_port(wanted: int | None) -> int:
    """Give the `wanted` port if it is free, so that clients find a restarted server again."""
    for port in (wanted or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerError("No TCP port is free on 127.0.0.1. Next: end programs that hold ports.")


def _said_since(place: Place, log_before: int) -> str:
    with place.log.open("rb") as log:
        log.seek(log_before)
        return log.read().decode(errors="replace").strip()[-2000:]
