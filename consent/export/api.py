"""For auditors with a token: entries, numbers and exports.  Every read is in the audit trail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from consent.export import bundles, filters, recording, rows, store
from consent.export.recording import Export, Exporter
from consent.export.store import Filter
from consent.ledger import store as ledger
from consent.ledger.signing import NoLog
from consent.public import NO_STORE
from service import audit, auth, db, errors
from service.auth import Caller
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.tokens import Scope

routes = web.RouteTableDef()

KINDS = {"csv": "text/csv", "jsonl": "application/x-ndjson", "bundle": "application/zip"}
PAGE = 500  # entries of one answer
LONGEST_REASON = 500
BLOCK_BYTES = 1 << 18
SCRATCH = "exports"


class UnknownForm(errors.Invalid):
    """format is csv, jsonl or bundle."""


class BadStart(errors.Invalid):
    """after is the index of an entry."""


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
        await _note(conn, caller, "consent.read", wanted)
    following = {"X-Next-After": str(end - 1)} if end < head.size else {}
    return web.Response(
        text=chunk.text, content_type=KINDS["jsonl"], headers={**NO_STORE, **following}
    )


@routes.get("/v1/consent/export")
async def export(request: web.Request) -> web.StreamResponse:
    """A file, streamed; that it was made is an entry of the log before it begins."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_READ)
    form = request.query.get("format", "csv")
    if form not in KINDS:
        raise UnknownForm
    wanted = filters.filter_from(request.query)
    reason = request.query.get("reason", "")[:LONGEST_REASON]
    exporter = Exporter(caller.actor_kind, caller.actor, reason)
    secrets, settings = request.app[SECRETS], request.app[SETTINGS]
    async with _unhurried(request) as conn:
        made = await recording.record(
            conn, secrets, settings.data_dir, caller.site, form, wanted, exporter
        )
        response = web.StreamResponse(headers={**NO_STORE, **_named(made)})
        response.content_type = KINDS[form]
        if form == "bundle":
            return await _send_bundle(request, response, conn, made)
        await response.prepare(request)
        async for part in (rows.csv if form == "csv" else rows.jsonl)(conn, made):
            await response.write(part.encode())
        await response.write_eof()
        return response


async def _send_bundle(
    request: web.Request, response: web.StreamResponse, conn: db.Connection, made: Export
) -> web.StreamResponse:
    folder = request.app[SETTINGS].data_dir / SCRATCH
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "bundle.zip"
        await bundles.write(conn, request.app[SECRETS], made, path)
        await response.prepare(request)
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                await response.write(block)
    await response.write_eof()
    return response


@asynccontextmanager
async def _unhurried(request: web.Request) -> AsyncIterator[db.Connection]:
    """A connection of its own: an export takes long and must not hold one of the pool's."""
    async with db.connected(request.app[db.DSN]) as conn:
        yield conn


def _named(made: Export) -> dict[str, str]:
    suffix = "zip" if made.form == "bundle" else made.form
    name = f"consent-{made.site.name}-{made.size}.{suffix}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


async def _note(conn: db.Connection, caller: Caller, action: str, wanted: Filter) -> None:
    await audit.append(
        conn,
        caller.site.id,
        caller.actor_kind,
        caller.actor,
        action,
        caller.site.name,
        filters.described(wanted),
    )


def _start(after: str) -> int:
    if not after:
        return 0
    if not (after.isascii() and after.isdecimal() and len(after) < 19):  # noqa: PLR2004  (bigint)
        raise BadStart
    return int(after) + 1
