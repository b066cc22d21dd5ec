"""Is it alive (``/livez``), and should it be asked (``/readyz``)?

A package adds a check to ``app[CHECKS]`` under a name: a coroutine function that returns what is
wrong, or "".
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web

from service import db, errors, store
from service.http import DRAINING, Draining
from service.sites import DIRECTORY

__all__ = ["CHECKS", "DRAINING", "Check", "Draining", "routes", "setup"]

Check: TypeAlias = Callable[[web.Application], Awaitable[str]]

routes = web.RouteTableDef()


CHECKS: "web.AppKey[dict[str, Check]]" = web.AppKey("CHECKS", dict)


async def database(app: web.Application) -> str:
    try:
        async with db.connection(app[db.POOL]) as conn:
            await store.ping(conn)
    except errors.Unavailable:
        return "the database does not answer"
    return ""


async def sites(app: web.Application) -> str:
    return "" if app[DIRECTORY].revision else "the sites are not loaded"


@routes.get("/livez")
async def alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """200 if every check passes, else 503; one line for each check either way."""
    found = {name: await check(request.app) for name, check in request.app[CHECKS].items()}
    if request.app[DRAINING].started:
        found["draining"] = "this process is ending"
    lines = [f"{name}: {problem or 'ok'}\n" for name, problem in found.items()]
    return web.Response(text="".join(lines), status=503 if any(found.values()) else 200)


def setup(app: web.Application) -> None:
    app[DRAINING] = Draining()
    checks: dict[str, Check] = {"database": database, "sites": sites}
    app[CHECKS] = checks
    app.add_routes(routes)
    app.on_shutdown.append(_drain)


async def _drain(app: web.Application) -> None:
    app[DRAINING].started = True
