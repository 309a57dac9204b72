"""What `postmaster.pid` and /proc tell about the server of a data folder."""

import os
from pathlib import Path

from orderproof.cluster import Place, ServerError

_PROC = Path("/proc")


def recorded_pid(place: Place) -> int | None:
    """Give the process id in `postmaster.pid`; None without the file or before it is written."""
    return _number(_pid_lines(place)[0])


def recorded_port(place: Place) -> int | None:
    """Give the port in `postmaster.pid`."""
    return _number(_pid_lines(place)[3])


def says_ready(place: Place) -> bool:
    """Say whether `postmaster.pid` has the server ready; true also after a kill, until a start."""
    return _pid_lines(place)[7].strip() == "ready"


def live_postmaster(place: Place) -> int | None:
    """Give the recorded process id if it is now a server of this folder, and nobody else's."""
    pid = recorded_pid(place)
    if pid is None:
        return None
    if not _has_proc():
        return pid if _alive(pid) else None
    return pid if _serves(_PROC / str(pid), place.data) else None


def remove_stale(place: Place) -> None:
    """Remove a dead server's `postmaster.pid` where PostgreSQL itself would stumble over it.

    To be called with the server lock held, which shows that no server of ours is alive.
    PostgreSQL copes with a dead process id, but not with an empty file, a zombie or an id that
    another process has now.

    Raises:
        ServerError: a server that somebody else started runs in this folder.
    """
    if not place.pid_file.exists():
        return
    pid = recorded_pid(place)
    if (pid is not None and not _alive(pid)) or not _has_proc():
        return
    for process in _PROC.glob("[1-9]*"):
        if _serves(process, place.data):
            raise ServerError(
                f"A PostgreSQL that Orderproof did not start (process {process.name}) runs in "
                f"{place.data}. Next: stop it, and try again."
            )
    place.pid_file.unlink(missing_ok=True)
    for left in place.socket.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _pid_lines(place: Place) -> list[str]:
    """Read the eight lines of `postmaster.pid`: 1 process, 4 port, 8 status; short ones padded.

    Source: PostgreSQL's src/include/utils/pidfile.h.
    """
    try:
        lines = place.pid_file.read_text(errors="replace").split("\n")
    except FileNotFoundError:
        lines = []
    return [*lines, *[""] * 8][:8]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _has_proc() -> bool:
    return (_PROC / "self" / "comm").exists()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(process: Path, data: Path) -> bool:
    """Say whether the process, a folder of /proc, is a live PostgreSQL that works in `data`."""
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        return (process / "cwd").samefile(data)
    except PermissionError:
        # Root without CAP_SYS_PTRACE, as in a container: only the postmaster can be told then.
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"-D" in arguments and os.fsencode(data) in arguments
    except OSError:  # gone meanwhile, or a zombie
        return False
