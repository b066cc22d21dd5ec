"""Forms about endpoints: who outside is told what became of comments."""

from aiohttp import web

from moderation.pages.settings.access import (
    HERE,
    actor,
    changed_site,
    done,
    operates,
    whole_number,
)
from moderation.pages.settings.connections import (
    TAB,
    ChangedMeanwhile,
    Secret,
    connections_page,
    grace_of,
)
from service import errors
from service.accounts.values import Role, Session
from service.db import POOL, connection
from service.endpoints import administration, store
from service.endpoints.administration import BadEndpoint, Wish
from service.outbox import EndpointKind
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.secrets import SECRETS
from service.sites.administration import find

PLACE = f"{HERE}/{{site}}/endpoints"
REFUSED = (errors.Invalid, errors.Conflict, errors.NotFound)
SIGNED = message("The secret with which deliveries are signed")

routes = web.RouteTableDef()


@routes.post(PLACE)
@page(Role.MODERATOR)
async def add(request: web.Request, session: Session) -> web.StreamResponse:
    site = changed_site(request, session)
    app = request.app
    try:
        wish = _wish(request[FORM], session)
        async with connection(app[POOL]) as conn:
            new = await administration.add(conn, app[SECRETS], site.name, wish, actor(session))
    except REFUSED as error:
        return await connections_page(request, session, site, error=error)
    if not new.value:
        return done(site, TAB, "added", "endpoints")
    return await connections_page(request, session, site, secret=Secret(SIGNED, new.value))


def _wish(form: Form, session: Session) -> Wish:
    """Raises ``BadEndpoint``.  Addresses inside are for who runs the whole service."""
    kind = form.get("kind", "")
    if kind not in set(EndpointKind):
        raise BadEndpoint
    return Wish(
        kind=EndpointKind(kind),
        url=form.get("url", "").strip(),
        events=administration.events_named(form.getall("event", [])),
        allow_private=operates(session) and form.get("private") == "yes",
        secret=form.get("secret", "").strip(),
        user=form.get("user", "").strip(),
    )


@routes.post(f"{PLACE}/{{number}}")
@page(Role.MODERATOR)
async def change(request: web.Request, session: Session) -> web.StreamResponse:
    """Switch it on or off, and choose what it hears."""
    site = changed_site(request, session)
    form: Form = request[FORM]
    try:
        number = whole_number(request.match_info["number"])
        events = administration.events_named(form.getall("event", []))
        if not events:
            raise BadEndpoint
        async with connection(request.app[POOL]) as conn, conn.transaction():
            await find(conn, site.name)
            rows = [row for row in await store.endpoints(conn, site.id) if row.id == number]
            changed = await administration.change(
                conn,
                site.name,
                number,
                enabled=form.get("enabled") == "yes",
                allow_private=form.get("private") == "yes" if operates(session) else None,
                events=events,
                by=actor(session),
            )
            # Whoever clicks twice is not told of their own first click.
            stands = {seen_of(row) for row in (*rows, changed)}
            if len(stands) > 1 and form.get("seen") != seen_of(rows[0]):
                raise ChangedMeanwhile
    except REFUSED as error:
        return await connections_page(request, session, site, error=error)
    return done(site, TAB, "changed", "endpoints")


def seen_of(row: store.EndpointRow) -> str:
    """What a form about an endpoint was filled in on the ground of."""
    return f"{row.enabled} {row.allow_private} {' '.join(sorted(row.events))}"


@routes.post(f"{PLACE}/{{number}}/rotate")
@page(Role.MODERATOR)
async def rotate(request: web.Request, session: Session) -> web.StreamResponse:
    site = changed_site(request, session)
    form: Form = request[FORM]
    app = request.app
    try:
        async with connection(app[POOL]) as conn:
            new = await administration.rotate(
                conn,
                app[SECRETS],
                site.name,
                whole_number(request.match_info["number"]),
                grace_of(form),
                given=form.get("secret", "").strip(),
                user=form.get("user", "").strip(),
                by=actor(session),
            )
    except REFUSED as error:
        return await connections_page(request, session, site, error=error)
    if not new.value:
        return done(site, TAB, "changed", "endpoints")
    return await connections_page(request, session, site, secret=Secret(SIGNED, new.value))


@routes.post(f"{PLACE}/{{number}}/remove")
@page(Role.MODERATOR)
async def remove(request: web.Request, session: Session) -> web.StreamResponse:
    """The plugin's endpoint belongs to the site, and can only be switched off."""
    site = changed_site(request, session)
    try:
        number = whole_number(request.match_info["number"])
        async with connection(request.app[POOL]) as conn, conn.transaction():
            for row in await store.endpoints(conn, site.id):
                if row.id == number and row.kind == EndpointKind.AKISMET_CALLBACK:
                    raise BadEndpoint("The plugin's endpoint is switched off, not removed.")
            await administration.remove(conn, site.name, number, actor(session))
    except REFUSED as error:
        return await connections_page(request, session, site, error=error)
    return done(site, TAB, "removed", "endpoints")
