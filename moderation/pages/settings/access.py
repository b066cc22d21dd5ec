"""Whose settings these are, and who may see or change them."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urlencode

from aiohttp import web

from service import errors
from service.accounts.values import Role, Session
from service.audit import Actor, ActorKind
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import NotYourRole
from service.sites import DIRECTORY, Site

HERE = "/settings"
QUOTED = message("“%(title)s”")


class NoSuchSite(errors.NotFound):
    """There is no such site, or its settings are not yours to see."""


class NotANumber(errors.Invalid):
    """A number was expected."""


def sites_of(request: web.Request, session: Session, role: Role) -> list[Site]:
    """Those on which they may do what ``role`` does, by name."""
    found = [site for site in request.app[DIRECTORY] if session.account.may(role, site.id)]
    return sorted(found, key=lambda site: site.name)


def shown_site(request: web.Request, session: Session) -> Site:
    """The site of the address.  Raises ``NoSuchSite``, of a site of others too."""
    site = request.app[DIRECTORY].site(request.match_info["site"])
    if site is None or not session.account.may(Role.MODERATOR, site.id):
        raise NoSuchSite
    return site


def changed_site(request: web.Request, session: Session) -> Site:
    """The site of the address, if they administer it.  Raises ``NoSuchSite`` or ``NotYourRole``."""
    site = shown_site(request, session)
    if not administers(session, site):
        raise NotYourRole
    return site


def administers(session: Session, site: Site) -> bool:
    return session.account.may(Role.ADMINISTRATOR, site.id)


def operates(session: Session) -> bool:
    """Whether they administer the whole service: only they let it reach addresses inside."""
    return session.account.may(Role.ADMINISTRATOR, None)


def actor(session: Session) -> Actor:
    return Actor(ActorKind.USER, str(session.account.id))


def done(site: Site, tab: str, what: str, anchor: str = "") -> web.Response:
    """Back to the page, which then says what was done."""
    path = f"{HERE}/{site.name}{f'/{tab}' if tab else ''}"
    fragment = f"#{anchor}" if anchor else ""
    location = f"{path}?{urlencode({'done': what})}{fragment}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})


def spoken(
    error: errors.ServiceError, session: Session, titles: Mapping[str, str] = MappingProxyType({})
) -> str:
    """What went wrong, in the reader's language; a setting is called by its title."""
    translate = frame.translations_of(session.account.language).gettext
    if not error.sentence or isinstance(error, errors.NotFound):
        return translate(error.title)  # what is not there, commands say in words of their own
    said = translate(error.sentence)
    values = {
        name: translate(QUOTED) % {"title": translate(titles[str(value)])}
        if str(value) in titles
        else value
        for name, value in error.values.items()
    }
    return said % values if values else said


def whole_number(text: str) -> int:
    """Raises ``NotANumber``."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004  (an integer)
        raise NotANumber
    return int(text)
