"""The page ``/notices``: every version there is, and publishing a new one after a preview.

What is previewed is the canonical document with all that was left to us filled in, and just that
is published: nobody signs anything but what they saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from consent.ledger.batching import LEDGER
from consent.notices import canonical, publishing, reading
from consent.notices.document import ChangeClass, Kind, Notice, Texts
from consent.notices.publishing import NoticeContested, Publisher
from consent.notices.reading import MalformedNotice, RefusedNotice
from consent.notices.shelf import Edition, Published
from consent.pages import asking, store, words, writing
from consent.pages.writing import CONTROLLER
from service import clock, errors
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, connection
from service.http import BODY_LIMIT_BYTES
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, page
from service.sites import Site

HERE = "/notices"
DIGEST = "{sha256:[0-9a-f]{64}}"

routes = web.RouteTableDef()
frame.NAVIGATION.append(frame.Place(HERE, message("Notices"), Role.AUDITOR))


class NoSuchNotice(errors.NotFound):
    """There is no such notice of this site."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A notice as somebody reads it in one language."""

    language: str
    name: str
    texts: Texts
    body: Markup
    objection: Markup
    digest: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """All versions of one kind, the newest first."""

    kind: Kind
    editions: Sequence[Edition]
    in_force: str | None


@routes.get(HERE)
@page(Role.AUDITOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    sites = asking.readable(request, session)
    site = asking.chosen(sites, request.query.get("site", ""))
    published = await _published(request, site)
    return _render(
        "notices.html",
        session,
        sites=sites,
        site=site,
        shelves=[_shelf(published, kind) for kind in Kind],
        may_publish=session.account.may(Role.ADMINISTRATOR, site.id),
        done=published.get(request.query.get("published", "")),
    )


@routes.get(f"{HERE}/new")
@page(Role.ADMINISTRATOR)
async def begin(request: web.Request, session: Session) -> web.StreamResponse:
    """From the newest version; else from a draft, once it is known who is responsible."""
    site = _administered(request, session, request.query)
    kind = _kind(request.query)
    published = await _published(request, site)
    started = writing.started(kind, published)
    if started is None:
        return _render("notice_start.html", session, site=site, kind=kind, fields=CONTROLLER)
    return _editor(session, site, kind, started)


@routes.post(f"{HERE}/draft")
@page(Role.ADMINISTRATOR)
async def draft(request: web.Request, session: Session) -> web.StreamResponse:
    form = request[FORM]
    site, kind = _administered(request, session, form), _kind(form)
    controller = {name: str(form.get(name, "")).strip() for name in CONTROLLER}
    return _editor(session, site, kind, writing.drafted(kind, controller))


@routes.post(f"{HERE}/preview")
@page(Role.ADMINISTRATOR, form_bytes=BODY_LIMIT_BYTES, with_files=True)
async def preview(request: web.Request, session: Session) -> web.StreamResponse:
    form = request[FORM]
    site, kind = _administered(request, session, form), _kind(form)
    if form.get("edit"):
        return _editor(session, site, kind, str(form.get("document", "")))
    raw = writing.document_in(form)
    published = await _published(request, site)
    try:
        notice = reading.read(raw, site.name, published, clock.now())
    except (MalformedNotice, RefusedNotice) as error:
        return _editor(session, site, kind, writing.text_of(raw), writing.sentences(error, raw))
    async with connection(request.app[POOL]) as conn:
        consents = await store.consents_in_force(conn, site.id, str(notice.kind))
    document = canonical.document_of(notice)
    return _render(
        "notice_preview.html",
        session,
        site=site,
        notice=notice,
        digest=canonical.digest(document),
        document=document.decode(),
        spoken=_spoken(notice),
        consents=consents,
        asks_again=notice.change_class in {ChangeClass.INITIAL, ChangeClass.NEW_PROCESSING},
    )


@routes.post(f"{HERE}/publish")
@page(Role.ADMINISTRATOR, form_bytes=BODY_LIMIT_BYTES)
async def publish(request: web.Request, session: Session) -> web.StreamResponse:
    form = request[FORM]
    site, kind = _administered(request, session, form), _kind(form)
    raw = writing.document_in(form)
    by = Publisher(ActorKind.USER, str(session.account.id))
    try:
        async with connection(request.app[POOL]) as conn:
            edition = await publishing.publish(
                conn, site, request.app[LEDGER].origin(site), raw, by
            )
    except (MalformedNotice, RefusedNotice, NoticeContested) as error:
        return _editor(session, site, kind, writing.text_of(raw), writing.sentences(error, raw))
    raise web.HTTPSeeOther(f"{HERE}?{urlencode({'site': site.name, 'published': edition.sha256})}")


@routes.get(f"{HERE}/{{site}}/{DIGEST}")
@page(Role.AUDITOR)
async def show_version(request: web.Request, session: Session) -> web.StreamResponse:
    site = asking.chosen(asking.readable(request, session), request.match_info["site"])
    published = await _published(request, site)
    edition = published.get(request.match_info["sha256"])
    if edition is None:
        raise NoSuchNotice
    current = published.current(edition.kind, clock.now())
    return _render(
        "notice_version.html",
        session,
        site=site,
        edition=edition,
        notice=edition.notice,
        spoken=_spoken(edition.notice),
        in_force=current is not None and current.sha256 == edition.sha256,
    )


def _editor(
    session: Session, site: Site, kind: Kind, text: str, said: Sequence[str] = ()
) -> web.Response:
    return _render(
        "notice_editor.html", session, site=site, kind=kind, document=text, sentences=said
    )


def _render(template: str, session: Session, **values: Any) -> web.Response:
    return frame.render(
        template,
        language=session.account.language,
        session=session,
        here=HERE,
        kinds=words.KINDS,
        changes=words.CHANGES,
        consequences=words.CONSEQUENCES,
        **values,
    )


def _administered(request: web.Request, session: Session, given: Mapping[str, str]) -> Site:
    sites = asking.readable(request, session, Role.ADMINISTRATOR)
    return asking.chosen(sites, str(given.get("site", "")))


def _kind(given: Mapping[str, str]) -> Kind:
    kind = str(given.get("kind", ""))
    return Kind(kind) if kind in set(Kind) else Kind.COOKIE


async def _published(request: web.Request, site: Site) -> Published:
    """From the database, not from memory: who publishes must see what was published just now."""
    async with connection(request.app[POOL]) as conn:
        return await publishing.all_of(conn, site.id)


def _shelf(published: Published, kind: Kind) -> Shelf:
    current = published.current(kind, clock.now())
    editions = [each for each in reversed(published.editions) if each.kind is kind]
    return Shelf(kind, editions, current.sha256 if current else None)


def _spoken(notice: Notice) -> list[Spoken]:
    """The fallback language first."""
    languages = sorted(notice.texts, key=lambda each: (each != notice.fallback_language, each))
    return [
        Spoken(
            language,
            frame.OWN_NAMES.get(language, language),
            notice.texts[language],
            # What is read here passed a grammar that leaves nothing to the browser.
            Markup(notice.texts[language].body_html),  # noqa: S704
            Markup(notice.texts[language].objection_html),  # noqa: S704
            canonical.text_digest(notice, language),
        )
        for language in languages
    ]
