"""How often one network may send the forms of appeals and reports.  In memory only."""

from collections import OrderedDict

from aiohttp import web

from consent.events.limits import shortened
from service import errors

AN_HOUR = 3600.0
AT_MOST = 20  # an office, a school
NETWORKS = 10_000  # remembered; the one that was quiet longest is forgotten first


class TooManyForms(errors.Throttled):
    """Too much comes from your network at the moment; please try again in an hour."""


class Limit:
    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def require(self, address: str, now: float) -> None:
        """Count a form at ``now`` (seconds of any clock).  Raises ``TooManyForms``."""
        network = shortened(address)
        started, count = self._windows.pop(network, (now, 0))
        if now - started >= AN_HOUR:
            started, count = now, 0
        self._windows[network] = (started, count + 1)
        if len(self._windows) > NETWORKS:
            self._windows.popitem(last=False)
        if count >= AT_MOST:
            raise TooManyForms


LIMIT = web.AppKey("LIMIT", Limit)
