"""What tests stand on: a real PostgreSQL, and a migrated database of its own for each of them."""

import asyncio
import logging
import os
import shutil
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest
import structlog

from migrations import migrate
from service import clock, db, logs, store
from service.app import create_app
from service.postgres.place import settle
from service.postgres.server import Server
from service.settings import Settings
from tests import factories

# A crash of the machine may cost the databases of tests; a commit costs nothing here.
FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "256MB",
}

# Two workers are done at the same time if what takes longest is begun first.
LONGEST_FIRST = (
    "service/test_serving.py",
    "service/test_backup.py",
    "benchmarks/test_benchmarks_run.py",
    "classifiers/test_artifacts.py",
    "classifiers/test_backends.py",
    "moderation/api/test_schemathesis.py",
    "wordpress/test_connector.py",
    "service/test_command_line.py",
    "browser/banner/test_embeds.py",
    "browser/banner/test_asking.py",
)

# Machines that run tests are busy: how long an example takes says nothing about it.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _rank(item.path.as_posix()))


def _rank(path):
    ranks = (rank for rank, name in enumerate(LONGEST_FIRST) if path.endswith(f"/{name}"))
    return next(ranks, len(LONGEST_FIRST))


def missing(reason):
    """Skip a test for what is not here, or, where nothing may be left out, fail."""
    if os.environ.get("GATEHOUSE_TEST_STRICT"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared():
    """The folder of recorded payloads and data sets beside the repository."""
    folder = Path(os.environ.get("GATEHOUSE_TEST_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        missing(f"{folder} is not here")
    return folder


# Making and dropping thousands of databases is making and dropping a million files: in memory,
# where there is room, that takes a fraction of the time.
IN_MEMORY, ROOM_IN_MEMORY = Path("/dev/shm"), 2 << 30  # noqa: S108


def short_lived():
    """Where the database of the tests is quickest; None for the usual place."""
    if not IN_MEMORY.is_dir() or not os.access(IN_MEMORY, os.W_OK):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free >= ROOM_IN_MEMORY else None


@pytest.fixture(scope="session")
def reachable():
    """A temporary folder with a short name that other users may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="gh-", dir=short_lived()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(reachable):
    """The DSN of a server that is ours, for as long as the tests run."""
    given = os.environ.get("GATEHOUSE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = Server(settle(reachable / "data"), FORGETFUL)
    server.join()
    yield server.dsn
    server.leave()


def dsn_of(server, database):
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


async def on_server(server, statement):
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template(server):
    """Name of a migrated, empty database that ``CREATE DATABASE ... TEMPLATE`` can copy."""
    name = f"template_{uuid.uuid4().hex}"

    async def build():
        await on_server(server, f"CREATE DATABASE {name}")
        async with db.connected(dsn_of(server, name)) as connection:
            await migrate(connection)
            await store.adopt_fingerprint(connection, factories.SECRETS.fingerprint)

    # Not an async fixture: it outlives the event loop of any one test.
    asyncio.run(build())
    yield name
    asyncio.run(on_server(server, f"DROP DATABASE {name}"))


@pytest.fixture
async def dsn(server, template):
    name = f"test_{uuid.uuid4().hex}"
    await on_server(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield dsn_of(server, name)
    await on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def conn(dsn):
    async with db.connected(dsn) as connection:
        yield connection


@pytest.fixture
async def pool(dsn):
    async with db.create_pool(dsn, 4) as connections:
        yield connections


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, secret_key=factories.MASTER_KEY)


@pytest.fixture(autouse=True)
def loggers(monkeypatch):
    """No test inherits the log of another: what one configures ends with it."""
    monkeypatch.setattr(logs, "CACHED", False)
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


class FrozenClock:
    """Stands still until it is moved."""

    def __init__(self):
        self.time = factories.NOW

    def advance(self, span: timedelta):
        self.time += span

    def __call__(self):
        return self.time


@pytest.fixture
def frozen_clock(monkeypatch):
    frozen = FrozenClock()
    monkeypatch.setattr(clock, "now", frozen)
    return frozen


@pytest.fixture
def scorer():
    return factories.FakeScorer()


@pytest.fixture
def app(dsn, settings, scorer):
    return create_app(settings, dsn=dsn, secrets=factories.SECRETS, scorer=scorer)


@pytest.fixture
async def client(app, aiohttp_client):
    """The whole service over real HTTP, on a database of its own."""
    return await aiohttp_client(app)
