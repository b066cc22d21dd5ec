"""A body as lines: bounded in memory whatever comes, and in time whatever does not."""

import asyncio
import time
from collections.abc import AsyncIterator

from aiohttp import StreamReader, web

from moderation.api.requests import BrokenBody
from service import errors

LINE_LIMIT_BYTES = 2 * 1024 * 1024  # as of a single comment's body
LINE_SECONDS = 60.0  # of waiting for the next whole line


class LineTooLong(errors.TooLarge):
    """This line is longer than 2 MiB."""


class NoLine(errors.TooSlow):
    """No whole line arrived for a minute."""


async def read_lines(
    content: StreamReader, *, limit: int = LINE_LIMIT_BYTES, patience: float = LINE_SECONDS
) -> AsyncIterator[list[bytes | None]]:
    """Whole lines without their ends, as many as are there; None for one longer than ``limit``.

    Only time spent waiting counts against ``patience`` (seconds), not what the reader of the lines
    takes.  Raises ``NoLine`` or ``BrokenBody``.
    """
    rest, too_long, left = b"", False, patience
    while True:
        started = time.monotonic()
        chunk = await _next(content, left)
        left -= time.monotonic() - started
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            left = patience
            yield _measured(lines, limit, first_too_long=too_long)
            too_long = False
        if len(rest) > limit:
            rest, too_long = b"", True
    if rest or too_long:
        yield _measured([rest], limit, first_too_long=too_long)


def _measured(lines: list[bytes], limit: int, *, first_too_long: bool) -> list[bytes | None]:
    found: list[bytes | None] = [line if len(line) <= limit else None for line in lines]
    if first_too_long:
        found[0] = None
    return found


async def _next(content: StreamReader, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            return await content.readany()
    except TimeoutError:
        raise NoLine from None
    except (web.RequestPayloadError, ConnectionError, RuntimeError):
        # aiohttp's word for reading from a connection that is closed already is RuntimeError.
        raise BrokenBody from None
