"""Learning while serving: this process judges with what sites have learnt, and follows changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from moderation.intake import INTAKE, SCORER
from moderation.learning import refreshing, retraining  # noqa: F401  (their jobs are found so)
from moderation.learning.applying import LEARNING, Learning, watch
from service import db
from service.secrets import SECRETS


async def learning_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook, after that of the intake."""
    learning = app[LEARNING] = Learning(app[SECRETS], app[SCORER].version)
    async with db.connection(app[db.POOL]) as conn:
        await learning.reload(conn)
    app[INTAKE].follow(learning)
    task = asyncio.create_task(watch(learning, app[db.POOL]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
