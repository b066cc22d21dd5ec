"""Publishing and listing notices with a token."""

import orjson
from aiohttp import web

from consent.ledger.batching import LEDGER
from consent.notices import publishing
from consent.notices.answers import described
from consent.notices.publishing import Publisher
from consent.notices.reading import LONGEST_BYTES, MalformedNotice
from service import auth, db
from service.auth import Caller
from service.tokens import Scope

routes = web.RouteTableDef()


@routes.post("/v1/notices")
async def publish(request: web.Request) -> web.Response:
    """Publish the notice in the body; 201, and 200 for one that was published before."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_WRITE)
    if (request.content_length or 0) > LONGEST_BYTES:
        raise MalformedNotice
    raw = await request.read()
    async with db.connection(request.app[db.POOL]) as conn:
        edition = await publishing.publish(
            conn, caller.site, request.app[LEDGER].origin(caller.site), raw, _publisher(caller)
        )
    location = f"/consent/{caller.site.name}/notices/{edition.sha256}"
    return _json(described(edition), 201, {"Location": location})


@routes.get("/v1/notices")
async def listed(request: web.Request) -> web.Response:
    """All notices of the site, the oldest first."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_READ)
    async with db.connection(request.app[db.POOL]) as conn:
        published = await publishing.all_of(conn, caller.site.id)
    return _json({"notices": [described(each) for each in published.editions]})


def _publisher(caller: Caller) -> Publisher:
    return Publisher(caller.actor_kind, caller.actor)


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(value), status=status, headers=headers, content_type="application/json"
    )
