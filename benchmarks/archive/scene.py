"""What is archived: orders of twelve events each, imported once, in databases that are copies."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from archive import s3_client
from benchmarks.store import server, workload
from benchmarks.store.commands import Installation
from benchmarks.store.server import Server
from orderproof import s3_server

_BUCKET = "bench"


class Scene:
    """A server with the orders of a run, and a data folder.

    Args:
        folder: for all files of the run.
        database: the server.
        histories: number of orders.
    """

    def __init__(self, folder: Path, database: Server, histories: int) -> None:
        self.folder = folder
        self.histories = histories
        self.server = database
        self.installation = Installation(folder / "data")
        file = folder / "events.jsonl"
        workload.write_file(file, histories)
        self._filled = database.database(migrated=True)
        tally = self.installation.import_file(self._filled, file)
        file.unlink()
        if tally["recorded"] != histories * workload.EVENTS:
            raise AssertionError(tally)

    def archived_from(self, name: str) -> tuple[dict[str, str], Path]:
        """Return the environment of commands over an own copy of the orders, and their archive."""
        source = parse_dsn(self._filled)["dbname"]
        connection = psycopg2.connect(self.server.dsn)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
        finally:
            connection.close()
        archive = self.folder / f"archive-{name}"
        environment = self.installation.environment(make_dsn(self.server.dsn, dbname=name))
        environment["ORDERPROOF_ARCHIVE_URL"] = archive.as_uri()
        self.server.settle()
        return environment, archive

    @contextmanager
    def bucket(self, name: str) -> Iterator[tuple[dict[str, str], str]]:
        """Have an S3 server; yield the environment of an own copy of the orders, and an address."""
        environment, _ = self.archived_from(name)
        with s3_server.running(self.folder / "s3") as server:
            client = s3_client.connect(server.endpoint, server.credentials)
            client.create_bucket(Bucket=_BUCKET, ObjectLockEnabledForBucket=True)
            address = f"s3://{_BUCKET}/archive"
            yield (
                {
                    **environment,
                    "ORDERPROOF_ARCHIVE_URL": address,
                    "ORDERPROOF_S3_ENDPOINT_URL": server.endpoint,
                    "AWS_ACCESS_KEY_ID": server.credentials.key_id,
                    "AWS_SECRET_ACCESS_KEY": server.credentials.secret,
                },
                address,
            )

    def command(self, *words: str) -> list[str]:
        """Return the command line of a verb."""
        return self.installation.command(*words)


@contextmanager
def orders(folder: Path, histories: int) -> Iterator[Scene]:
    """Have a server with so many orders."""
    with server.running(folder) as database:
        yield Scene(folder, database, histories)


def python(*words: str) -> list[str]:
    """Return a command line of this interpreter."""
    return [sys.executable, *words]
