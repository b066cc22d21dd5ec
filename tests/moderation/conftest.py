import pytest
from aiohttp import web

from moderation import akismet
from moderation.intake import INTAKE, Intake
from service.db import POOL
from service.http import BODY_LIMIT_BYTES, DRAINING, ERROR_ANSWERS, Draining, edge
from service.settings import SETTINGS
from service.sites import DIRECTORY
from tests import factories
from tests.moderation.blog import Blog


@pytest.fixture
async def blog(conn, pool, settings, scorer, aiohttp_client):
    """A blog with a key of its own, in front of the protocol's routes and a real database."""
    key = await factories.issue(conn)
    app = web.Application(client_max_size=BODY_LIMIT_BYTES, middlewares=[edge])
    app[SETTINGS] = settings
    app[DRAINING] = Draining()
    app[POOL] = pool
    app[DIRECTORY] = await factories.loaded(conn)
    app[INTAKE] = Intake(pool, scorer)
    app[ERROR_ANSWERS] = akismet.ANSWERS
    app.cleanup_ctx.append(akismet.context)
    app.add_routes(akismet.routes)
    yield Blog(await aiohttp_client(app), conn, app, key)
    await app[INTAKE].close()
