"""Notices for anyone: every version by its digest, and the one in force with a token."""

import msgspec
import orjson
from aiohttp import web

from consent import cors
from consent.counts import SHOWN
from consent.ledger.pages import notice_page
from consent.notices import tokens
from consent.notices.answers import stamp
from consent.notices.document import Kind
from consent.notices.shelf import SHELF, Edition
from consent.public import FOR_EVER, NO_STORE, SITE, site_of
from service import clock, errors
from service.sites import Site

routes = web.RouteTableDef()


class UnknownNotice(errors.NotFound):
    """There is no such notice of this site."""


class UnknownKind(errors.Invalid):
    """kind is cookie, comment_processing, privacy_policy or terms."""


@routes.get(f"/consent/{SITE}/notices/{{sha256:[0-9a-f]{{64}}}}")
async def notice(request: web.Request) -> web.Response:
    """The canonical bytes, whose digest is the address: good for ever; or a page to read."""
    site = site_of(request)
    published = await request.app[SHELF].published(site.id)
    found = published.get(request.match_info["sha256"])
    if found is None:
        raise UnknownNotice
    if request.query.get("format") == "html":
        return notice_page(found, _wanted(request, site))
    return web.Response(
        body=found.document,
        content_type="application/json",
        headers={**FOR_EVER, "Access-Control-Allow-Origin": "*"},
    )


@routes.get(f"/consent/{SITE}/notices/{{sha256:[0-9a-f]{{64}}}}/texts")
async def texts(request: web.Request) -> web.Response:
    """What the notice says in one language, for a page that shows it; good for ever, too."""
    site = site_of(request)
    published = await request.app[SHELF].published(site.id)
    found = published.get(request.match_info["sha256"])
    if found is None:
        raise UnknownNotice
    language = found.notice.language(_wanted(request, site))
    said = msgspec.to_builtins(found.notice.texts[language])
    head = {"notice": found.sha256, "language": language, "version": found.notice.version}
    return web.Response(
        body=orjson.dumps({**head, **said}),
        content_type="application/json",
        headers={**FOR_EVER, "Access-Control-Allow-Origin": "*"},
    )


@routes.get(f"/consent/{SITE}/current")
async def current(request: web.Request) -> web.Response:
    """The notice in force, and a token by which its reader may consent; or a page to read."""
    site = site_of(request)
    origin = cors.allowed_origin(request, site)
    edition = await in_force(request, site, kind_of(request.query.get("kind", Kind.COOKIE)))
    if request.query.get("format") == "html":
        return notice_page(edition, _wanted(request, site))
    language = edition.notice.language(_wanted(request, site))
    request.app[SHOWN].note(site.id, edition, language)
    body = _current(site, edition, language, whole=request.query.get("document") != "none")
    return web.Response(
        body=body,
        content_type="application/json",
        headers={**NO_STORE, **cors.headers(origin)},
    )


async def in_force(request: web.Request, site: Site, kind: Kind) -> Edition:
    """Raises ``UnknownNotice``."""
    published = await request.app[SHELF].published(site.id)
    edition = published.current(kind, clock.now())
    if edition is None:
        raise UnknownNotice
    return edition


def kind_of(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise UnknownKind from None


def _wanted(request: web.Request, site: Site) -> str:
    """The language of the page, which says it; else that of the site."""
    return request.query.get("lang", site.main_language)


def _current(site: Site, edition: Edition, language: str, *, whole: bool) -> bytes:
    now = clock.now()
    head = {
        "notice": edition.sha256,
        "kind": edition.kind,
        "version": edition.notice.version,
        "lang": language,
        "text_sha256": edition.digests.texts[language],
        "consequence": edition.notice.consequence,
        "token": tokens.issue(site, edition.sha256, language, now),
        "token_expires_at": stamp(now + tokens.LIFETIME),
    }
    if not whole:
        return orjson.dumps(head)
    # The document is put in byte for byte: whoever wants to can hash what they were shown.
    return orjson.dumps(head)[:-1] + b',"document":' + edition.document + b"}"
