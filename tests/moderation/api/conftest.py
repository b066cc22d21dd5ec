"""The API in front of a real database, a caller with a site key, and tokens of every kind."""

import pytest
from aiohttp import web

from moderation import akismet, api
from moderation.intake import INTAKE, Intake
from service.db import POOL
from service.health import DRAINING, Draining
from service.http import BODY_LIMIT_BYTES, ERROR_ANSWERS, edge
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.sites import DIRECTORY
from service.tokens import Scope, administration, tokens_context
from tests import factories
from tests.moderation.api.caller import Caller


def application(pool, settings, scorer, directory):
    app = web.Application(client_max_size=BODY_LIMIT_BYTES, middlewares=[edge])
    app[SETTINGS] = settings
    app[SECRETS] = factories.SECRETS
    app[POOL] = pool
    app[DIRECTORY] = directory
    app[INTAKE] = Intake(pool, scorer)
    app[DRAINING] = Draining()
    app[ERROR_ANSWERS] = api.ANSWERS
    app.cleanup_ctx.append(akismet.context)
    app.cleanup_ctx.append(tokens_context)
    app.add_routes(api.routes)
    return app


async def token(conn, *scopes, site="blatt"):
    """Issue a token; its value."""
    new = await administration.add(
        conn, factories.SECRETS, name="test", scopes=scopes or tuple(Scope), site=site
    )
    return new.value


@pytest.fixture
async def key(conn):
    return await factories.issue(conn)


@pytest.fixture
async def app(conn, pool, settings, scorer, key):
    app = application(pool, settings, scorer, await factories.loaded(conn))
    yield app
    await app[INTAKE].close()


@pytest.fixture
async def caller(conn, app, key, aiohttp_client):
    """Writes with a site key, reads with a token that opens everything of its site."""
    reader = await token(conn)
    return Caller(await aiohttp_client(app), conn, app, key, reader)
