"""``/review/events``: what happens elsewhere, as server-sent events, as long as a page is open."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import orjson
from aiohttp import web

from moderation.pages.asking import moderated
from moderation.review.live import HUB, Message
from service.accounts import store as accounts
from service.accounts.signing_in import NotSignedIn
from service.accounts.values import Role, Session
from service.db import POOL, connection
from service.http import DRAINING
from service.pages.guard import current_session, page

LOOK_SECONDS = 1.0  # whether this process is ending
PROOF_EVERY = 15  # looks between two, so that a session that was ended hears no more
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back until there are many
}

routes = web.RouteTableDef()


@routes.get("/review/events")
@page(Role.MODERATOR)
async def events(request: web.Request, session: Session) -> web.StreamResponse:
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    with request.app[HUB].watching() as watcher:
        try:
            await response.write(b"retry: 3000\n\n")
            await _forward(request, session, watcher.queue, response)
        except (ConnectionError, NotSignedIn):
            pass  # the page was closed, or its session was ended
    return response


async def _forward(
    request: web.Request,
    session: Session,
    queue: "asyncio.Queue[Message]",
    response: web.StreamResponse,
) -> None:
    """Until the browser goes away or this process ends."""
    sites = {site.id for site in moderated(request, session).values()}
    looks = 0
    while not request.app[DRAINING].started:
        message = await _next(queue)
        if message is not None and (told := await _told(request, session, sites, message)):
            await response.write(b"data: %b\n\n" % orjson.dumps(told))
        looks += 1
        if looks % PROOF_EVERY == 0:
            session = await current_session(request)
            sites = {site.id for site in moderated(request, session).values()}
            await response.write(b": still here\n\n")


async def _next(queue: "asyncio.Queue[Message]") -> Message | None:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await queue.get()
    except TimeoutError:
        return None


async def _told(
    request: web.Request, session: Session, sites: Collection[int], message: Message
) -> Message | None:
    """What this browser may know of it; nothing of its own doings."""
    actor = str(message.get("actor", ""))
    if message["site"] not in sites or actor == str(session.account.id):
        return None
    name = ""
    if actor.isdigit():
        async with connection(request.app[POOL]) as conn:
            name = (await accounts.names(conn)).get(int(actor), "")
    ids = [UUID(each).hex for each in message.get("ids", [])]
    return {"kind": message["kind"], "ids": ids, "by": name}
