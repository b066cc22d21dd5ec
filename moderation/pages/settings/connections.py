"""Who may speak to a site and is spoken to: the page, and the keys that blogs come with."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web

from moderation import platforms
from moderation.pages.settings import fields
from moderation.pages.settings.access import (
    HERE,
    actor,
    changed_site,
    done,
    operates,
    sites_of,
    spoken,
)
from service import clock, errors
from service.accounts.values import Role, Session
from service.db import POOL, Connection, connection
from service.endpoints import administration as endpoint_administration
from service.endpoints import store as endpoint_store
from service.outbox import EndpointKind, Event
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.sites import Site, administration
from service.sites import store as site_store
from service.sites.administration import BadSiteSetting
from service.sites.store import KeyRow
from service.webhooks import store as webhook_store

TAB = "connections"
LONGEST_GRACE_DAYS = 3650
DONE = {
    "revoked": message("The key is refused from now on."),
    "changed": message("Changed. It applies from now on."),
    "added": message("Added."),
    "removed": message("Removed."),
}
KINDS = {
    EndpointKind.STANDARD_WEBHOOK: message("Webhook (Standard Webhooks)"),
    EndpointKind.WORDPRESS_REST: message("WordPress, by its REST interface"),
    EndpointKind.AKISMET_CALLBACK: message("The Akismet plugin of the blog"),
}
EVENTS = {
    Event.HELD: message("a comment is held"),
    Event.APPROVED: message("a comment is approved"),
    Event.REJECTED: message("a comment is rejected"),
    Event.DECIDED: message("somebody decided on a comment"),
    Event.CONSENT_RECORDED: message("somebody chose what they consent to"),
    Event.CONSENT_WITHDRAWN: message("somebody withdrew their consent"),
    Event.CONSENT_EXPIRED: message("a consent expired"),
    Event.NOTICE_PUBLISHED: message("a notice was published"),
}

routes = web.RouteTableDef()


class ChangedMeanwhile(errors.Conflict):
    """Somebody changed this while you had it open. Look at what stands here now, and try again."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What is shown once: by this answer, and by no other."""

    title: str
    value: str
    address: str = ""  # that belongs to it


@routes.get(f"{HERE}/{{site}}/{TAB}")
@page(Role.MODERATOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    return await connections_page(request, session, changed_site(request, session))


@routes.post(f"{HERE}/{{site}}/keys/rotate")
@page(Role.MODERATOR)
async def rotate_key(request: web.Request, session: Session) -> web.StreamResponse:
    site = changed_site(request, session)
    form: Form = request[FORM]
    app = request.app
    try:
        grace = grace_of(form)
        async with connection(app[POOL]) as conn, conn.transaction():
            await administration.find(conn, site.name)
            if form.get("seen") != _newest(await administration.keys_of(conn, site.id)):
                raise ChangedMeanwhile
            new = await administration.rotate_key(
                conn, app[SECRETS], site.name, grace, actor(session)
            )
    except (errors.Invalid, errors.Conflict) as error:
        return await connections_page(request, session, site, error=error)
    secret = Secret(message("The new key of this site"), new.value)
    return await connections_page(request, session, site, secret=secret)


@routes.post(f"{HERE}/{{site}}/keys/revoke")
@page(Role.MODERATOR)
async def revoke_key(request: web.Request, session: Session) -> web.StreamResponse:
    site = changed_site(request, session)
    form: Form = request[FORM]
    app = request.app
    try:
        async with connection(app[POOL]) as conn:
            await administration.revoke_key(
                conn, app[SECRETS], site.name, form.get("key", ""), actor(session)
            )
    except errors.NotFound as error:
        return await connections_page(request, session, site, error=error)
    return done(site, TAB, "revoked")


def grace_of(form: Form) -> timedelta:
    """How long what was in use until now still works.  Raises ``BadSiteSetting``."""
    days = fields.number(form.get("grace_days", ""))
    if not 0 <= days <= LONGEST_GRACE_DAYS:
        raise BadSiteSetting(
            "The grace period lies between 0 and %(most)d days.", most=LONGEST_GRACE_DAYS
        )
    return timedelta(days=float(days))


def _newest(keys: list[KeyRow]) -> str:
    return str(max((key.id for key in keys), default=0))


async def connections_page(
    request: web.Request,
    session: Session,
    site: Site,
    *,
    secret: Secret | None = None,
    error: errors.ServiceError | None = None,
) -> web.Response:
    status = HTTPStatus.OK
    if error:
        conflict = isinstance(error, errors.Conflict)
        status = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    async with connection(request.app[POOL]) as conn:
        known = await _known(conn, site)
    return frame.render(
        "settings_connections.html",
        language=session.account.language,
        session=session,
        here=HERE,
        status=status,
        site=site,
        sites=sites_of(request, session, Role.ADMINISTRATOR),
        tab=TAB,
        may_change=True,
        operates=operates(session),
        known=known,
        now=clock.now(),
        address=f"{request.app[SETTINGS].public_url}/webhooks/{site.name}",
        kinds=KINDS,
        addable=(EndpointKind.STANDARD_WEBHOOK, EndpointKind.WORDPRESS_REST),
        events=EVENTS,
        defaults=endpoint_administration.DEFAULT_EVENTS[EndpointKind.STANDARD_WEBHOOK],
        secret=secret,
        error=spoken(error, session) if error else "",
        done=DONE.get(request.query.get("done", ""), ""),
    )


@dataclass(frozen=True, slots=True)
class Known:
    """The connections of a site, as they are stored."""

    keys: list[KeyRow]
    newest_key: str
    endpoints: list[endpoint_store.EndpointRow]
    webhooks: list[webhook_store.WebhookRow]
    platforms: dict[str, str]  # their titles
    addable: list[str]  # platforms that do not report yet


async def _known(conn: Connection, site: Site) -> Known:
    keys = [key for key in await site_store.keys(conn) if key.site_id == site.id]
    webhooks = [row for row in await webhook_store.webhooks(conn) if row.site_id == site.id]
    titles = {name: kind.title for name, kind in sorted(platforms.kinds().items())}
    reporting = {row.platform for row in webhooks}
    return Known(
        keys=[key for key in keys if key.revoked_at is None],
        newest_key=_newest(keys),
        endpoints=await endpoint_store.endpoints(conn, site.id),
        webhooks=webhooks,
        platforms=titles,
        addable=[name for name in titles if name not in reporting],
    )
