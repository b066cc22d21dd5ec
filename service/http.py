"""The HTTP edge: every request passes ``edge`` once, on its way in and out.

Errors become RFC 9457 problem documents here, and only here.  A protocol with words of its own for
them enters its function in ``ERROR_ANSWERS`` under the prefix of its paths.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from time import perf_counter
from typing import TypeAlias

import asyncpg
import orjson
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import istr
from prometheus_client import Counter, Histogram
from uuid_utils import uuid7

from service import db, errors, metrics
from service.settings import SETTINGS, Network

log = structlog.get_logger()

BODY_LIMIT_BYTES = 2 * 1024 * 1024  # a pingback carries the whole page that it comes from, twice
RETRY_SECONDS = 5

ErrorAnswer: TypeAlias = Callable[[errors.ServiceError], web.Response]

REQUEST_ID = web.RequestKey("REQUEST_ID", str)
SITE_ID = web.RequestKey("SITE_ID", int)  # handlers set it for the log line, once they know


class Draining:
    """Whether this process is ending: it answers what it has taken, and wants no more."""

    def __init__(self) -> None:
        self.started = False
        self.in_flight = 0  # requests whose answer is not made yet; some are still arriving


DRAINING = web.AppKey("DRAINING", Draining)

ERROR_ANSWERS: "web.AppKey[dict[str, ErrorAnswer]]" = web.AppKey("ERROR_ANSWERS", dict)


class InternalError(errors.ServiceError):
    """Something went wrong here; it has been noted."""


class NoSuchPage(errors.NotFound):
    """There is nothing at this address."""


class WrongMethod(errors.Invalid):
    """This address does not take this method."""


class BodyTooLarge(errors.TooLarge):
    """This request is larger than 2 MiB."""


class BadRequest(errors.Invalid):
    """This request cannot be understood."""


STATUS_OF_KIND: dict[type[Exception], HTTPStatus] = {
    WrongMethod: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Unsupported: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Unprocessable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.Throttled: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ServiceError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRIED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

# A page sets its own, wider policy; an answer to a machine needs none of what a browser offers.
# Names of headers are ``istr``: their case is folded once, not for each answer.
SECURITY_HEADERS: dict[str, str] = {
    istr("Server"): "gatehouse",
    istr("X-Content-Type-Options"): "nosniff",
    istr("Referrer-Policy"): "no-referrer",
    istr("Content-Security-Policy"): "default-src 'none'; frame-ancestors 'none'",
}
_REQUEST_ID_HEADER = istr("X-Request-Id")


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = perf_counter()
    request[REQUEST_ID] = request_id = str(uuid7())
    draining = request.app[DRAINING]
    draining.in_flight += 1
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = _translated(request, error)
    except Exception as error:  # noqa: BLE001  (this is the outermost place)
        response = answer(request, error)
    finally:
        draining.in_flight -= 1
    if not response.prepared:
        if draining.started:
            response.force_close()
        headers = response.headers
        headers[_REQUEST_ID_HEADER] = request_id
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
    _note(request, response.status, perf_counter() - started)
    return response


def answer(request: web.Request, error: Exception) -> web.Response:
    """What the client hears of ``error``, in the words of the protocol it speaks."""
    if not isinstance(error, errors.ServiceError):
        if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError) and (
            db.is_unavailable(error)
        ):
            error = db.unavailable(error)
        else:
            # The traceback is for the operator.  The client learns only that it was our fault:
            # messages of unforeseen errors quote SQL, paths and, worse, personal data.
            log.error("request.crashed", request_id=request[REQUEST_ID], exc_info=error)
            error = InternalError()
    for prefix, in_own_words in request.app.get(ERROR_ANSWERS, {}).items():
        if request.path.startswith(prefix):
            return in_own_words(error)
    return problem(error)


def problem(error: errors.ServiceError) -> web.Response:
    """RFC 9457.  ``detail`` is what our own code said when it raised ``error``."""
    status = status_of(error)
    document = {"type": f"urn:gatehouse:{error.code}", "title": error.title, "status": status}
    if detail := str(error):
        document["detail"] = detail
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in RETRIED else None
    return web.Response(
        body=orjson.dumps(document),
        status=status,
        headers=headers,
        content_type="application/problem+json",
    )


def status_of(error: errors.ServiceError) -> HTTPStatus:
    return next(STATUS_OF_KIND[kind] for kind in type(error).__mro__ if kind in STATUS_OF_KIND)


def client_address(request: web.Request) -> str:
    """The address of the client, without what it claims itself.

    ``X-Forwarded-For`` counts only as far as trusted proxies wrote it: from its end, the first
    address that is not one of theirs.  Empty where there is no address (a Unix socket).
    """
    address = _canonical(request.remote or "")
    trusted = request.app[SETTINGS].trusted_proxies
    if not trusted or not _is_trusted(address, trusted):
        return address
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for hop in reversed(hops):
        if not (claimed := _canonical(hop.strip())):
            break
        address = claimed
        if not _is_trusted(address, trusted):
            break
    return address


def client_scheme(request: web.Request) -> str:
    """``https`` or ``http``, as the client sees it; a trusted proxy's word counts."""
    trusted = request.app[SETTINGS].trusted_proxies
    if trusted and _is_trusted(_canonical(request.remote or ""), trusted):
        claimed = request.headers.get("X-Forwarded-Proto", "").lower()
        if claimed in {"http", "https"}:
            return claimed
    return request.scheme


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    """``text`` as an address, "" if it is none.  ``::ffff:192.0.2.1`` is an IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    if not address:
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in trusted)


def _translated(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """What aiohttp says by itself, in our words.  Redirects and the like pass as they are."""
    if error.status < HTTPStatus.BAD_REQUEST:
        response = web.Response(status=error.status, headers=error.headers)
    else:
        kind = _KIND_OF_STATUS.get(error.status, BadRequest)
        response = answer(request, kind())
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    return response


_KIND_OF_STATUS: dict[int, type[errors.ServiceError]] = {
    404: NoSuchPage,
    405: WrongMethod,
    413: BodyTooLarge,
    500: InternalError,
}


def _note(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    # Never the path itself: it may hold a token, and the query string whatever somebody put there.
    route = resource.canonical if resource is not None else "unmatched"
    requests, durations = _counters(request.method, route, status)
    requests.inc()
    durations.observe(seconds)
    log.info(
        "request.answered",
        method=request.method,
        route=route,
        status=status,
        duration_us=int(seconds * 1e6),
        request_id=request[REQUEST_ID],
        site_id=request.get(SITE_ID),
    )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=4096)
def _counters(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    method = method if method in _METHODS else "other"  # clients make methods up
    return (
        metrics.REQUESTS.labels(method, route, str(status)),
        metrics.REQUEST_SECONDS.labels(route),
    )
