"""Slows down who guesses, without giving anybody the means to lock another out.

Wrong passwords count against where they come from, and against the account only for browsers that
never were signed in to it.  A browser that was once (it holds a signed cookie that says so) has a
count of its own, and sign-in links never wait: so flooding an account with guesses stops the
guesses, not its owner (OWASP: "device cookies").
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from aiohttp import web

from service import errors
from service.secrets import Secrets

WINDOW_SECONDS = 900.0
ADDRESS_FAILURES = 30  # an office behind one address mistypes now and then
ACCOUNT_FAILURES = 20  # from browsers that nobody signed in with before
DEVICE_FAILURES = 10
REMEMBERED = 20_000

DEVICE_PURPOSE = "known browser"


class TooManyTries(errors.Throttled):
    """Too many tries did not fit; wait a quarter of an hour, or ask for a sign-in link."""


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt to sign in: from where, to which account, by a browser known to that account."""

    address: str
    name: str
    device: str | None = None


class Throttle:
    """Counts in this process, in bounded memory; nothing is written down."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], tuple[int, float]] = {}

    def check(self, attempt: Try, now: float) -> None:
        """Raises ``TooManyTries``; ``now`` in monotonic seconds."""
        for key, most in _limits(attempt):
            count, since = self._counts.get(key, (0, now))
            if count >= most and now - since <= WINDOW_SECONDS:
                raise TooManyTries

    def failed(self, attempt: Try, now: float) -> None:
        for key, _ in _limits(attempt):
            count, since = self._counts.pop(key, (0, now))
            if now - since > WINDOW_SECONDS:
                count, since = 0, now
            # The newest stands last, so the first is who has been quiet longest.
            self._counts[key] = (count + 1, since)
            if len(self._counts) > REMEMBERED:
                del self._counts[next(iter(self._counts))]


THROTTLE = web.AppKey("THROTTLE", Throttle)


def _limits(attempt: Try) -> Iterator[tuple[tuple[str, str], int]]:
    if attempt.device is not None:
        yield ("device", attempt.device), DEVICE_FAILURES
        return
    yield ("address", _network(attempt.address)), ADDRESS_FAILURES
    yield ("account", attempt.name), ACCOUNT_FAILURES


def _network(address: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them."""
    return str(ip_network((address, 64), strict=False)) if ":" in address else address


def device_cookie(secrets: Secrets, name: str, nonce: str) -> str:
    """Says that a browser was signed in as ``name`` once; it opens nothing."""
    return f"{nonce}.{secrets.lookup(DEVICE_PURPOSE, f'{nonce} {name}').hex()}"


def known_device(secrets: Secrets, name: str, cookie: str | None) -> str | None:
    """The browser's nonce if ``cookie`` is ours and of this account."""
    nonce, _, proof = (cookie or "").partition(".")
    expected = secrets.lookup(DEVICE_PURPOSE, f"{nonce} {name}").hex()
    return nonce if nonce and hmac.compare_digest(expected.encode(), proof.encode()) else None
