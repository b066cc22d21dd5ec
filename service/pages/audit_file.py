"""``/audit.csv``: the audit trail as a table for other programs, streamed, with the page's filters.

An export stands in the trail itself before its first line is sent.  No field is taken for a formula
by a spreadsheet: what begins like one gets an apostrophe in front.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

import orjson
from aiohttp import web

from service import audit, tables
from service.accounts import store as accounts
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, Pool, connection
from service.pages import frame, store
from service.pages.audit import HERE, asked_of, who
from service.pages.guard import page
from service.pages.store import Entry, WantedEntries

CHUNK_ENTRIES = 1000
COLUMNS = ("recorded_at", "site", "actor_kind", "actor", "action", "subject", "details")

routes = web.RouteTableDef()


@routes.get(f"{HERE}.csv")
@page(Role.AUDITOR)
async def download(request: web.Request, session: Session) -> web.StreamResponse:
    """The newest first; what is recorded meanwhile is left out."""
    wanted, given, names = asked_of(request, session)
    await _note(request.app[POOL], session, wanted.site_ids, given)
    async with connection(request.app[POOL]) as conn:
        users = await accounts.names(conn)
    headers = {**frame.HEADERS, "Content-Disposition": 'attachment; filename="audit-trail.csv"'}
    response = web.StreamResponse(headers=headers)
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    await response.write(tables.lines([COLUMNS]).encode())
    async for entries in _chunks(request.app[POOL], wanted):
        rows = [_row(entry, names, users) for entry in entries]
        await response.write(tables.lines(rows).encode())
    await response.write_eof()
    return response


async def _note(
    pool: Pool, session: Session, site_ids: Sequence[int], given: Mapping[str, str]
) -> None:
    """One entry for each site whose trail is read."""
    filters = {name: value for name, value in given.items() if value}
    by = str(session.account.id)
    async with connection(pool) as conn, conn.transaction():
        for site_id in site_ids:
            what = ("audit.exported", "audit_trail", filters)
            await audit.append(conn, site_id, ActorKind.USER, by, *what)


async def _chunks(pool: Pool, wanted: WantedEntries) -> AsyncIterator[list[Entry]]:
    """No connection is held while the reader takes their time."""
    while True:
        async with connection(pool) as conn:
            entries = await store.entries(conn, wanted, CHUNK_ENTRIES)
        if not entries:
            return
        yield entries
        wanted = replace(wanted, below=entries[-1].id)


def _row(entry: Entry, names: Mapping[int, str], users: Mapping[int, str]) -> tuple[str, ...]:
    return (
        entry.recorded_at.isoformat(),
        "" if entry.site_id == audit.DEPLOYMENT else names.get(entry.site_id, ""),
        entry.actor_kind,
        who(entry, users),
        entry.action,
        entry.subject,
        orjson.dumps(entry.details).decode(),
    )
