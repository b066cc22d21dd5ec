"""The page ``/consent-log``: entries, one entry with its proof, and exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from consent.export import filters, sending
from consent.export import store as exports
from consent.export.recording import Exporter
from consent.ledger import store as ledger
from consent.ledger.store import Entry, Head
from consent.notices import publishing
from consent.notices.shelf import SHELF
from consent.pages import asking, proving, words
from consent.pages.asking import Asked
from service import audit, errors
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, Connection, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, page
from service.sites import Site

HERE = "/consent-log"
PAGE_ENTRIES = 50
SCANNED = 10_000  # entries looked at for one page, however few of them are wanted
ENTRY = f"{HERE}/{{site}}/{{epoch:[1-9][0-9]{{0,5}}}}/{{index:[0-9]{{1,15}}}}"

routes = web.RouteTableDef()
frame.NAVIGATION.append(frame.Place(HERE, message("Consent log"), Role.AUDITOR))


class NoSuchEntry(errors.NotFound):
    """There is no such entry in the log."""


class NoReason(errors.Unprocessable):
    """Say why you export: it stands in the log."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry in a list."""

    epoch: int
    index: int
    recorded_at: datetime
    type: str
    leaf: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a log; ``before`` continues it, and ``searched`` says that too little was found."""

    entries: Sequence[Listed]
    before: int | None = None
    searched: bool = False


@routes.get(HERE)
@page(Role.AUDITOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    question = asking.asked(request, session, request.query)
    published = await request.app[SHELF].published(question.site.id)
    async with connection(request.app[POOL]) as conn:
        heads = await ledger.epochs(conn, question.site.id)
        head = _head(heads, request.query.get("epoch", ""))
        part = await _part(conn, question, head, request.query.get("before", ""))
        await _note(conn, session, question.site, filters.described(question.wanted))
    return frame.render(
        "consent_log.html",
        language=session.account.language,
        session=session,
        here=HERE,
        question=question,
        part=part,
        head=head,
        heads=heads,
        purposes=sorted(
            {each.id for edition in published.editions for each in edition.notice.purposes}
        ),
        types=words.TYPES,
        states=words.STATES,
        kinds=words.KINDS,
        forms=words.FORM_NAMES,
        may_publish=session.account.may(Role.ADMINISTRATOR, question.site.id),
    )


@routes.get(ENTRY)
@page(Role.AUDITOR)
async def show_entry(request: web.Request, session: Session) -> web.StreamResponse:
    site, entry, proven = await _entry(request, session)
    async with connection(request.app[POOL]) as conn:
        published = await publishing.all_of(conn, site.id)
        opening = await ledger.opening(conn, site.id, entry.epoch, entry.index)
        following = await exports.entry_at(conn, site.id, entry.epoch, entry.index + 1)
    leaf = orjson.loads(entry.leaf)
    return frame.render(
        "consent_entry.html",
        language=session.account.language,
        session=session,
        here=HERE,
        site=site,
        entry=entry,
        leaf=leaf,
        pretty=orjson.dumps(leaf, option=orjson.OPT_INDENT_2).decode(),
        proven=proven,
        edition=published.get((leaf["notice"] or {}).get("sha256", "")),
        is_open=opening is not None,
        has_next=following is not None,
        types=words.TYPES,
        states=words.STATES,
        kinds=words.KINDS,
    )


@routes.get(f"{ENTRY}/proof")
@page(Role.AUDITOR)
async def download_proof(request: web.Request, session: Session) -> web.StreamResponse:
    """As a C2SP ``.tlog-proof`` with the leaf; what its commitments open to is not in it."""
    site, entry, proven = await _entry(request, session)
    if proven.proof is None:
        raise NoSuchEntry
    name = f"{site.name}-{entry.epoch}-{entry.index}.tlog-proof"
    headers = {**frame.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=proven.proof.file(entry), content_type="text/plain", headers=headers)


@routes.post(f"{HERE}/export")
@page(Role.AUDITOR)
async def export(request: web.Request, session: Session) -> web.StreamResponse:
    """What the filter of the page shows, as a file."""
    form = request[FORM]
    question = asking.asked(request, session, form)
    reason = form.get("reason", "").strip()[: sending.LONGEST_REASON]
    if not reason:
        raise NoReason
    exporter = Exporter(ActorKind.USER, str(session.account.id), reason)
    return await sending.send(
        request, question.site, form.get("format", ""), question.wanted, exporter
    )


async def _entry(request: web.Request, session: Session) -> tuple[Site, Entry, proving.Proven]:
    """The entry that the address names.  Raises ``NoSuchConsentSite`` or ``NoSuchEntry``."""
    named = request.match_info
    site = asking.chosen(asking.readable(request, session), named["site"])
    epoch, index = int(named["epoch"]), int(named["index"])
    async with connection(request.app[POOL]) as conn:
        entry = await exports.entry_at(conn, site.id, epoch, index)
        if entry is None:
            raise NoSuchEntry
        await _note(conn, session, site, {"epoch": epoch, "entry": index})
        return site, entry, await proving.proven(request, conn, site, entry)


def _head(heads: Sequence[Head], epoch: str) -> Head | None:
    """Of the epoch that is named, else of the newest; None where there is no log."""
    named = [head for head in heads if str(head.epoch) == epoch]
    return (named or [*heads])[-1] if heads else None


async def _part(conn: Connection, question: Asked, head: Head | None, before: str) -> Part:
    if head is None:
        return Part([])
    low, high = await _bounds(conn, question, head)
    if before.isascii() and before.isdecimal() and len(before) < 16:  # noqa: PLR2004  (bigint)
        high = min(high, int(before))
    start = max(low, high - SCANNED)
    rows = await exports.newest(
        conn, question.site.id, head.epoch, (start, high), question.wanted, PAGE_ENTRIES + 1
    )
    shown = [
        Listed(row.epoch, row.index, row.recorded_at, row.type, orjson.loads(row.leaf))
        for row in rows[:PAGE_ENTRIES]
    ]
    if len(rows) > PAGE_ENTRIES:
        return Part(shown, shown[-1].index)
    return Part(shown, start if start > low else None, searched=start > low)


async def _bounds(conn: Connection, question: Asked, head: Head) -> tuple[int, int]:
    """The entries ``[low, high)`` of the period."""
    site_id, wanted = question.site.id, question.wanted
    low, high = 0, head.size
    if wanted.since is not None:
        low = await exports.first_at(conn, site_id, head.epoch, wanted.since, head.size)
    if wanted.until is not None:
        high = await exports.first_at(conn, site_id, head.epoch, wanted.until, head.size)
    return low, high


async def _note(
    conn: Connection, session: Session, site: Site, details: Mapping[str, object]
) -> None:
    await audit.append(
        conn,
        site.id,
        ActorKind.USER,
        str(session.account.id),
        "consent.read",
        site.name,
        details,
    )
