"""``GET /consent/{site}/banner.js``, the files that it loads, and the notice as a page asks it."""

from typing import Any

import orjson
from aiohttp import web

from consent.banner import files, store
from consent.banner.files import File
from consent.banner.view import view
from consent.notices.document import Consequence, Kind
from consent.notices.shelf import SHELF, Edition, Published
from consent.public import FOR_EVER, SITE, site_of
from service import clock, db, errors
from service.db import Pool
from service.sites import Site

routes = web.RouteTableDef()

# How long a page may ask under a notice that has just been replaced; it hears so when it posts.
LOADER_SECONDS = 300
HONOURED_SINCE = "2026-11-24"
ANYONE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
DIGEST = "{sha256:[0-9a-f]{64}}"


class NoBanner(errors.NotFound):
    """This site has no cookie notice in force that is drawn by a banner of ours."""


class UnknownFile(errors.NotFound):
    """There is no such file of the banner."""


@routes.get("/.well-known/gpc.json")
async def control(_request: web.Request) -> web.Response:
    """That Global Privacy Control is honoured (W3C), and since when."""
    return web.Response(
        body=orjson.dumps({"gpc": True, "lastUpdate": HONOURED_SINCE}),
        content_type="application/json",
        headers=ANYONE,
    )


@routes.get(f"/consent/{SITE}/banner.js")
async def loader(request: web.Request) -> web.Response:
    """The one script that a blog names."""
    site = site_of(request)
    published = await request.app[SHELF].published(site.id)
    edition = published.current(Kind.COOKIE, clock.now())
    if edition is None:
        raise NoBanner
    settings = await _settings(request.app[db.POOL], site, published, edition)
    response = web.Response(
        text=files.loader(settings),
        content_type="text/javascript",
        charset="utf-8",
        headers={"Cache-Control": f"public, max-age={LOADER_SECONDS}", **ANYONE},
    )
    response.enable_compression()
    return response


async def _settings(
    pool: Pool, site: Site, published: Published, edition: Edition
) -> dict[str, Any]:
    asked, told = _counted(published)
    return {
        "notice": edition.sha256,
        "languages": sorted(edition.notice.texts),
        "language": site.main_language,
        "fallback": edition.notice.fallback_language,
        "asked": asked,
        "told": told,
        "library": _reference(await _named(pool, edition.digests.bundle)),
        "style": _reference(await _named(pool, edition.digests.css)),
        "adapter": _reference(files.adapter()),
        "parts": {name: _reference(files.part(name)) for name in files.LATER},
        "edition": files.edition(),
    }


def _counted(published: Published) -> tuple[int, int]:
    """How often visitors were to be asked so far, and how often to be asked or told.

    Whoever decided when the first was smaller is asked again; when the second was, they are told.
    """
    now = clock.now()
    consequences = [
        each.notice.consequence
        for each in published.editions
        if each.kind is Kind.COOKIE and each.row.effective_from <= now
    ]
    asked = consequences.count(Consequence.ASK_AGAIN)
    return asked, asked + consequences.count(Consequence.NOTIFY)


def _reference(file: File) -> dict[str, str]:
    return {"name": file.name, "integrity": file.integrity}


async def _named(pool: Pool, sha256: str | None) -> File:
    """Raises ``NoBanner`` for what is not ours: the operator's own banner drew this notice."""
    file = await _found(pool, sha256) if sha256 else None
    if file is None:
        raise NoBanner
    return file


async def _found(pool: Pool, sha256: str) -> File | None:
    if (file := files.built_in(sha256)) is not None:
        return file
    async with db.connection(pool) as conn:
        kept = await store.kept_file(conn, bytes.fromhex(sha256))
    return File(*kept) if kept else None


@routes.get(f"/consent/{SITE}/banner/{DIGEST}.{{kind:js|css}}")
async def file(request: web.Request) -> web.Response:
    """For ever what its address says."""
    site_of(request)
    found = await _found(request.app[db.POOL], request.match_info["sha256"])
    if found is None or found.kind != request.match_info["kind"]:
        raise UnknownFile
    headers = {**FOR_EVER, **ANYONE, "Vary": "Accept-Encoding"}
    content = found.content
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        content = files.compressed(content)
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=content, content_type=files.KINDS[found.kind], charset="utf-8", headers=headers
    )


@routes.get(f"/consent/{SITE}/notices/{DIGEST}/banner")
async def asked(request: web.Request) -> web.Response:
    """What the notice says in one language, as far as a banner says it."""
    site = site_of(request)
    published = await request.app[SHELF].published(site.id)
    edition = published.get(request.match_info["sha256"])
    if edition is None or edition.kind is not Kind.COOKIE:
        raise NoBanner
    shown = view(edition, request.query.get("lang", site.main_language))
    response = web.Response(
        body=orjson.dumps(shown, default=str),  # markup is a kind of text
        content_type="application/json",
        headers={**FOR_EVER, **ANYONE},
    )
    response.enable_compression()
    return response
