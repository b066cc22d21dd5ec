"""Who is asking: the key of a request, wherever a client put it, and what wrong keys cost.

The key decides the site.  A client that names no key, an unknown one or a revoked one is told
``invalid``; after many wrong keys its address waits.  A right key never does.
"""

import re
import time
from collections.abc import AsyncIterator, Iterable
from ipaddress import ip_network

from aiohttp import web

from moderation.akismet.answers import LOCKED_OUT_SECONDS
from moderation.forms import Form
from service import errors
from service.http import client_address
from service.sites import DIRECTORY, KnownKey


class MissingKey(errors.Unauthenticated):
    """This request names no key: send it as api_key."""


class UnknownKey(errors.Unauthenticated):
    """There is no such key here."""


class RevokedKey(errors.Unauthenticated):
    """This key has been revoked or replaced."""


class TooManyWrongKeys(errors.Throttled):
    """Too many wrong keys came from this address; try again in a minute."""


WRONG_KEYS_AT_ONCE = 100  # a client's test-suite tries a few dozen; guessing needs 10^13
ADDRESSES_REMEMBERED = 10_000


class WrongKeys:
    """Counts wrong keys by address, in this process, in bounded memory.

    Each address may be wrong ``WRONG_KEYS_AT_ONCE`` times, and again as often a minute later.
    """

    def __init__(self, most: int = WRONG_KEYS_AT_ONCE) -> None:
        self._most = most
        self._counts: dict[str, tuple[int, float]] = {}

    def add(self, address: str, now: float) -> bool:
        """Count one more at ``now`` (monotonic seconds); False once there were too many."""
        network = _network(address)
        count, since = self._counts.pop(network, (0, now))
        if now - since > LOCKED_OUT_SECONDS:
            count, since = 0, now
        # The newest stands last, so the first is who has been quiet longest.
        self._counts[network] = (count + 1, since)
        if len(self._counts) > ADDRESSES_REMEMBERED:
            del self._counts[next(iter(self._counts))]
        return count < self._most


WRONG_KEYS = web.AppKey("WRONG_KEYS", WrongKeys)


async def context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: wrong keys are counted as long as the application lives."""
    app[WRONG_KEYS] = WrongKeys()
    yield


def sent_key(request: web.Request, form: Form, names: Iterable[str]) -> str:
    """The key that ``form`` holds under the first of ``names``, or that stands in the Host."""
    return form.text(*names).strip() or _key_in_host(request)


def known_key(request: web.Request, raw: str) -> KnownKey:
    """Whose key ``raw`` is.

    Raises ``MissingKey``, ``UnknownKey``, ``RevokedKey`` or ``TooManyWrongKeys``.
    """
    known = request.app[DIRECTORY].key(raw) if raw else None
    if known and known.is_valid:
        return known
    if not request.app[WRONG_KEYS].add(client_address(request), time.monotonic()):
        raise TooManyWrongKeys
    if not raw:
        raise MissingKey
    raise RevokedKey if known else UnknownKey


# Old clients speak to KEY.rest.akismet.com, or to KEY.HOST where the host can be set.
_HOST_KEY = re.compile(r"([^.:/]+)\.rest\.akismet\.com(?::\d+)?|([0-9a-f]{12})\..+", re.IGNORECASE)


def _key_in_host(request: web.Request) -> str:
    """A proxied request has the host in its target, and the header may name the proxy's."""
    for host in (request.host, request.headers.get("Host", "")):
        if found := _HOST_KEY.fullmatch(host):
            return (found[1] or found[2]).lower()
    return ""


def _network(address: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them."""
    return str(ip_network((address, 64), strict=False)) if ":" in address else address
