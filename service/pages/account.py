"""The page ``/account``: one's own password, second factor, browsers and language."""

from http import HTTPStatus

from aiohttp import web
from markupsafe import Markup

from service import clock, errors
from service.accounts import second_factor, signing_in, store
from service.accounts.passwords import PASSWORDS
from service.accounts.signing_in import NeedsCode, WrongCredentials
from service.accounts.values import Session
from service.db import POOL, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, page
from service.secrets import SECRETS

HERE = "/account"
SEED_PURPOSE = "totp seed on its way"
DONE = {
    "password": message("Your password is changed; other browsers are signed out."),
    "code-on": message("From now on, a code is asked for."),
    "code-off": message("Codes are no longer asked for."),
    "session": message("That browser is signed out."),
    "language": message("The language is changed."),
}

routes = web.RouteTableDef()


class RepeatDiffers(errors.Unprocessable):
    """The two new passwords differ."""


@routes.get(HERE)
@page()
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    return await _page(request, session)


@routes.post(f"{HERE}/password")
@page()
async def change_password(request: web.Request, session: Session) -> web.StreamResponse:
    form, app = request[FORM], request.app
    try:
        if form.get("new", "") != form.get("again", ""):
            raise RepeatDiffers
        await signing_in.change_password(
            app[POOL], app[PASSWORDS], session, form.get("old", ""), form.get("new", "")
        )
    except (errors.Unprocessable, WrongCredentials) as error:
        return await _page(request, session, error)
    return _done("password")


@routes.post(f"{HERE}/code")
@page()
async def set_code(request: web.Request, session: Session) -> web.StreamResponse:
    """The seed that the page showed comes back sealed, so that nobody can choose one."""
    form, app = request[FORM], request.app
    sealed = form.get("seed", "")
    try:
        seed = app[SECRETS].unseal(_seed_purpose(session), bytes.fromhex(sealed)).decode()
        await signing_in.set_second_factor(
            app[POOL], app[SECRETS], session.account, seed, form.get("code", "")
        )
    except NeedsCode as error:
        return await _page(request, session, error, seed=seed)
    except (ValueError, errors.ServiceError):
        return await _page(request, session, NeedsCode())
    return _done("code-on")


@routes.post(f"{HERE}/code/off")
@page()
async def drop_code(request: web.Request, session: Session) -> web.StreamResponse:
    app = request.app
    try:
        await signing_in.drop_second_factor(
            app[POOL], app[SECRETS], session.account, request[FORM].get("code", "")
        )
    except NeedsCode as error:
        return await _page(request, session, error)
    return _done("code-off")


@routes.post(f"{HERE}/sessions/end")
@page()
async def end_session(request: web.Request, session: Session) -> web.StreamResponse:
    number = request[FORM].get("session", "")
    if number.isascii() and number.isdigit() and len(number) < 10:  # noqa: PLR2004  (an integer)
        await signing_in.sign_out(request.app[POOL], session, int(number))
    return _done("session")


@routes.post(f"{HERE}/language")
@page()
async def choose_language(request: web.Request, session: Session) -> web.StreamResponse:
    language = request[FORM].get("language", "")
    await signing_in.choose_language(request.app[POOL], session.account, language)
    return _done("language")


def _done(what: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{HERE}?done={what}"})


async def _page(
    request: web.Request,
    session: Session,
    error: errors.ServiceError | None = None,
    *,
    seed: str = "",
) -> web.Response:
    async with connection(request.app[POOL]) as conn:
        sessions = await store.sessions(conn, session.account.id, clock.now())
    seed = seed or second_factor.new_seed()
    sealed = request.app[SECRETS].seal(_seed_purpose(session), seed.encode())
    return frame.render(
        "account.html",
        language=session.account.language,
        session=session,
        here=HERE,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        error=error.title if error else "",
        done=DONE.get(request.query.get("done", ""), ""),
        sessions=sessions,
        seed=seed,
        sealed_seed=sealed.hex(),
        # Ours: an SVG of squares, in which the name stands as a pattern.
        picture=Markup(second_factor.picture(seed, session.account.name)),  # noqa: S704
    )


def _seed_purpose(session: Session) -> str:
    return f"{SEED_PURPOSE} {session.id}"
