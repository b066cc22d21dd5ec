"""Templates in the reader's language, under one policy."""

import gettext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from service.accounts.administration import DEFAULT_LANGUAGE, LANGUAGES
from service.accounts.values import Account, Role, Session
from service.pages.files import address_of

FOLDER = Path(__file__).parent
DOMAIN = "gatehouse"
TRANSLATIONS = FOLDER / "translations"
OWN_NAMES = {"de": "Deutsch", "en": "English", "ru": "Русский"}
# How a moment is written where no script makes it local: always UTC.
MOMENTS = {"de": "%d.%m.%Y, %H:%M UTC", "en": "%d %b %Y, %H:%M UTC", "ru": "%d.%m.%Y, %H:%M UTC"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",  # what is behind a sign-in stays in no cache
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
    # Without any referrer, browsers send forms with the origin "null".
    "Referrer-Policy": "same-origin",
}

# The language of the request that is being answered, for pages about what went wrong.
SPOKEN: ContextVar[str] = ContextVar("SPOKEN", default=DEFAULT_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the navigation leads; ``title`` is a message id."""

    path: str
    title: str
    role: Role


NAVIGATION: list[Place] = []
_FOLDERS: list[Path] = [FOLDER / "templates"]


def message(text: str) -> str:
    """Mark a sentence that a template translates later: the catalogue is made from these."""
    return text


def add_templates(folder: Path) -> None:
    """Templates of another package; their names must differ from all others."""
    _FOLDERS.append(folder)
    environment.cache_clear()


def render(
    template: str,
    *,
    language: str,
    session: Session | None = None,
    here: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    **values: object,
) -> web.Response:
    """``values`` are escaped by the template, whatever they are."""
    account = session.account if session else None
    text = (
        environment(language)
        .get_template(template)
        .render(
            language=language,
            languages=OWN_NAMES,
            session=session,
            account=account,
            navigation=_places(account),
            here=here,
            static=address_of,
            **values,
        )
    )
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def _places(account: Account | None) -> list[Place]:
    return [place for place in NAVIGATION if account and account.has(place.role)]


@lru_cache(maxsize=8)
def environment(language: str) -> Environment:
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in _FOLDERS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = translations_of(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension
        translations.gettext, translations.ngettext, newstyle=True
    )
    made.filters["moment"] = lambda moment: written_moment(moment, language)
    return made


@lru_cache(maxsize=8)
def translations_of(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, TRANSLATIONS, [language], fallback=True)


def written_moment(moment: datetime, language: str) -> str:
    return moment.astimezone(UTC).strftime(MOMENTS[language])


def preferred_language(request: web.Request) -> str:
    """The first language of ours that the browser asks for."""
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        primary = part.split(";")[0].strip().lower().split("-")[0]
        if primary in LANGUAGES:
            return primary
    return DEFAULT_LANGUAGE
