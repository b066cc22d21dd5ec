"""The page ``/audit``: who did what, to read and to filter."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from service import audit
from service.accounts import store as accounts
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, connection
from service.pages import frame, store
from service.pages.frame import message
from service.pages.guard import page
from service.pages.store import Entry, WantedEntries
from service.sites import DIRECTORY

HERE = "/audit"
PAGE_ENTRIES = 50
HIGHEST = UUID(int=(1 << 128) - 1)
LONGEST = 100
FIELDS = ("site", "kind", "action", "actor", "since", "until")

# Kinds of actors, as the page names them.
KINDS = {
    ActorKind.OPERATOR: message("operator"),
    ActorKind.SITE_KEY: message("site key"),
    ActorKind.TOKEN: message("token"),
    ActorKind.WEBHOOK: message("webhook"),
    ActorKind.USER: message("person"),
    ActorKind.JOB: message("job"),
    ActorKind.VISITOR: message("visitor"),
}

routes = web.RouteTableDef()
frame.NAVIGATION.append(frame.Place(HERE, message("Audit trail"), Role.AUDITOR))


@routes.get(HERE)
@page(Role.AUDITOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    wanted, given, names = asked_of(request, session)
    sites = {name: number for number, name in names.items()}
    async with connection(request.app[POOL]) as conn:
        entries = await store.entries(conn, wanted, PAGE_ENTRIES + 1)
        actions = await store.actions(conn, list(sites.values()))
        users = await accounts.names(conn)
    shown = entries[:PAGE_ENTRIES]
    return frame.render(
        "audit.html",
        language=session.account.language,
        session=session,
        here=HERE,
        entries=[(entry, names.get(entry.site_id, ""), who(entry, users)) for entry in shown],
        given=given,
        filtered=any(given.values()),
        sites=list(sites),
        kinds=KINDS,
        actions=actions,
        users=users,
        older=_address(given, before=str(shown[-1].id)) if len(entries) > PAGE_ENTRIES else "",
        file=_address(given, HERE + ".csv"),
    )


def asked_of(
    request: web.Request, session: Session
) -> tuple[WantedEntries, dict[str, str], dict[int, str]]:
    """Which entries the address asks for, its filters as text, and the names of sites to read."""
    sites = _sites(request, session)
    given = {name: _given(request, name) for name in FIELDS}
    wanted = _wanted(request.query.get("before", ""), given, sites)
    return wanted, given, {number: name for name, number in sites.items()}


def _given(request: web.Request, name: str) -> str:
    return request.query.get(name, "").replace("\0", "").strip()[:LONGEST]


def _sites(request: web.Request, session: Session) -> dict[str, int]:
    """Name -> number of the sites whose trail they may read; the deployment's for who sees all."""
    directory = request.app[DIRECTORY]
    opened = session.account.opened(Role.AUDITOR, [site.id for site in directory])
    found = {site.name: site.id for site in directory if site.id in set(opened)}
    if session.account.may(Role.AUDITOR, None):
        found["*"] = audit.DEPLOYMENT  # no site has this name
    return dict(sorted(found.items()))


def _wanted(before: str, given: Mapping[str, str], sites: Mapping[str, int]) -> WantedEntries:
    named = given["site"]
    until = _day(given["until"])
    return WantedEntries(
        site_ids=[sites[named]] if named in sites else [] if named else list(sites.values()),
        below=_id(before),
        kind=given["kind"] or None,
        action=given["action"] or None,
        actor=given["actor"] or None,
        since=_day(given["since"]),
        until=until + timedelta(days=1) if until else None,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return HIGHEST


def _day(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day.year < 9999 else None  # noqa: PLR2004  (a day may be added)


def who(entry: Entry, users: Mapping[int, str]) -> str:
    """The name of an account; of everybody else the number or word by which they are known."""
    if entry.actor_kind == ActorKind.USER and entry.actor.isdigit():
        return users.get(int(entry.actor), entry.actor)
    return entry.actor


def _address(given: Mapping[str, str], path: str = HERE, **more: str) -> str:
    fields = {name: value for name, value in given.items() if value} | more
    return f"{path}?{urlencode(fields)}" if fields else path
