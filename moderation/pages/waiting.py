"""The page ``/account/waiting``: when a moderator is told by mail that comments wait."""

from functools import lru_cache
from http import HTTPStatus
from zoneinfo import available_timezones

from aiohttp import web

from moderation.waiting import Rhythm, store
from moderation.waiting.store import Wish
from service import clock, errors, mail
from service.accounts.values import Role, Session
from service.db import POOL, connection
from service.mail import normal_address
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.settings import SETTINGS

HERE = "/account/waiting"
NEVER = "never"
RHYTHMS = {
    NEVER: message("never"),
    Rhythm.HOURLY: message("every hour"),
    Rhythm.DAILY: message("once a day"),
    Rhythm.NUMBER: message("when more than a number wait"),
}
HOURS, NUMBERS = range(24), range(1, 1001)
DEFAULT_ZONES = {"de": "Europe/Berlin", "en": "UTC", "ru": "Europe/Moscow"}

routes = web.RouteTableDef()


class NoSuchWish(errors.Unprocessable):
    """Give an e-mail address, an hour, a number from 1 to 1000 and a time zone."""


@lru_cache
def zones() -> tuple[str, ...]:
    """Names of the time zones of the world, as this machine knows them."""
    return tuple(sorted({"UTC", *(name for name in available_timezones() if "/" in name)}))


@routes.get(HERE)
@page(Role.MODERATOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    async with connection(request.app[POOL]) as conn:
        wish = await store.find(conn, session.account.id)
    return _page(request, session, wish)


@routes.post(HERE)
@page(Role.MODERATOR)
async def choose(request: web.Request, session: Session) -> web.StreamResponse:
    try:
        wish = wished(request[FORM])
    except errors.ServiceError:
        return _page(request, session, None, NoSuchWish())
    async with connection(request.app[POOL]) as conn:
        if wish is None:
            await store.forget(conn, session.account.id)
        else:
            await store.keep(conn, session.account.id, wish, clock.now())
    raise web.HTTPSeeOther(f"{HERE}?done=1")


def wished(form: Form) -> Wish | None:
    """None is never.  Raises ``NoSuchWish`` or ``BadAddress``."""
    rhythm = str(form.get("rhythm", ""))
    if rhythm == NEVER:
        return None
    zone = str(form.get("time_zone", ""))
    if rhythm not in set(Rhythm) or zone not in zones():
        raise NoSuchWish
    return Wish(
        address=normal_address(str(form.get("address", ""))),
        rhythm=rhythm,
        hour=_number(str(form.get("hour", "")), HOURS),
        number=_number(str(form.get("number", "")), NUMBERS),
        time_zone=zone,
    )


def _number(text: str, allowed: range) -> int:
    fits = text.isascii() and text.isdigit() and len(text) <= len(str(allowed.stop))
    if not fits or int(text) not in allowed:
        raise NoSuchWish
    return int(text)


def _page(
    request: web.Request,
    session: Session,
    wish: Wish | None,
    error: errors.ServiceError | None = None,
) -> web.Response:
    language = session.account.language
    return frame.render(
        "waiting.html",
        language=language,
        session=session,
        here="/account",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        error=error.title if error else "",
        done=bool(request.query.get("done")),
        wish=wish,
        rhythms=RHYTHMS,
        hours=HOURS,
        zones=zones(),
        default_zone=DEFAULT_ZONES[language],
        can_send=mail.is_configured(request.app[SETTINGS]),
    )
