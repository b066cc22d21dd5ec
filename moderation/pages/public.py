"""What pages for those without an account share: the link that opens them, and a bound."""

import time
from collections.abc import AsyncIterator
from functools import wraps
from http import HTTPStatus

from aiohttp import web

from moderation.redress.limits import AN_HOUR, LIMIT, limit
from moderation.redress.links import DeadLink, LinkKind, read
from moderation.redress.looking import Case, look
from service import errors
from service.db import Connection
from service.http import SITE_ID, client_address, status_of
from service.pages import frame
from service.pages.guard import Handler, open_page
from service.secrets import SECRETS
from service.sites import DIRECTORY


async def public_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: who sends how many forms is known as long as the application lives."""
    app[LIMIT] = limit()
    yield


def public_page(handler: Handler) -> Handler:
    """A page that needs no account and leads to none, whatever goes wrong."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.ServiceError as error:
            return _dead_end(error)

    return open_page(guarded)


def _dead_end(error: errors.ServiceError) -> web.Response:
    status = HTTPStatus(status_of(error))
    response = frame.render(
        "dead_end.html",
        language=frame.SPOKEN.get(),
        status=status,
        case=None,
        sentence=error.title,
    )
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = str(int(AN_HOUR))
    return response


def bounded(request: web.Request) -> None:
    """Count a form.  Raises ``TooManyForms``."""
    request.app[LIMIT].require(client_address(request), time.monotonic())


async def opened(
    request: web.Request, conn: Connection, kind: LinkKind, *, locked: bool = False
) -> Case:
    """What the link is about, ``locked`` until the end of the transaction.

    Raises ``DeadLink``, also if the comment is gone.
    """
    about = read(request.app[SECRETS], kind, request.match_info["token"])
    site = next((each for each in request.app[DIRECTORY] if each.id == about.site_id), None)
    case = await look(conn, site, about.comment_id, locked=locked) if site else None
    if case is None:
        raise DeadLink
    request[SITE_ID] = case.site.id
    return case
