"""Who may see a page, and send a form: sessions, roles, tokens against forged requests.

``page`` wraps a handler so that it gets the session; whatever is refused becomes a page in the
reader's language, or a problem document where a script asks.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import quote, urlsplit

from aiohttp import web
from multidict import MultiDictProxy

from service import errors
from service.accounts import signing_in
from service.accounts.passwords import PASSWORDS, Passwords
from service.accounts.signing_in import NotSignedIn
from service.accounts.throttle import THROTTLE, Throttle
from service.accounts.values import Role, Session
from service.db import POOL
from service.http import BadRequest, client_scheme, problem, status_of
from service.pages import frame
from service.secrets import SECRETS
from service.settings import SETTINGS

FORM_BYTES = 256 * 1024
URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"

PageHandler: TypeAlias = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Form: TypeAlias = MultiDictProxy[str]


class ForgedRequest(errors.Forbidden):
    """This form did not come from a page of ours, or that page is too old: open it again."""


class NotYourRole(errors.Forbidden):
    """Your account does not open this page."""


FORM = web.RequestKey("FORM", MultiDictProxy)


async def pages_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: what signing in needs, as long as the application lives."""
    app[THROTTLE] = Throttle()
    app[PASSWORDS] = Passwords()
    yield
    app[PASSWORDS].close()


def page(
    role: Role | None = None, *, form_bytes: int = FORM_BYTES, with_files: bool = False
) -> Callable[[PageHandler], Handler]:
    """Let in who is signed in and has ``role`` somewhere; forms must carry the session's token.

    On which site they may do it, the handler checks.  Only where ``with_files`` may a form hold
    files.
    """

    def wrap(handler: PageHandler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            session: Session | None = None
            frame.SPOKEN.set(frame.preferred_language(request))
            try:
                session = await current_session(request)
                frame.SPOKEN.set(session.account.language)
                if role is not None and not session.account.has(role):
                    raise NotYourRole
                if request.method == "POST":
                    await _check_form(request, session, form_bytes, with_files=with_files)
                return await handler(request, session)
            except errors.ServiceError as error:
                return refused(request, error, session)

        return guarded

    return wrap


def open_page(handler: Handler) -> Handler:
    """A page for who is not signed in; forms must come from our own pages."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        frame.SPOKEN.set(frame.preferred_language(request))
        try:
            if request.method == "POST":
                check_origin(request)
                request[FORM] = await _read_form(request)
            return await handler(request)
        except errors.ServiceError as error:
            return refused(request, error, None)

    return guarded


async def current_session(request: web.Request) -> Session:
    """Raises ``NotSignedIn``."""
    cookie = request.cookies.get(cookie_name(request), "")
    if not cookie:
        raise NotSignedIn
    return await signing_in.current(request.app[POOL], request.app[SECRETS], cookie)


def cookie_name(request: web.Request) -> str:
    """With the prefix, browsers take it only over TLS, from this very host, for all paths."""
    return "__Host-gatehouse" if is_secure(request) else "gatehouse"


def is_secure(request: web.Request) -> bool:
    return client_scheme(request) == "https"


def check_origin(request: web.Request) -> None:
    """Raises ``ForgedRequest`` where the browser says that another site sent the form."""
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None and fetched_from not in {"same-origin", "none"}:
        raise ForgedRequest
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(request, origin):
        raise ForgedRequest


def _is_ours(request: web.Request, origin: str) -> bool:
    try:
        host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    ours = {request.host.lower(), urlsplit(request.app[SETTINGS].public_url).netloc.lower()}
    return host in ours


async def _check_form(
    request: web.Request, session: Session, form_bytes: int, *, with_files: bool
) -> None:
    check_origin(request)
    request[FORM] = form = await _read_form(request, form_bytes, with_files=with_files)
    given = request.headers.get(CSRF_HEADER) or str(form.get(CSRF_FIELD, ""))
    if not signing_in.is_csrf_token(session, given):
        raise ForgedRequest


async def _read_form(
    request: web.Request, form_bytes: int = FORM_BYTES, *, with_files: bool = False
) -> Form:
    """Text fields, and files only where they are allowed.  Raises ``BadRequest``."""
    kinds = {URL_ENCODED, MULTIPART} if with_files else {URL_ENCODED}
    if request.content_type not in kinds or (request.content_length or 0) > form_bytes:
        raise BadRequest
    try:
        form = await request.post()
    except (ValueError, LookupError) as error:  # bytes that are no UTF-8, a charset nobody knows
        raise BadRequest from error
    for value in form.values():
        # Where no file was chosen, browsers send one without name and content.
        is_file = with_files and (isinstance(value, web.FileField) or not value)
        if not is_file and (not isinstance(value, str) or "\0" in value):
            raise BadRequest
    return form  # type: ignore[return-value]  # checked just now


def wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def refused(
    request: web.Request, error: errors.ServiceError, session: Session | None
) -> web.StreamResponse:
    """What the reader is told."""
    if wants_json(request):
        return problem(error)
    if isinstance(error, NotSignedIn) and request.method == "GET":
        target = quote(request.path, safe="/")  # without what somebody may have searched for
        raise web.HTTPSeeOther(f"/sign-in?next={target}")
    return _error_page(error, session)


def refusal(error: errors.ServiceError) -> web.Response:
    """The page about an error that no handler saw."""
    return _error_page(error, None)


def _error_page(error: errors.ServiceError, session: Session | None) -> web.Response:
    language = frame.SPOKEN.get()
    status = HTTPStatus(status_of(error))
    translated = frame.translations_of(language).gettext
    response = frame.render(
        "error.html",
        language=language,
        session=session,
        status=status,
        sentence=translated(error.title),
    )
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "60"
    return response
