"""Which pages may speak to us from a browser: those of the site's own blog, and our own."""

from urllib.parse import urlsplit

from aiohttp import web

from service import errors
from service.http import client_scheme
from service.settings import SETTINGS
from service.sites import Site

DEFAULT_PORTS = {"http": 80, "https": 443}


class ForeignOrigin(errors.Forbidden):
    """This page does not belong to the site."""


def allowed_origin(request: web.Request, site: Site) -> str | None:
    """The page's origin, if there is one.  Raises ``ForeignOrigin`` if it is not the site's.

    A request without one comes from no page: from the blog's server, or a program.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    if _parts(origin) not in origins_of(site) | _ours(request):
        raise ForeignOrigin
    return origin


def _ours(request: web.Request) -> set[tuple[str, str, int] | None]:
    """Of our own pages, as the demonstration blog."""
    reached = f"{client_scheme(request)}://{request.host}"
    return {_parts(url) for url in (reached, request.app[SETTINGS].public_url)} - {None}


def origins_of(site: Site) -> set[tuple[str, str, int] | None]:
    """The registered address, with and without www, encrypted or not."""
    found = _parts(site.url)
    if found is None:
        return set()
    _, host, port = found
    bare = host.removeprefix("www.")
    hosts = {bare, f"www.{bare}"}
    if port in DEFAULT_PORTS.values():
        return {(scheme, each, usual) for scheme, usual in DEFAULT_PORTS.items() for each in hosts}
    return {(scheme, each, port) for scheme in DEFAULT_PORTS for each in hosts}


def headers(origin: str | None) -> dict[str, str]:
    """For an answer that a page of ``origin`` may read.  No cookies: there are none."""
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin else {}


def _parts(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme]
