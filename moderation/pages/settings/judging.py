"""Thresholds with their preview, answers, periods, languages; and where ``/settings`` begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from aiohttp import web

from moderation import preview
from moderation.pages.settings import fields
from moderation.pages.settings.access import (
    HERE,
    actor,
    administers,
    changed_site,
    done,
    shown_site,
    sites_of,
    spoken,
)
from moderation.verdicts import Action
from service import errors
from service.accounts import store as accounts
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, Connection, connection
from service.pages import frame
from service.pages import store as trail
from service.pages.audit import HIGHEST
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.settings import SETTINGS
from service.sites import Site, administration
from service.sites import store as site_store
from service.sites.directory import settings_from
from service.sites.store import SiteRow

DONE = {
    "saved": message("Saved. It applies from now on."),
    "same": message("Nothing was changed."),
}
ACTIONS = {
    Action.APPROVE: message("Approved"),
    Action.HOLD: message("Held"),
    Action.REJECT: message("Rejected"),
}

routes = web.RouteTableDef()
frame.NAVIGATION.append(frame.Place(HERE, message("Settings"), Role.MODERATOR))


@dataclass(frozen=True, slots=True)
class Opened:
    """The settings of a site as they stand, in front of somebody."""

    request: web.Request
    session: Session
    conn: Connection
    site: Site
    now: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else changed since the form was opened."""

    who: str  # "" for the command line
    changes: Sequence[tuple[str, str, str]]  # title, text of before, text of now


@routes.get(HERE)
@page(Role.MODERATOR)
async def choose(request: web.Request, session: Session) -> web.StreamResponse:
    """Which site; where there is but one, its settings at once."""
    sites = sites_of(request, session, Role.MODERATOR)
    if len(sites) == 1:
        raise web.HTTPSeeOther(f"{HERE}/{sites[0].name}")
    return frame.render(
        "settings_sites.html",
        language=session.account.language,
        session=session,
        here=HERE,
        sites=sites,
        administered={site.id for site in sites_of(request, session, Role.ADMINISTRATOR)},
    )


@routes.get(f"{HERE}/{{site}}")
@page(Role.MODERATOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    site = shown_site(request, session)
    async with connection(request.app[POOL]) as conn:
        now = _fields(await _row(conn, site))
        return await _page(Opened(request, session, conn, site, now), now)


@routes.get(f"{HERE}/{{site}}/preview")
@page(Role.MODERATOR)
async def show_preview(request: web.Request, session: Session) -> web.StreamResponse:
    """Only the part of the page that other thresholds change, for the script."""
    site = shown_site(request, session)
    async with connection(request.app[POOL]) as conn:
        now = _fields(await _row(conn, site))
        asked = fields.given(dict(request.query), now)
        shown = await _preview(Opened(request, session, conn, site, now), asked, lately=True)
    return frame.render(
        "settings_preview.html", language=session.account.language, session=session, part=shown
    )


@routes.post(f"{HERE}/{{site}}")
@page(Role.MODERATOR)
async def save(request: web.Request, session: Session) -> web.StreamResponse:
    """Save, or only look at the preview.  What somebody else changed meanwhile is not undone."""
    site = changed_site(request, session)
    async with connection(request.app[POOL]) as conn, conn.transaction():
        row = await administration.find(conn, site.name)
        opened = Opened(request, session, conn, site, _fields(row))
        form: Form = request[FORM]
        seen = {**opened.now, **fields.seen(form.get("seen", ""))}
        asked = fields.given(form, seen)
        wanted = {
            name: asked[name] if asked[name] != seen[name] else text
            for name, text in opened.now.items()
        }
        if form.get("act") == "preview":
            return await _page(opened, wanted)
        # Whoever clicks twice is not told of their own first click.
        stale = any(seen[name] != text for name, text in opened.now.items())
        if stale and asked != opened.now:
            return await _page(opened, wanted, meanwhile=await _meanwhile(opened, seen))
        try:
            async with conn.transaction():
                await _change(opened, wanted)
        except errors.Invalid as error:
            return await _page(opened, wanted, error=error)
    return done(site, "", "same" if wanted == opened.now and not stale else "saved")


async def _change(opened: Opened, wanted: Mapping[str, str]) -> None:
    by, name = actor(opened.session), opened.site.name
    fields.thresholds(wanted)
    changes = fields.as_changes(wanted, opened.now)
    if changes:
        await administration.change_settings(opened.conn, name, changes, by)
    languages = wanted[fields.LANGUAGES]
    if languages != opened.now[fields.LANGUAGES]:
        await administration.change_languages(opened.conn, name, languages, by)


async def _row(conn: Connection, site: Site) -> SiteRow:
    """As it is stored: what this process holds in memory may be half a second old."""
    row = await site_store.site(conn, site.id)
    if row is None:
        raise administration.UnknownSite
    return row


def _fields(row: SiteRow) -> dict[str, str]:
    return fields.shown(settings_from(row.settings), row.language)


async def _meanwhile(opened: Opened, seen: Mapping[str, str]) -> Meanwhile:
    newest = trail.WantedEntries(
        site_ids=[opened.site.id], below=HIGHEST, action="settings.changed"
    )
    last = next(iter(await trail.entries(opened.conn, newest, 1)), None)
    who = ""
    if last is not None and last.actor_kind == ActorKind.USER:
        who = (await accounts.names(opened.conn)).get(int(last.actor), last.actor)
    translate = frame.translations_of(opened.session.account.language).gettext
    changes = [
        (translate(fields.TITLES[name]), seen[name], text)
        for name, text in opened.now.items()
        if seen[name] != text
    ]
    return Meanwhile(who, changes)


async def _preview(
    opened: Opened, asked: Mapping[str, str], *, lately: bool = False
) -> dict[str, object]:
    """What the template of the preview needs; a problem where the thresholds make no sense."""
    shown: dict[str, object] = {
        "preview": None,
        "problem": "",
        "actions": ACTIONS,
        "days": preview.DAYS,
        "most": preview.AT_MOST,
        "quarantine": int(opened.now["quarantine_days"]),
    }
    try:
        then = fields.thresholds(asked)
    except errors.Invalid as error:
        return {**shown, "problem": spoken(error, opened.session)}
    if lately:
        cells = await preview.read_lately(opened.conn, opened.site)
    else:
        cells = await preview.read(opened.conn, opened.site.id)
    return {**shown, "preview": preview.compare(cells, fields.thresholds(opened.now), then)}


async def _page(
    opened: Opened,
    wanted: Mapping[str, str],
    *,
    error: errors.ServiceError | None = None,
    meanwhile: Meanwhile | None = None,
) -> web.Response:
    request, session, site = opened.request, opened.session, opened.site
    status = HTTPStatus.CONFLICT if meanwhile else HTTPStatus.OK
    return frame.render(
        "settings_judging.html",
        language=session.account.language,
        session=session,
        here=HERE,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else status,
        site=site,
        sites=sites_of(request, session, Role.MODERATOR),
        tab="",
        may_change=administers(session, site),
        values=wanted,
        seen=orjson.dumps(opened.now).decode(),
        unsaved=wanted != opened.now,
        titles=fields.TITLES,
        service_days=request.app[SETTINGS].comment_retention_days,
        error=spoken(error, session, fields.TITLES) if error else "",
        meanwhile=meanwhile,
        done=DONE.get(request.query.get("done", ""), ""),
        days=preview.DAYS,
        part=await _preview(opened, wanted),
    )
