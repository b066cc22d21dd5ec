"""How many events may come from one network in a minute.  Kept in memory only, and shortened."""

import ipaddress
from collections import OrderedDict

from service import errors

PER_MINUTE = 60
MINUTE = 60.0
NETWORKS = 10_000  # remembered; the one that was quiet longest is forgotten first
PREFIX = {4: 24, 6: 64}


class TooManyEvents(errors.Throttled):
    """Too many events come from your network; try again in a minute."""


class Limit:
    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def require(self, address: str, now: float) -> None:
        """Count an event at ``now`` (seconds of any clock).  Raises ``TooManyEvents``."""
        network = shortened(address)
        started, count = self._windows.pop(network, (now, 0))
        if now - started >= MINUTE:
            started, count = now, 0
        self._windows[network] = (started, count + 1)
        if len(self._windows) > NETWORKS:
            self._windows.popitem(last=False)
        if count >= PER_MINUTE:
            raise TooManyEvents


def shortened(address: str) -> str:
    """Its network; the empty address of a Unix socket is one by itself."""
    if not address:
        return ""
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((parsed, PREFIX[parsed.version]), strict=False))
