"""Allow and block lists: what is on them, what is added, and why an entry cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from markupsafe import Markup

from moderation import lists
from moderation.pages.display import revealed
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
from service import errors
from service.accounts.values import Role, Session
from service.db import POOL, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.sites import ListEntry, Site, administration, entries
from service.sites import store as site_store

TAB = "lists"
SHOWN_AT_MOST = 200  # of each list; the search finds the others
LINES_AT_MOST = 200
LONGEST_SEARCH = 200
DONE = {
    "added": message("Added. It applies from the next comment on."),
    "known": message("That stood there already."),
    "removed": message("Removed."),
    "gone": message("That did not stand there any more."),
}
LISTS = {"block": message("Always rejected"), "allow": message("Always approved")}
FIELDS = {
    "word": message("words"),
    "domain": message("domains"),
    "email": message("e-mail addresses"),
    "address": message("IP addresses"),
    "pattern": message("patterns"),
}
# Whom an allow list names by their e-mail address, the page calls what they are.
TRUSTED = message("trusted authors")

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was sent, to be corrected."""

    list: str = "block"
    field: str = "word"
    values: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that cannot stand in a list."""

    line: Markup
    sentence: Markup


class NothingGiven(errors.Invalid):
    """Write what shall be listed, one entry a line, at most 200 at once."""


class UnknownList(errors.Invalid):
    """There is no such list."""


@routes.get(f"{HERE}/{{site}}/{TAB}")
@page(Role.MODERATOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    return await _page(request, session, shown_site(request, session))


@routes.post(f"{HERE}/{{site}}/{TAB}")
@page(Role.MODERATOR)
async def add(request: web.Request, session: Session) -> web.StreamResponse:
    """All lines, or none: who corrects one of them has the others still before them."""
    site = changed_site(request, session)
    form: Form = request[FORM]
    filled = Filled(form.get("list", ""), form.get("field", ""), form.get("values", ""))
    wanted = _entries(filled)
    refusals = _refused(wanted, session)
    if not wanted or refusals:
        error = None if refusals else NothingGiven()
        return await _page(request, session, site, filled, refusals, error)
    async with connection(request.app[POOL]) as conn, conn.transaction():
        added = [
            await administration.add_entry(conn, site.name, entry, lists.validate, actor(session))
            for entry in wanted
        ]
    return done(site, TAB, "added" if any(added) else "known")


@routes.post(f"{HERE}/{{site}}/{TAB}/remove")
@page(Role.MODERATOR)
async def remove(request: web.Request, session: Session) -> web.StreamResponse:
    site = changed_site(request, session)
    form: Form = request[FORM]
    entry = ListEntry(form.get("list", ""), form.get("field", ""), form.get("value", ""))
    async with connection(request.app[POOL]) as conn:
        removed = await administration.remove_entry(conn, site.name, entry, actor(session))
    return done(site, TAB, "removed" if removed else "gone")


def _entries(filled: Filled) -> list[ListEntry]:
    """Raises ``UnknownList``; nothing for no lines, or for too many."""
    if filled.list not in LISTS or filled.field not in FIELDS:
        raise UnknownList
    lines = [line.strip() for line in filled.values.splitlines() if line.strip()]
    if len(lines) > LINES_AT_MOST:
        return []
    return [ListEntry(filled.list, filled.field, line) for line in dict.fromkeys(lines)]


def _refused(wanted: Sequence[ListEntry], session: Session) -> list[Refusal]:
    refusals = []
    for entry in wanted:
        try:
            lists.validate(entries.normal_entry(entry))
        except errors.Invalid as error:
            shown = revealed(entry.value[:LONGEST_SEARCH])
            refusals.append(Refusal(shown, revealed(spoken(error, session))))
    return refusals


async def _page(  # noqa: PLR0913, PLR0917  (what was sent, and why it was not taken)
    request: web.Request,
    session: Session,
    site: Site,
    filled: Filled = Filled(),
    refusals: Sequence[Refusal] = (),
    error: errors.ServiceError | None = None,
) -> web.Response:
    search = request.query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    found = {}
    async with connection(request.app[POOL]) as conn:
        for name in LISTS:
            found[name] = await site_store.entries(conn, site.id, name, search, SHOWN_AT_MOST + 1)
    bad = bool(refusals or error)
    return frame.render(
        "settings_lists.html",
        language=session.account.language,
        session=session,
        here=HERE,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK,
        site=site,
        sites=sites_of(request, session, Role.MODERATOR),
        tab=TAB,
        may_change=administers(session, site),
        lists=LISTS,
        fields=FIELDS,
        trusted=TRUSTED,
        found=found,
        at_most=SHOWN_AT_MOST,
        search=search,
        filled=filled,
        refusals=refusals,
        revealed=revealed,
        error=spoken(error, session) if error else "",
        done=DONE.get(request.query.get("done", ""), ""),
    )
