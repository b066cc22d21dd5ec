"""What anyone may ask of a log: checkpoint, tiles, keys, and a receipt by its id."""

from uuid import UUID

import orjson
from aiohttp import web

from consent import cors, merkle
from consent.ledger import pages, profiles, proofs, receipts, signing, store
from consent.ledger.receipts import Receipt
from consent.ledger.signing import NoLog
from consent.ledger.store import Head
from consent.notices.shelf import SHELF
from consent.public import FOR_EVER, NO_STORE, SITE, site_of
from service import db, errors
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.sites import Site

routes = web.RouteTableDef()

EPOCH = "/epochs/{epoch:[1-9][0-9]{0,5}}"
ID = "{id:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}"
ANYONE = {"Access-Control-Allow-Origin": "*"}  # a monitor may be a page


class UnknownReceipt(errors.NotFound):
    """There is no such receipt here."""


class UnknownTile(errors.NotFound):
    """There is no such tile, or not yet."""


class UnknownFormat(errors.Invalid):
    """format is json, tlog-proof, dpv, kantara or html."""


@routes.get(f"/consent/{SITE}/checkpoint")
@routes.get(f"/consent/{SITE}{EPOCH}/checkpoint")
async def checkpoint(request: web.Request) -> web.Response:
    site = site_of(request)
    secrets, settings = request.app[SECRETS], request.app[SETTINGS]
    async with db.connection(request.app[db.POOL]) as conn:
        if "epoch" in request.match_info:
            epoch = int(request.match_info["epoch"])
            row = await store.newest_checkpoint(conn, site.id, epoch)
        else:
            row = await signing.recent(conn, secrets, settings.data_dir, site)
    if row is None:
        raise NoLog
    return _text(row.note, {**NO_STORE, **ANYONE})


@routes.get(f"/consent/{SITE}/keys")
async def keys(request: web.Request) -> web.Response:
    site = site_of(request)
    async with db.connection(request.app[db.POOL]) as conn:
        found = await signing.verifiers(conn, site.id)
    return _text("".join(f"{each.vkey}\n" for each in found), {**NO_STORE, **ANYONE})


@routes.get(f"/consent/{SITE}/tile/{{level:[0-9]}}/{{path:[0-9x/.p]{{1,60}}}}")
@routes.get(f"/consent/{SITE}{EPOCH}/tile/{{level:[0-9]}}/{{path:[0-9x/.p]{{1,60}}}}")
async def tile(request: web.Request) -> web.Response:
    site = site_of(request)
    wanted = merkle.tile_at(request.match_info["level"], request.match_info["path"])
    async with db.connection(request.app[db.POOL]) as conn:
        head = await _head(request, conn, site)
        signed = await store.newest_checkpoint(conn, site.id, head.epoch)
        if wanted is None or signed is None or not wanted.is_in(signed.size):
            raise UnknownTile
        content = await proofs.tile(conn, site.id, head.epoch, wanted)
    return web.Response(
        body=content,
        content_type="application/octet-stream",
        headers={**FOR_EVER, **ANYONE},
    )


async def _head(request: web.Request, conn: db.Connection, site: Site) -> Head:
    """Of the epoch that the address names, else of the newest.  Raises ``NoLog``."""
    epochs = await store.epochs(conn, site.id)
    wanted = request.match_info.get("epoch")
    if wanted is not None:
        epochs = [each for each in epochs if each.epoch == int(wanted)]
    if not epochs:
        raise NoLog
    return epochs[-1]


@routes.get(f"/consent/{SITE}/receipts/{ID}")
async def receipt(request: web.Request) -> web.Response:
    """Whoever knows the id, which nobody can guess, may have it."""
    site = site_of(request)
    origin = cors.allowed_origin(request, site)
    form = request.query.get("format", "json")
    if form not in FORMATS:
        raise UnknownFormat
    found = await _receipt(request, site)
    response = FORMATS[form](request, found)
    response.headers.update({**NO_STORE, **cors.headers(origin)})
    return response


async def _receipt(request: web.Request, site: Site) -> Receipt:
    published = await request.app[SHELF].published(site.id)
    secrets, settings = request.app[SECRETS], request.app[SETTINGS]
    async with db.connection(request.app[db.POOL]) as conn:
        entry = await store.entry_of_receipt(conn, site.id, UUID(request.match_info["id"]))
        if entry is None:
            raise UnknownReceipt
        return await receipts.receipt(conn, secrets, settings.data_dir, site, published, entry)


def _json(_request: web.Request, found: Receipt) -> web.Response:
    return _as_json(receipts.in_json(found), "application/json")


def _proof(_request: web.Request, found: Receipt) -> web.Response:
    name = f'attachment; filename="{found.entry.receipt_id}.tlog-proof"'
    return _text(receipts.tlog_proof(found), {"Content-Disposition": name})


def _dpv(_request: web.Request, found: Receipt) -> web.Response:
    return _as_json(profiles.dpv_receipt(found), "application/ld+json")


def _kantara(_request: web.Request, found: Receipt) -> web.Response:
    return _as_json(profiles.kantara_receipt(found), "application/json")


def _page(request: web.Request, found: Receipt) -> web.Response:
    return pages.receipt_page(found, request.query.get("lang", ""))


FORMATS = {
    "json": _json,
    "tlog-proof": _proof,
    "dpv": _dpv,
    "kantara": _kantara,
    "html": _page,
}


def _text(text: str, headers: dict[str, str]) -> web.Response:
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)


def _as_json(value: object, kind: str) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type=kind)
