"""Numbers over time: how often a notice was handed out, and what became of it.

Nobody is told apart.  What is handed out is counted in memory and added once a minute, so a process
that is killed loses a minute of it; decisions are counted from the log, and are exact.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, timedelta

import structlog
from aiohttp import web

from consent import store as consent_store
from consent.counts import store
from consent.counts.store import Counts, Handed
from consent.ledger import store as ledger
from consent.notices.document import Kind
from consent.notices.shelf import Edition
from service import clock, db, errors
from service.db import Connection, Pool
from service.schedule import job
from service.settings import Settings

log = structlog.get_logger()

FLUSH_SECONDS = 60.0
CHUNK = 20_000  # entries that are counted in one transaction


class Shown:
    """What this process handed out since it last wrote it down."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counts: Counter[Handed] = Counter()

    def note(self, site_id: int, edition: Edition, language: str) -> None:
        day = clock.now().date()
        self._counts[Handed(site_id, day, edition.row.sha256, language)] += 1

    async def flush(self) -> None:
        """Write it down; what cannot be written now is kept for the next time."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            async with db.connection(self._pool) as conn:
                await store.add_shown(conn, counts)
        except errors.Unavailable:
            self._counts.update(counts)
            log.warning("counts.postponed", notices=counts.total())


SHOWN = web.AppKey("SHOWN", Shown)


async def shown_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: needs the pool."""
    shown = app[SHOWN] = Shown(app[db.POOL])
    task = asyncio.create_task(_flush_for_ever(shown))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await shown.flush()


async def _flush_for_ever(shown: Shown) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        await shown.flush()


@job("consent_counts", every=timedelta(minutes=10))
async def count(conn: Connection, _settings: Settings) -> int:
    """Bring the counts of every log up to its head; how many entries were looked at."""
    counted = 0
    for site_id in await consent_store.site_ids(conn):
        while chunk := await count_chunk(conn, site_id):
            counted += chunk
    await store.add_up(conn, clock.now().date())
    return counted


async def count_chunk(conn: Connection, site_id: int) -> int:
    """Count the next entries of the first log of the site that has some left; how many."""
    for head in await ledger.epochs(conn, site_id):
        async with conn.transaction():
            start = await store.lock_counted(conn, site_id, head.epoch)
            end = min(start + CHUNK, head.size)
            if start < end:
                await store.count_decisions(conn, site_id, head.epoch, start, end)
                return end - start
    return 0


async def read(  # noqa: PLR0913, PLR0917  (of what, from when to when, by what)
    conn: Connection, site_id: int, kind: Kind, since: date, until: date, unit: str
) -> list[Counts]:
    """A value for each day or month from ``since`` to before ``until``, also for the empty ones.

    ``unit`` is ``day`` or ``month``; ``since`` is the first of one.
    """
    await count_chunk(conn, site_id)  # what came since the job last ran is usually less than that
    rows = await store.counts(conn, site_id, str(kind), since, until, unit)
    found = {row.first_day: row for row in rows}
    return [found.get(day, Counts(day)) for day in _days(since, until, unit)]


def _days(since: date, until: date, unit: str) -> list[date]:
    days, day = [], since
    while day < until:
        days.append(day)
        day = _next_month(day) if unit == "month" else day + timedelta(days=1)
    return days


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
