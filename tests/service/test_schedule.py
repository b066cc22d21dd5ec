import asyncio
from datetime import timedelta

import pytest

from service import schedule, store
from service.schedule import LEASE, job, run_due
from service.settings import Settings

HOUR = timedelta(hours=1)
SETTINGS = Settings()


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    monkeypatch.setattr(schedule, "JOBS", {})


@pytest.fixture
def run(pool, dsn, frozen_clock):
    async def run():
        return await run_due(pool, dsn, SETTINGS)

    return run


async def test_a_job_runs_at_once_and_then_after_its_interval(run, frozen_clock):
    ran = []

    @job("tidy", every=HOUR)
    async def tidy(_conn, settings):
        ran.append(settings)
        return 3

    assert [await run(), await run()] == ["tidy", None]
    frozen_clock.advance(HOUR)

    assert [await run(), await run()] == ["tidy", None]
    assert ran == [SETTINGS, SETTINGS]


async def test_the_history_says_what_a_job_changed(run, conn, frozen_clock):
    @job("tidy", every=HOUR)
    async def tidy(_conn, _settings):
        frozen_clock.advance(timedelta(minutes=2))
        return 3

    await run()

    (entry,) = await store.runs(conn, 10)
    assert (entry.name, entry.outcome, entry.changed) == ("tidy", "done", 3)
    assert entry.finished_at - entry.started_at == timedelta(minutes=2)


async def test_a_job_may_open_transactions_of_its_own(run, conn):
    @job("tidy", every=HOUR)
    async def tidy(own, _settings):
        async with own.transaction():
            await own.execute("CREATE TABLE z_tidied ()")
        return 0

    await run()

    assert await conn.fetchval("SELECT to_regclass('z_tidied') IS NOT NULL")


async def test_a_failing_job_is_kept_with_its_class_and_tried_again_soon(run, conn, frozen_clock):
    @job("flaky", every=timedelta(days=1))
    async def flaky(_conn, _settings):
        raise ZeroDivisionError("needle@personal.example")

    @job("other", every=timedelta(days=1))
    async def other(_conn, _settings):
        return 0

    assert {await run(), await run()} == {"flaky", "other"}
    assert await run() is None
    frozen_clock.advance(schedule.AFTER_FAILURE)

    assert await run() == "flaky"
    outcomes = [(entry.name, entry.outcome) for entry in await store.runs(conn, 10)]
    assert outcomes.count(("flaky", "ZeroDivisionError")) == 2


async def test_two_workers_never_run_the_same_job_at_once(run):
    running, both = [], asyncio.Event()

    def meet(name):
        @job(name, every=HOUR)
        async def meet(_conn, _settings):
            running.append(name)
            if len(running) == 2:
                both.set()
            async with asyncio.timeout(30):
                await both.wait()  # neither returns unless both run at once
            return 0

    meet("one")
    meet("two")

    done = await asyncio.gather(run(), run(), run())

    assert sorted(done, key=str) == [None, "one", "two"]


async def test_a_job_of_a_dead_process_is_taken_over_when_its_lease_is_over(
    run, conn, frozen_clock
):
    @job("tidy", every=HOUR)
    async def tidy(_conn, _settings):
        return 0

    now = frozen_clock()
    await store.add_jobs(conn, ["tidy"], now)
    lost = "00000000-0000-0000-0000-000000000001"
    assert await store.claim_job(conn, ["tidy"], now, lost, LEASE) == "tidy"

    assert await run() is None
    frozen_clock.advance(LEASE)

    assert await run() == "tidy"
    assert not await store.renew_lease(conn, "tidy", lost, now)


async def test_the_history_is_bounded(run, conn, frozen_clock, monkeypatch):
    monkeypatch.setattr(schedule, "RUNS_KEPT", 3)

    @job("tidy", every=HOUR)
    async def tidy(_conn, _settings):
        return 0

    for _ in range(5):
        await run()
        frozen_clock.advance(HOUR)

    assert len(await store.runs(conn, 100)) == 3


def test_two_jobs_do_not_share_a_name():
    @job("tidy", every=HOUR)
    async def tidy(_conn, _settings):
        return 0

    with pytest.raises(ValueError, match="two jobs named 'tidy'"):
        job("tidy", every=HOUR)(tidy)


async def test_an_outage_of_the_database_does_not_end_the_work(
    pool, dsn, conn, frozen_clock, monkeypatch
):
    done = asyncio.Event()

    @job("tidy", every=HOUR)
    async def tidy(_conn, _settings):
        done.set()
        return 0

    monkeypatch.setattr(schedule, "POLL_SECONDS", 0.01)
    pid = await pool.fetchval("SELECT pg_backend_pid()")
    await conn.execute("SELECT pg_terminate_backend($1)", pid)
    task = asyncio.create_task(schedule.work(pool, dsn, SETTINGS))

    async with asyncio.timeout(30):
        await done.wait()

    task.cancel()
    await asyncio.wait([task])
