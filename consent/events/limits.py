"""How many events may come from one network in a minute."""

from aiohttp import web

from service import errors
from service.limits import NetworkLimit

PER_MINUTE = 60
MINUTE = 60.0


class TooManyEvents(errors.Throttled):
    """Too many events come from your network; try again in a minute."""


LIMIT = web.AppKey("CONSENT_LIMIT", NetworkLimit)


def limit() -> NetworkLimit:
    return NetworkLimit(PER_MINUTE, MINUTE, TooManyEvents)
