"""Recurring jobs: decorated functions, one row each with a lease, and a history that people read.

A job is due when it was never run, or its interval after its last start.  Whoever claims it holds a
lease, renewed while it runs; if the process dies, the lease runs out and somebody else starts over.
So a job may run twice: it must be safe to repeat, and to be stopped half-way.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import structlog
from aiohttp import web

from service import clock, db, store
from service.db import Connection, Pool
from service.settings import SETTINGS, Settings

log = structlog.get_logger()

# Takes a connection that is in no transaction; returns how many rows it changed.
Function: TypeAlias = Callable[[Connection, Settings], Awaitable[int]]

LEASE = timedelta(seconds=60)
RENEW_SECONDS = 20.0
POLL_SECONDS = 5.0
RUNS_KEPT = 100  # of each job
AFTER_FAILURE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    function: Function


JOBS: dict[str, Job] = {}


def job(name: str, every: timedelta) -> Callable[[Function], Function]:
    """Run the decorated function again and again.  It is found when its module is imported."""

    def register(function: Function) -> Function:
        if name in JOBS:
            raise ValueError(f"two jobs named {name!r}")
        JOBS[name] = Job(name, every, function)
        return function

    return register


async def run_due(pool: Pool, dsn: str, settings: Settings) -> str | None:
    """Run the job that has been due longest; its name, or None if none is due.

    Raises what the driver raises if the database cannot be reached; a failing job raises nothing.
    """
    lease, started_at = uuid4(), clock.now()
    async with pool.acquire() as conn:
        await store.add_jobs(conn, list(JOBS), started_at)
        name = await store.claim_job(conn, list(JOBS), started_at, lease, LEASE)
        if name is None:
            return None
        run_id = await store.start_run(conn, name, started_at)
    keeper = asyncio.create_task(_keep(pool, name, lease))
    try:
        outcome, changed = await _run(dsn, JOBS[name], settings)
    finally:
        keeper.cancel()
    async with pool.acquire() as conn, conn.transaction():
        await store.end_run(conn, run_id, clock.now(), outcome, changed)
        await store.forget_runs(conn, name, RUNS_KEPT)
        wait = JOBS[name].every if outcome == "done" else min(JOBS[name].every, AFTER_FAILURE)
        await store.finish_job(conn, name, lease, started_at + wait)
    return name


async def work(pool: Pool, dsn: str, settings: Settings) -> None:
    """Run what is due, for ever."""
    while True:
        try:
            while await run_due(pool, dsn, settings):
                pass
        except Exception as error:
            if db.is_unavailable(error):
                log.warning("jobs.postponed", error=type(error).__name__)
            else:
                log.exception("jobs.stuck")
        await asyncio.sleep(POLL_SECONDS)


async def schedule_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: this process works through the jobs while it serves."""
    task = asyncio.create_task(work(app[db.POOL], app[db.DSN], app[SETTINGS]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _run(dsn: str, due: Job, settings: Settings) -> tuple[str, int | None]:
    try:
        # A connection of its own: it is held for long, and its statements may take long.
        async with db.connected(dsn) as conn:
            changed = await due.function(conn, settings)
    except Exception as error:
        # Anything may fail in a job; whatever it is, the others must run.
        log.exception("job.failed", job=due.name)
        return type(error).__name__, None
    # Some run every few seconds: what changed nothing stands in the history alone.
    if changed:
        log.info("job.done", job=due.name, changed=changed)
    else:
        log.debug("job.done", job=due.name, changed=changed)
    return "done", changed


async def _keep(pool: Pool, name: str, lease: UUID) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with suppress(*db.UNAVAILABLE):
            async with pool.acquire() as conn:
                if not await store.renew_lease(conn, name, lease, clock.now() + LEASE):
                    return
