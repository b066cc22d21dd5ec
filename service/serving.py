"""One serving process: takes connections from the socket it was given until it is told to end.

It ends, having answered everything it took, when it gets SIGTERM or SIGINT, or when the process
that started it is gone.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog
import uvloop
from aiohttp import web

from service import db, logs, postgres, start
from service.http import DRAINING, Draining
from service.secrets import Secrets
from service.settings import Settings

log = structlog.get_logger()

DRAIN_SECONDS = 20  # for what is in flight when we are told to end
DRAIN_POLL_SECONDS = 0.02
CLOSE_SECONDS = 5  # for the last bytes of the last answers
BACKLOG = 1024
READY = b"ready"
# New objects before a collection, then collections before one of the next generation.  With the
# default of 700 it took a fifth of all CPU, and 64 callers waited for it in turn.
COLLECT_AFTER = (50_000, 20, 50)
# A thread that decodes a large body gives way after this long; with the default of 5 ms, everybody
# else would wait that long at each of their turns.
TURN_OF_A_THREAD_SECONDS = 0.0005


class CreateApp(Protocol):
    def __call__(
        self, settings: Settings, *, dsn: str, secrets: Secrets, with_jobs: bool
    ) -> web.Application: ...


def run(create_app: CreateApp, listener: int, parent: int, index: int) -> int:
    """Serve on the descriptor ``listener``; ``parent`` is a socket to who started us."""
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    sys.setswitchinterval(TURN_OF_A_THREAD_SECONDS)
    with (
        socket.socket(fileno=listener) as taken,
        socket.socket(fileno=parent) as watched,
        postgres.using(settings) as dsn,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, dsn, create_app, taken, watched, index))
    return 0


async def _serve(  # noqa: PLR0913, PLR0917  (all that a process is given)
    settings: Settings,
    dsn: str,
    create_app: CreateApp,
    taken: socket.socket,
    watched: socket.socket,
    index: int,
) -> None:
    ending = asyncio.Event()
    watch_for_the_end(ending, watched)
    async with db.connected(dsn) as conn:
        secrets = await start.prepare(conn, settings)
    app = create_app(settings, dsn=dsn, secrets=secrets, with_jobs=index == 0)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    try:
        site = web.SockSite(runner, taken, backlog=BACKLOG)
        await site.start()
        spare_the_collector()
        watched.send(READY)
        log.info("process.serving", index=index)
        await ending.wait()
        log.info("process.draining", index=index)
        await site.stop()
        await _drain(app[DRAINING])
    finally:
        await runner.cleanup()
    log.info("process.ended", index=index)


def spare_the_collector() -> None:
    """Let the garbage collector look only at what requests leave behind, and seldom.

    Code, model and caches stay until the process ends: they are taken out of its sight.  A full
    queue is many thousand objects that live for milliseconds and are freed without it, so what is
    left to find are cycles, of which an ordinary request makes none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _drain(draining: Draining) -> None:
    """Until everything that was taken is answered.

    aiohttp alone would drop what is still to come of a body as soon as it is told to end.
    """
    draining.started = True
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while draining.in_flight:  # noqa: ASYNC110  (counting is cheaper than telling)
                await asyncio.sleep(DRAIN_POLL_SECONDS)


def watch_for_the_end(ending: asyncio.Event, watched: socket.socket | None = None) -> None:
    """Set ``ending`` on SIGTERM, SIGINT, or when the other end of ``watched`` is closed."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    if watched is not None:
        loop.add_reader(watched, _parent_spoke, ending, watched, loop.remove_reader)


def _parent_spoke(
    ending: asyncio.Event, watched: socket.socket, remove: Callable[[socket.socket], object]
) -> None:
    # It never says anything, so this is the end of it.
    remove(watched)
    ending.set()
