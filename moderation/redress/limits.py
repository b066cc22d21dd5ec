"""How often one network may send the forms of appeals and reports."""

from aiohttp import web

from service import errors
from service.limits import NetworkLimit

AN_HOUR = 3600.0
AT_MOST = 20  # an office, a school


class TooManyForms(errors.Throttled):
    """Too much comes from your network at the moment; please try again in an hour."""


LIMIT = web.AppKey("LIMIT", NetworkLimit)


def limit() -> NetworkLimit:
    return NetworkLimit(AT_MOST, AN_HOUR, TooManyForms)
