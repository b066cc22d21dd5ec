"""The demonstration blog's one page: a post with other people's content, comments, a form."""

import json
import time
from collections.abc import AsyncIterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from markupsafe import Markup

from consent.notices.document import Kind
from consent.notices.shelf import SHELF, Edition, Published
from moderation.demo.commenting import Outcome, comment_on, field
from service import clock, errors, http
from service.limits import NetworkLimit
from service.pages import frame
from service.pages.guard import FORM, open_page
from service.sites import DIRECTORY, Site
from service.start import DEMO_NAME, DEMO_URL

routes = web.RouteTableDef()
LIMIT = web.AppKey("DEMO_LIMIT", NetworkLimit)
PER_MINUTE = 20
FIELDS = ("text", "author", "email", "url")

# Nothing inline; of others only what a visitor may allow.
POLICY = (
    f"{frame.POLICY}; frame-src https://www.youtube-nocookie.com https://www.facebook.com"
).replace("img-src 'self' data:", "img-src 'self' data: https://secure.gravatar.com")


class NoDemonstration(errors.NotFound):
    """The demonstration site is not here any more."""


class TooManyComments(errors.Throttled):
    """Too many comments come from your network; try again in a minute."""


async def limit_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: comments are counted in the memory of this process."""
    app[LIMIT] = NetworkLimit(PER_MINUTE, 60.0, TooManyComments)
    yield


@routes.get("/demo")
@open_page
async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request, _site(request), _language(request))


@routes.post("/demo")
@open_page
async def comment(request: web.Request) -> web.StreamResponse:
    """Judge what was written, and say so on the page that it was written on."""
    site, language, form = _site(request), _language(request), request[FORM]
    request.app[LIMIT].require(http.client_address(request), time.monotonic())
    if not field(form, "text"):
        return await _page(request, site, language, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    notice = _notice(await request.app[SHELF].published(site.id), Kind.COMMENT_PROCESSING)
    shown = notice.sha256 if notice else None
    outcome = await comment_on(request, site, form, language, shown)
    return await _page(request, site, language, outcome=outcome)


def _site(request: web.Request) -> Site:
    """Raises ``NoDemonstration``; an operator's own site of that name is none."""
    site = request.app[DIRECTORY].site(DEMO_NAME)
    if site is None or site.url != DEMO_URL:
        raise NoDemonstration
    return site


def _language(request: web.Request) -> str:
    wanted = request.query.get("lang", "")
    return wanted if wanted in texts() else frame.preferred_language(request)


async def _page(
    request: web.Request,
    site: Site,
    language: str,
    *,
    outcome: Outcome | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    published = await request.app[SHELF].published(site.id)
    cookies, processing = (
        _notice(published, kind) for kind in (Kind.COOKIE, Kind.COMMENT_PROCESSING)
    )
    response = frame.render(
        "demo.html",
        language=language,
        status=status,
        site=site,
        said=texts()[language],
        outcome=outcome,
        form={name: "" if outcome else field(request.get(FORM, {}), name) for name in FIELDS},
        missing=status is HTTPStatus.UNPROCESSABLE_ENTITY,
        no_script=_no_script(cookies, language),
        processing=_explained(processing, language),
    )
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _notice(published: Published, kind: Kind) -> Edition | None:
    return published.current(kind, clock.now())


def _no_script(edition: Edition | None, language: str) -> str:
    return edition.notice.texts[edition.notice.language(language)].no_script if edition else ""


def _explained(edition: Edition | None, language: str) -> dict[str, Any] | None:
    """The notice of how comments are processed, as the form shows it."""
    if edition is None:
        return None
    spoken = edition.notice.language(language)
    said = edition.notice.texts[spoken]
    return {
        "sha256": edition.sha256,
        "version": edition.notice.version,
        "language": spoken,
        "title": said.title,
        # Checked against a small grammar when it was published.
        "body": Markup(said.body_html),  # noqa: S704
        "objection": Markup(said.objection_html),  # noqa: S704
    }


@cache
def texts() -> dict[str, dict[str, Any]]:
    """What the blog says, by language."""
    folder = Path(__file__).parent / "texts"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
