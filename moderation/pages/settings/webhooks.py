"""Forms about webhooks: which platforms report comments to a site, and by which secrets."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from moderation import platforms
from moderation.pages.settings.access import HERE, actor, changed_site, done
from moderation.pages.settings.connections import TAB, Secret, connections_page, grace_of
from service import errors
from service.accounts.values import Role, Session
from service.db import POOL, Connection, connection
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.sites import Site
from service.webhooks import administration
from service.webhooks.administration import Kind, NewWebhook, Proof

PLACE = f"{HERE}/{{site}}/webhooks"
REFUSED = (errors.Invalid, errors.Conflict, errors.NotFound)

routes = web.RouteTableDef()


class NoSuchPlatform(errors.Invalid):
    """There is no such platform."""


@routes.post(PLACE)
@page(Role.MODERATOR)
async def add(request: web.Request, session: Session) -> web.StreamResponse:
    site, form = changed_site(request, session), request[FORM]

    async def work(conn: Connection) -> NewWebhook:
        given = form.get("secret", "").strip()
        return await administration.add(
            conn, request.app[SECRETS], site.name, _kind(form), given, actor(session)
        )

    return await _issue(request, session, site, work)


@routes.post(f"{PLACE}/rotate")
@page(Role.MODERATOR)
async def rotate(request: web.Request, session: Session) -> web.StreamResponse:
    site, form = changed_site(request, session), request[FORM]

    async def work(conn: Connection) -> NewWebhook:
        return await administration.rotate(
            conn,
            request.app[SECRETS],
            site.name,
            _kind(form),
            grace_of(form),
            given=form.get("secret", "").strip(),
            by=actor(session),
        )

    return await _issue(request, session, site, work)


@routes.post(f"{PLACE}/remove")
@page(Role.MODERATOR)
async def remove(request: web.Request, session: Session) -> web.StreamResponse:
    site = changed_site(request, session)
    try:
        platform = _kind(request[FORM]).platform
        async with connection(request.app[POOL]) as conn:
            await administration.remove(conn, site.name, platform, actor(session))
    except REFUSED as error:
        return await connections_page(request, session, site, error=error)
    return done(site, TAB, "removed", "webhooks")


def _kind(form: Form) -> Kind:
    kind = platforms.kinds().get(form.get("platform", ""))
    if kind is None:
        raise NoSuchPlatform
    return kind


async def _issue(
    request: web.Request,
    session: Session,
    site: Site,
    work: Callable[[Connection], Awaitable[NewWebhook]],
) -> web.Response:
    """A secret that the platform made itself is not repeated."""
    try:
        async with connection(request.app[POOL]) as conn:
            new = await work(conn)
    except REFUSED as error:
        return await connections_page(request, session, site, error=error)
    address = f"{request.app[SETTINGS].public_url}/webhooks/{site.name}"
    if new.kind.proof is Proof.PATH:
        shown = Secret(message("The address, with its secret"), f"{address}/{new.secret}")
    elif request[FORM].get("secret", "").strip():
        return done(site, TAB, "added", "webhooks")
    else:
        shown = Secret(message("The secret that the platform signs with"), new.secret, address)
    return await connections_page(request, session, site, secret=shown)
