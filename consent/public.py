"""What the public routes below ``/consent/{site}`` share."""

from aiohttp import web

from service import errors
from service.http import SITE_ID
from service.sites import DIRECTORY, Site

SITE = "{site:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?}"
NO_STORE = {"Cache-Control": "no-store"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class UnknownConsentSite(errors.NotFound):
    """There is no such site here."""


def site_of(request: web.Request) -> Site:
    """The site that the address names.  Raises ``UnknownConsentSite``."""
    site = request.app[DIRECTORY].site(request.match_info["site"])
    if site is None:
        raise UnknownConsentSite
    request[SITE_ID] = site.id
    return site
