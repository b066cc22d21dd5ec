"""Passwords: Argon2id, in a few threads of their own, so that hashing delays no comment.

A hash takes about 0.1 s of CPU and 64 MiB (the library's defaults, RFC 9106's second choice).  At
most ``THREADS`` run at once and ``WAITING_AT_MOST`` wait: sign-ins cannot use up the machine.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import argon2
from aiohttp import web
from argon2.exceptions import InvalidHashError, VerificationError

from service import errors

T = TypeVar("T")

THREADS = 2
WAITING_AT_MOST = 20
SHORTEST, LONGEST = 10, 1000  # characters; a longer text is no password but an attempt
HASHER = argon2.PasswordHasher()


class WeakPassword(errors.Unprocessable):
    """A password has at least ten characters."""


class Busy(errors.Throttled):
    """Too many people sign in at this moment; try again in a few seconds."""


class Passwords:
    """Hashes and checks passwords, a bounded number at a time."""

    def __init__(self) -> None:
        self._hasher = HASHER
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises ``WeakPassword`` or ``Busy``."""
        check(password)
        return await self._run(lambda: self._hasher.hash(password))

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is the password.  Takes as long where there is none.  Raises ``Busy``."""
        if len(password) > LONGEST:
            return False
        expected = stored or _nobodys(self._hasher)
        found = await self._run(lambda: _verify(self._hasher, expected, password))
        return found and stored is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_AT_MOST:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


PASSWORDS = web.AppKey("PASSWORDS", Passwords)


def check(password: str) -> None:
    """Raises ``WeakPassword``."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword


@lru_cache(maxsize=4)
def _nobodys(hasher: argon2.PasswordHasher) -> str:
    """What is checked where there is no password, so that the time does not tell."""
    return hasher.hash("the password of nobody")


def _verify(hasher: argon2.PasswordHasher, stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
