"""What moderators see of each other: who looks at which comment, what was decided, what came in.

Every process has one ``Hub``.  While a queue is open in a browser, it listens to the database for
decisions and claims (NOTIFY), and looks every two seconds whether something new is held: so no
check pays for pages that nobody looks at.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from aiohttp import web

from moderation.review.live import store
from moderation.review.live.store import Claim
from service import clock, db
from service.db import Connection, Pool

log = structlog.get_logger()

CHANNEL = "gatehouse_review"
ANNOUNCED_AT_MOST = 100  # ids that fit in one notification; of more only the site is named
CLAIM_LASTS = timedelta(seconds=90)  # browsers renew it while somebody looks
POLL_SECONDS = 2.0
RETRY_SECONDS = 1.0
WAITING_EVENTS = 100  # for a browser that does not read; then it is told to look for itself

Message = dict[str, Any]


@dataclass(eq=False, slots=True)
class Watcher:
    """One browser."""

    queue: asyncio.Queue[Message]

    def tell(self, message: Message) -> None:
        with suppress(asyncio.QueueFull):
            self.queue.put_nowait(message)


class Hub:
    """Hands what happens to every browser of this process that watches."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None
        self._newest: dict[int, UUID] = {}

    @contextmanager
    def watching(self) -> Iterator[Watcher]:
        watcher = Watcher(asyncio.Queue(WAITING_EVENTS))
        self._watchers.add(watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        """As long as somebody watches."""
        while self._watchers:
            try:
                await self._listen()
            except Exception as error:
                if not db.is_unavailable(error):
                    log.exception("review.watch_failed")
                else:
                    log.warning("review.watch_lost", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        conn = await db.connect(self._dsn)
        try:
            await conn.add_listener(CHANNEL, lambda *arguments: self._heard(str(arguments[3])))
            self._newest = await store.newest_held(conn)
            while self._watchers:
                await asyncio.sleep(POLL_SECONDS)
                await self._look(conn)
        finally:
            conn.terminate()

    async def _look(self, conn: Connection) -> None:
        newest = await store.newest_held(conn)
        for site_id, comment_id in newest.items():
            before = self._newest.get(site_id)
            if before is None or comment_id > before:
                self._tell({"kind": "held", "site": site_id})
        self._newest = newest

    def _heard(self, payload: str) -> None:
        self._tell(orjson.loads(payload))

    def _tell(self, message: Message) -> None:
        for watcher in self._watchers:
            watcher.tell(message)


HUB = web.AppKey("HUB", Hub)


async def live_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: the hub ends with the application."""
    app[HUB] = Hub(app[db.DSN])
    yield
    await app[HUB].close()


async def decided(conn: Connection, site_id: int, comments: Sequence[UUID], actor: str) -> None:
    """Open queues learn of it once the caller's transaction is committed."""
    named = [str(each) for each in comments] if len(comments) <= ANNOUNCED_AT_MOST else []
    message = {"kind": "decided", "site": site_id, "ids": named, "actor": actor}
    await store.announce(conn, CHANNEL, message)


async def came(conn: Connection, site_id: int, kind: str) -> None:
    """Open queues look for a new report or appeal once the caller's transaction is committed."""
    await store.announce(conn, CHANNEL, {"kind": kind, "site": site_id, "ids": []})


async def claim(pool: Pool, site_id: int, comment_id: UUID, user_id: int) -> Claim | None:
    """Say that somebody looks at a comment; whose it is now.  None if there is no such comment.

    Who came first keeps it, until they look at another or have been away for a while.
    """
    now = clock.now()
    async with db.connection(pool) as conn, conn.transaction():
        await store.release(conn, user_id, comment_id)
        taken = await store.claim(conn, site_id, comment_id, user_id, now, now - CLAIM_LASTS)
        if taken:
            message = {"kind": "claimed", "site": site_id, "ids": [str(comment_id)]}
            await store.announce(conn, CHANNEL, {**message, "actor": str(user_id)})
        return await store.find(conn, site_id, comment_id, now - CLAIM_LASTS)


async def claims(
    conn: Connection, site_ids: list[int], ids: list[UUID], now: datetime
) -> dict[UUID, Claim]:
    """Who looks at which of these comments."""
    return await store.claims(conn, site_ids, ids, now - CLAIM_LASTS)
