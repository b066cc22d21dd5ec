"""The pages ``/sign-in``, by password or by link, and ``/sign-out``."""

import secrets as random
import time
from http import HTTPStatus

import structlog
from aiohttp import web

from service import errors
from service.accounts import signing_in
from service.accounts.administration import BadUser, normal_name
from service.accounts.passwords import PASSWORDS
from service.accounts.signing_in import NeedsCode, SignedIn, WrongCredentials
from service.accounts.throttle import THROTTLE, Try, device_cookie, known_device
from service.accounts.values import Session
from service.db import POOL, connection
from service.http import client_address
from service.pages import frame
from service.pages.guard import FORM, cookie_name, is_secure, open_page, page
from service.secrets import SECRETS

log = structlog.get_logger()

DEVICE_SECONDS = 400 * 86_400  # browsers keep no cookie longer
NONCE_BYTES = 12
START = "/review"

routes = web.RouteTableDef()


@routes.get("/sign-in")
@open_page
async def form(request: web.Request) -> web.StreamResponse:
    return _form(request, _next(request.query.get("next", "")))


@routes.post("/sign-in")
@open_page
async def by_password(request: web.Request) -> web.StreamResponse:
    form, app = request[FORM], request.app
    target = _next(form.get("next", ""))
    name = _name(form.get("name", ""))
    attempt = _attempt(request, name)
    app[THROTTLE].check(attempt, time.monotonic())
    try:
        signed_in = await signing_in.by_password(
            app[POOL],
            app[SECRETS],
            app[PASSWORDS],
            name,
            form.get("password", ""),
            form.get("code", ""),
        )
    except WrongCredentials as error:
        app[THROTTLE].failed(attempt, time.monotonic())
        log.info("sign_in.refused", way="password")
        return _form(request, target, error)
    return _let_in(request, signed_in, target)


@routes.get("/sign-in/{secret}")
@open_page
async def link(request: web.Request) -> web.StreamResponse:
    """Opening the page spends nothing: mail programs look at links before people do."""
    async with connection(request.app[POOL]) as conn, conn.transaction():
        user = await signing_in.link_owner(conn, request.match_info["secret"])
    return _link_form(user.name, with_code=user.totp_sealed is not None)


@routes.post("/sign-in/{secret}")
@open_page
async def by_link(request: web.Request) -> web.StreamResponse:
    app, secret = request.app, request.match_info["secret"]
    async with connection(app[POOL]) as conn, conn.transaction():
        name = (await signing_in.link_owner(conn, secret)).name
    attempt = _attempt(request, f"link {name}")
    app[THROTTLE].check(attempt, time.monotonic())
    try:
        signed_in = await signing_in.by_link(
            *(app[POOL], app[SECRETS], secret, request[FORM].get("code", "")),
            frame.preferred_language(request),
        )
    except NeedsCode as error:
        app[THROTTLE].failed(attempt, time.monotonic())
        log.info("sign_in.refused", way="link")
        return _link_form(name, with_code=True, error=error)
    return _let_in(request, signed_in, START)


@routes.post("/sign-out")
@page()
async def sign_out(request: web.Request, session: Session) -> web.StreamResponse:
    await signing_in.sign_out(request.app[POOL], session, session.id)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/sign-in"})
    response.del_cookie(cookie_name(request), path="/", secure=is_secure(request))
    return response


def _name(text: str) -> str:
    """What cannot be a name is nobody's."""
    try:
        return normal_name(text)
    except BadUser:
        return ""


def _attempt(request: web.Request, name: str) -> Try:
    device = known_device(request.app[SECRETS], name, request.cookies.get(_device_name(request)))
    return Try(client_address(request), name, device)


def _let_in(request: web.Request, signed_in: SignedIn, target: str) -> web.Response:
    log.info("sign_in.accepted", user=signed_in.user_id)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})
    nonce = random.token_urlsafe(NONCE_BYTES)
    for name, value, seconds in (
        (cookie_name(request), signed_in.cookie, int(signing_in.LIFETIME.total_seconds())),
        (
            _device_name(request),
            device_cookie(request.app[SECRETS], signed_in.name, nonce),
            DEVICE_SECONDS,
        ),
    ):
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            secure=is_secure(request),
            samesite="Lax",  # a link in a mail must find who is signed in
        )
    return response


def _device_name(request: web.Request) -> str:
    return f"{cookie_name(request)}-browser"


def _next(target: str) -> str:
    """Only a path of ours: who signs in is not sent elsewhere."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else START


def _form(
    request: web.Request, target: str, error: errors.ServiceError | None = None
) -> web.Response:
    status = HTTPStatus.UNAUTHORIZED if error else HTTPStatus.OK
    return frame.render(
        "sign_in.html",
        language=frame.SPOKEN.get(),
        status=status,
        target=target,
        name=request[FORM].get("name", "")[:100] if error else "",
        error=error.title if error else "",
    )


def _link_form(
    name: str, *, with_code: bool, error: errors.ServiceError | None = None
) -> web.Response:
    return frame.render(
        "sign_in_link.html",
        language=frame.SPOKEN.get(),
        status=HTTPStatus.UNAUTHORIZED if error else HTTPStatus.OK,
        name=name,
        with_code=with_code,
        error=error.title if error else "",
    )
