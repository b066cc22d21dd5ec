"""Waiting on a condition, never on a duration."""

import asyncio
import time

PATIENCE_SECONDS = 240  # on a busy machine; only a test that fails waits this long


async def until(condition):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)


def wait_until(condition):
    patience = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < patience, "waited in vain"
        time.sleep(0.02)
    return found
