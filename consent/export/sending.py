"""An export on its way to a browser or program: recorded first, then streamed."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from consent.export import bundles, recording, rows
from consent.export.recording import Export, Exporter
from consent.export.store import Filter
from consent.public import NO_STORE
from service import db, errors
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.sites import Site

KINDS = {"csv": "text/csv", "jsonl": "application/x-ndjson", "bundle": "application/zip"}
LONGEST_REASON = 500
BLOCK_BYTES = 1 << 18
SCRATCH = "exports"


class UnknownForm(errors.Invalid):
    """format is csv, jsonl or bundle."""


async def send(
    request: web.Request, site: Site, form: str, wanted: Filter, exporter: Exporter
) -> web.StreamResponse:
    """The file; that it was made is an entry of the log before it begins.

    Raises ``UnknownForm``, and what ``recording.record`` raises.
    """
    if form not in KINDS:
        raise UnknownForm
    secrets, settings = request.app[SECRETS], request.app[SETTINGS]
    async with _unhurried(request) as conn:
        made = await recording.record(
            conn, secrets, settings.data_dir, site, form, wanted, exporter
        )
        response = web.StreamResponse(headers={**NO_STORE, **_named(made)})
        response.content_type = KINDS[form]
        if form == "bundle":
            return await _send_bundle(request, response, conn, made)
        await response.prepare(request)
        async with aclosing((rows.csv if form == "csv" else rows.jsonl)(conn, made)) as parts:
            async for part in parts:
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
