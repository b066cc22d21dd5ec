"""For auditors with a token: entries, numbers and exports.  Every read is in the audit trail."""

from dataclasses import asdict
from datetime import date, timedelta

import orjson
from aiohttp import web

from consent import counts
from consent.export import filters, sending, store
from consent.export.recording import Exporter
from consent.export.sending import KINDS, LONGEST_REASON
from consent.ledger import store as ledger
from consent.ledger.signing import NoLog
from consent.notices.document import Kind
from consent.notices.endpoints import kind_of
from consent.public import NO_STORE
from service import audit, auth, clock, db, errors
from service.auth import Caller
from service.tokens import Scope

routes = web.RouteTableDef()

PAGE = 500  # entries of one answer
LONGEST_SPAN = timedelta(days=366)
USUAL_SPAN = timedelta(days=30)


class BadStart(errors.Invalid):
    """after is the index of an entry."""


class BadSpan(errors.Unprocessable):
    """from and to are days like 2026-11-24, at most 366 of them."""


@routes.get("/v1/consent/entries")
async def entries(request: web.Request) -> web.Response:
    """Leaves in their order, as lines; ``X-Next-After`` continues where this answer ends."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_READ)
    wanted = filters.filter_from(request.query)
    start = _start(request.query.get("after", ""))
    async with db.connection(request.app[db.POOL]) as conn:
        head = await ledger.head(conn, caller.site.id)
        if head is None:
            raise NoLog
        end = min(start + PAGE, head.size)
        chunk = await store.lines(conn, caller.site.id, head.epoch, (start, end), wanted)
        await _note(conn, caller, filters.described(wanted))
    following = {"X-Next-After": str(end - 1)} if end < head.size else {}
    return web.Response(
        text=chunk.text, content_type=KINDS["jsonl"], headers={**NO_STORE, **following}
    )


@routes.get("/v1/consent/numbers")
async def numbers(request: web.Request) -> web.Response:
    """By day: how often a kind of notice was handed out, and what was decided."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_READ)
    kind = kind_of(request.query.get("kind", Kind.COOKIE))
    since, until = _span(request.query.get("from", ""), request.query.get("to", ""))
    async with db.connection(request.app[db.POOL]) as conn:
        found = await counts.read(conn, caller.site.id, kind, since, until, "day")
        await _note(conn, caller, {"numbers": kind, "from": str(since), "to": str(until)})
    days = [{"day": row.pop("first_day"), **row} for row in map(asdict, found)]
    return web.Response(
        body=orjson.dumps({"kind": kind, "days": days}),
        content_type="application/json",
        headers=NO_STORE,
    )


@routes.get("/v1/consent/export")
async def export(request: web.Request) -> web.StreamResponse:
    """A file, streamed; that it was made is an entry of the log before it begins."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_READ)
    wanted = filters.filter_from(request.query)
    reason = request.query.get("reason", "")[:LONGEST_REASON]
    exporter = Exporter(caller.actor_kind, caller.actor, reason)
    form = request.query.get("format", "csv")
    return await sending.send(request, caller.site, form, wanted, exporter)


async def _note(conn: db.Connection, caller: Caller, details: dict[str, object]) -> None:
    site = caller.site
    await audit.append(
        conn, site.id, caller.actor_kind, caller.actor, "consent.read", site.name, details
    )


def _start(after: str) -> int:
    if not after:
        return 0
    if not (after.isascii() and after.isdecimal() and len(after) < 19):  # noqa: PLR2004  (bigint)
        raise BadStart
    return int(after) + 1


def _span(since: str, until: str) -> tuple[date, date]:
    """From the day ``since`` to before the day ``until``.  Raises ``BadSpan``."""
    try:
        last = date.fromisoformat(until) if until else clock.now().date() + timedelta(days=1)
        first = date.fromisoformat(since) if since else last - USUAL_SPAN
    except (ValueError, OverflowError):
        raise BadSpan from None
    if not timedelta(0) <= last - first <= LONGEST_SPAN:
        raise BadSpan
    return first, last
