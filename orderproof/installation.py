"""A data folder and what is in it: settings, keys, the database, the archive.

Every command imports this, and some need no data folder: what takes long to import is imported
where it is used.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orderproof import addresses
from orderproof.addresses import Where
from orderproof.errors import CommandError

if TYPE_CHECKING:
    from orderproof.settings import Settings

DATABASE = "orderproof"


class Installation(msgspec.Struct, frozen=True):
    """An initialised data folder.

    Args:
        data: the folder.
        settings: as read from its settings file and the environment.
    """

    data: Path
    settings: "Settings"

    @property
    def archive(self) -> Where:
        """Where the archive is."""
        url = self.settings.archive_url
        if url is None:
            return self.data / "archive"
        return addresses.of_setting(url, self.settings)

    @property
    def keys_folder(self) -> Path:
        """Folder of the key files."""
        return self.data / "keys"

    @property
    def rejects(self) -> Path:
        """Folder of the quarantine."""
        return self.data / "rejects"


def find(data: Path | None) -> Installation:
    """Return the data folder that the option, the environment or the default names.

    Raises:
        CommandError: it is not initialised, or its settings cannot be used.
    """
    from orderproof import settings

    folder = settings.data_folder(data)
    return Installation(data=folder, settings=settings.load(folder))


def of_command(data: Path | None) -> Installation | None:
    """Return the data folder that a command names or finds, for what can be done without one.

    Raises:
        CommandError: it is named and not initialised, or its settings cannot be used.
    """
    from orderproof import settings

    folder = settings.data_folder(data)
    if data is None and not (folder / settings.SETTINGS_FILE).is_file():
        return None
    return find(folder)


def initialise(data: Path | None) -> tuple[Installation, bool]:
    """Make a data folder, its keys and its settings file. Safe to repeat.

    The settings file comes last: a folder without it is not initialised, and the next try goes on.

    Returns:
        The installation, and whether it was made now.
    """
    from orderproof import settings

    folder = settings.data_folder(data)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            made = _make(folder)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made: {error.strerror}") from error
    return find(folder), made


def _make(folder: Path) -> bool:
    from orderproof import keyring, keys, settings
    from orderproof.key_files import write_secret
    from orderproof.keys import Keys

    file = folder / settings.SETTINGS_FILE
    if file.exists():
        # A key that is missing now was lost. A new one could not open what the old one sealed.
        Keys(folder / "keys", settings.load(folder).kms_key_id).check()
        return False
    if any(entry.name not in ("keys", keyring.FOLDER) for entry in folder.iterdir()):
        raise CommandError(
            f"{folder} holds other files. Name an empty or a new folder with --data."
        )
    first = _first_settings()
    # A name that cannot be used is refused before anything is made.
    found = settings.parse(first)
    made = keys.make(folder / "keys", found.kms_key_id)
    keyring.make_first(folder, found.origin, made)
    write_secret(file, first.encode(), folder / "keys")
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder itself, which needs no file in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _first_settings() -> str:
    from orderproof import settings

    # Two installations must not share a log's name by accident, so the default is random.
    origin = settings.wanted_origin() or f"orderproof.invalid/{secrets.token_hex(8)}"
    return (
        "# Settings of this data folder; docs/reference/settings.md explains each.\n"
        "# The origin names the log in every checkpoint and is fixed once something is archived.\n"
        f"origin = {json.dumps(origin)}\n"
    )


@contextmanager
def database(installation: Installation, *, wait: bool = True) -> Iterator[str]:
    """Give the DSN of the current, migrated database; starts the embedded server if need be.

    Args:
        installation: the data folder.
        wait: whether to wait, as long as the settings say, for a server that is not ours.

    Raises:
        CommandError: it cannot be started, does not answer in time, refuses the login, or cannot
            keep every text.
        psycopg2.OperationalError: without `wait`: it does not answer.
    """
    from orderproof import migrations

    with _server(installation, wait=wait) as dsn:
        version = migrations.current(dsn)
        if version is not None and version > migrations.HEAD:
            raise CommandError(
                f"the database was made by a newer Orderproof (schema {version}, this one knows "
                f"{migrations.HEAD}). Use that one."
            )
        if version is None and (encoding := migrations.encoding(dsn)) != "UTF8":
            raise CommandError(
                f"the database keeps text as {encoding}, which has no place for most names. Next: "
                "create one with ENCODING 'UTF8' TEMPLATE template0 and name it in "
                "ORDERPROOF_DATABASE_URL."
            )
        if version != migrations.HEAD:
            migrations.migrate(dsn)
        yield dsn


@contextmanager
def _server(installation: Installation, *, wait: bool) -> Iterator[str]:
    from orderproof.awaiting import await_server

    url = installation.settings.database_url
    if url is not None:
        dsn = url.get_secret_value().replace("postgresql+psycopg2://", "postgresql://", 1)
        if wait:
            await_server(dsn, installation.settings.database_wait)
        yield dsn
        return
    from psycopg2.extensions import make_dsn

    from orderproof import postgres

    with postgres.running(
        installation.data / "postgres",
        installation.keys_folder / "postgres.password",
        postgres.binaries(),
    ) as dsn:
        _create_database(dsn)
        yield make_dsn(dsn, dbname=DATABASE)


def _create_database(dsn: str) -> None:
    import psycopg2

    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                with suppress(psycopg2.errors.UniqueViolation, psycopg2.errors.DuplicateDatabase):
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()
