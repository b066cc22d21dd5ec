"""Who arrives together is appended together: one transaction for many visitors of a site."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from consent.ledger import writing
from consent.ledger.entries import Draft
from consent.ledger.store import Entry
from consent.ledger.writing import ReplayAltered
from service import db, errors
from service.db import Pool
from service.settings import SETTINGS
from service.sites import Site

log = structlog.get_logger()

BATCH = 512  # more is no faster, and everyone in it waits for all of it
QUEUE_LIMIT = 20_000


class LedgerBusy(errors.Unavailable):
    """Too many choices are arriving at once; try again in a moment."""


@dataclass(slots=True)
class _Lane:
    """What is waiting for one site's log."""

    waiting: deque[tuple[Draft, "asyncio.Future[Entry]"]] = field(default_factory=deque)
    task: "asyncio.Task[None] | None" = None


class Ledger:
    """Appends for all sites of a process, one batch of each at a time."""

    def __init__(self, pool: Pool, origin_base: str) -> None:
        self._pool = pool
        self._base = origin_base
        self._lanes: dict[int, _Lane] = {}

    def origin(self, site: Site) -> str:
        """What a new log of ``site`` is called; an existing one keeps its name."""
        return f"{self._base}/consent/{site.name}"

    async def append(self, site: Site, draft: Draft) -> Entry:
        """The entry, once it is durable.  A caller that goes away cancels nothing.

        Raises ``ReplayAltered``, ``LedgerClosed``, ``LedgerBusy`` or ``DatabaseUnavailable``.
        """
        lane = self._lanes.setdefault(site.id, _Lane())
        if len(lane.waiting) >= QUEUE_LIMIT:
            raise LedgerBusy
        future: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        lane.waiting.append((draft, future))
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._drain(site, lane))
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Until all that was taken is answered."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task]
        await asyncio.gather(*tasks)

    async def _drain(self, site: Site, lane: _Lane) -> None:
        await asyncio.sleep(0)  # whoever arrives in the same turn of the loop travels along
        while lane.waiting:
            batch = [lane.waiting.popleft() for _ in range(min(BATCH, len(lane.waiting)))]
            try:
                answers = await self._write(site, [draft for draft, _ in batch])
            except Exception as error:  # noqa: BLE001  (whatever it is, everybody is answered)
                _fail([future for _, future in batch], error)
            else:
                for (_, future), answer in zip(batch, answers, strict=True):
                    _answer(future, answer)

    async def _write(
        self, site: Site, drafts: Sequence[Draft]
    ) -> list[Entry | ReplayAltered | None]:
        async with db.connection(self._pool) as conn, conn.transaction():
            return await writing.append(conn, site, self.origin(site), drafts)


def _answer(future: "asyncio.Future[Entry]", answer: Entry | ReplayAltered | None) -> None:
    if future.done():
        return
    if isinstance(answer, ReplayAltered):
        future.set_exception(answer)
        future.exception()  # a caller that went away leaves nobody to hear it
    elif answer is not None:
        future.set_result(answer)


def _fail(futures: Sequence["asyncio.Future[Entry]"], error: Exception) -> None:
    if not isinstance(error, errors.ServiceError):
        log.error("ledger.append_failed", drafts=len(futures), exc_info=error)
    for future in futures:
        if not future.done():
            future.set_exception(error)
            future.exception()


LEDGER = web.AppKey("LEDGER", Ledger)


def origin_base(public_url: str) -> str:
    """The address under which logs are served, without its scheme, as C2SP names logs."""
    return public_url.partition("://")[2]


async def ledger_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: needs the pool."""
    ledger = app[LEDGER] = Ledger(app[db.POOL], origin_base(app[SETTINGS].public_url))
    yield
    await ledger.close()
