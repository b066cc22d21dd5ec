"""Before a process serves: is a log behind what is known outside?  Then it takes nothing."""

from collections.abc import AsyncIterator

from aiohttp import web

from consent.ledger.jobs import known_outside
from service import db
from service.settings import SETTINGS
from service.sites import DIRECTORY


async def outside_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: a restored database is noticed before anything is appended to it."""
    async with db.connection(app[db.POOL]) as conn:
        for site in app[DIRECTORY]:
            await known_outside(conn, app[SETTINGS], site)
    yield
