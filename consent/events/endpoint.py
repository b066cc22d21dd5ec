"""``POST /consent/{site}/events``: read, limit, check, append, answer.

Nothing is answered before it is durable, and nothing of a request is stored but what the leaf
says: no address, no browser, no page.
"""

import time
from collections.abc import AsyncIterator

import orjson
from aiohttp import web

from consent import cors
from consent.events import reading, rules
from consent.events.limits import LIMIT, limit
from consent.events.reading import Event
from consent.events.rules import NoticeOutdated
from consent.ledger import store
from consent.ledger.batching import LEDGER
from consent.ledger.receipts import acknowledged
from consent.ledger.store import Entry
from consent.notices.shelf import SHELF
from consent.public import NO_STORE, SITE, site_of
from service import clock, db, errors, http
from service.sites import Site

routes = web.RouteTableDef()
PATH = f"/consent/{SITE}/events"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}


async def limit_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: a memory of this process."""
    app[LIMIT] = limit()
    yield


@routes.options(PATH)
async def preflight(request: web.Request) -> web.Response:
    """For pages that send application/json; text/plain needs none."""
    origin = cors.allowed_origin(request, site_of(request))
    return web.Response(status=204, headers={**NO_STORE, **PREFLIGHT, **cors.headers(origin)})


@routes.post(PATH)
async def record(request: web.Request) -> web.Response:
    site = site_of(request)
    origin = cors.allowed_origin(request, site)
    try:
        entry = await _recorded(request, site)
        response = _json(acknowledged(site, entry), 201)
    except errors.ServiceError as error:
        # Answered here: without our headers the page could not read why.
        response = _refusal(error)
    response.headers.update({**NO_STORE, **cors.headers(origin)})
    return response


async def _recorded(request: web.Request, site: Site) -> Entry:
    request.app[LIMIT].require(http.client_address(request), time.monotonic())
    event = _with_header(await reading.read(request), request)
    published = await request.app[SHELF].published(site.id)
    try:
        draft = rules.checked(site, published, event, clock.now())
    except errors.Conflict:
        # A repetition that comes late is still one: what it needed, it had the first time.
        if (known := await _known(request, site, event)) is not None:
            return known
        raise
    return await request.app[LEDGER].append(site, draft)


def _with_header(event: Event, request: web.Request) -> Event:
    """A browser that says so itself is believed; any value but 1 means nothing (GPC, 3.2)."""
    if "1" not in request.headers.getall("Sec-GPC", ()):
        return event
    signals = reading.Signals(gpc=True, dnt=event.signals.dnt)
    return reading.with_signals(event, signals)


async def _known(request: web.Request, site: Site, event: Event) -> Entry | None:
    async with db.connection(request.app[db.POOL]) as conn:
        found = await store.known_events(conn, site.id, [event.event_id])
    return next((entry for entry in found if entry.request_hash == event.request_hash), None)


def _refusal(error: errors.ServiceError) -> web.Response:
    response = http.problem(error)
    if isinstance(error, NoticeOutdated):
        document = {**orjson.loads(bytes(response.body)), "current": error.current}  # type: ignore[arg-type]
        response.body = orjson.dumps(document)
    return response


def _json(value: object, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
