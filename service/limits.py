"""How often one network may ask for something.  In memory only, and shortened."""

import ipaddress
from collections import OrderedDict

from service import errors

NETWORKS = 10_000  # remembered; the one that was quiet longest is forgotten first
PREFIX = {4: 24, 6: 64}


class NetworkLimit:
    """At most ``most`` in ``seconds`` from each network; ``error`` is what the next one raises."""

    def __init__(self, most: int, seconds: float, error: type[errors.Throttled]) -> None:
        self.most = most
        self._seconds, self._error = seconds, error
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def require(self, address: str, now: float) -> None:
        """Count one at ``now`` (seconds of any clock).  Raises the error that it was made with."""
        network = shortened(address)
        started, count = self._windows.pop(network, (now, 0))
        if now - started >= self._seconds:
            started, count = now, 0
        self._windows[network] = (started, count + 1)
        if len(self._windows) > NETWORKS:
            self._windows.popitem(last=False)
        if count >= self.most:
            raise self._error


def shortened(address: str) -> str:
    """Its network; the empty address of a Unix socket is one by itself."""
    if not address:
        return ""
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((parsed, PREFIX[parsed.version]), strict=False))
