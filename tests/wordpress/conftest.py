import socket
from contextlib import contextmanager

import pytest
from aiohttp.test_utils import TestServer

from service.app import create_app
from tests import factories
from tests.conftest import missing
from tests.running import free_port
from tests.wordpress import blog as real


@pytest.fixture(scope="session")
def installed():
    if reason := real.missing_parts():
        missing(reason)
    with real.wordpress() as wordpress:
        yield wordpress


@pytest.fixture
async def wordpress(installed, gatehouse):
    """A WordPress whose owner has connected it with the service."""
    await installed.connect(gatehouse.url, gatehouse.key)
    return installed


class Gatehouse:
    """A service that can be stopped, started, and replaced by something that hangs."""

    def __init__(self, make_app, conn, key):
        self._make_app = make_app
        self._server = None
        self.conn = conn
        self.key = key
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    async def start(self):
        self._server = TestServer(self._make_app(), host="127.0.0.1", port=self.port)
        await self._server.start_server()

    async def stop(self):
        if self._server is not None:
            await self._server.close()
            self._server = None

    @contextmanager
    def hanging(self):
        """In its place, something that lets everybody connect and never answers."""
        with socket.create_server(("127.0.0.1", self.port), backlog=16):
            yield

    @contextmanager
    def deaf(self):
        """In its place, something that lets nobody connect: its queue is full."""
        with socket.create_server(("127.0.0.1", self.port), backlog=0) as full:
            waiting = [socket.socket() for _ in range(4)]
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            yield
            for each in waiting:
                each.close()

    async def rows(self, table, order="id"):
        return await self.conn.fetch(f"SELECT * FROM {table} ORDER BY {order}")


@pytest.fixture
async def gatehouse(installed, conn, dsn, settings, scorer):
    key = await factories.issue(conn, url=installed.url)

    def make_app():
        return create_app(settings, dsn=dsn, secrets=factories.SECRETS, scorer=scorer)

    service = Gatehouse(make_app, conn, key)
    await service.start()
    yield service
    await service.stop()
