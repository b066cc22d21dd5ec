"""The SQL of the chassis, sites apart (``service.sites.store``).

A statement is an upper-case constant right above the function that runs it, so that tests can have
PostgreSQL prepare every one.  Functions take the connection first and never open a transaction: the
caller knows what belongs together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.db import Connection

PING = """
    SELECT 1
"""


async def ping(conn: Connection) -> None:
    await conn.execute(PING)


SERVER_TIME = """
    SELECT clock_timestamp()
"""


async def server_time(conn: Connection) -> datetime:
    time: datetime = await conn.fetchval(SERVER_TIME)
    return time


# The no-op update makes the row that was there before come back.
ADOPT_FINGERPRINT = """
    INSERT INTO deployment (secret_fingerprint)
    VALUES ($1)
        ON CONFLICT (single_row) DO UPDATE SET single_row = true
    RETURNING secret_fingerprint
"""


async def adopt_fingerprint(conn: Connection, fingerprint: bytes) -> bytes:
    """The fingerprint that counts: the stored one, or ours if this database had none."""
    stored: bytes = await conn.fetchval(ADOPT_FINGERPRINT, fingerprint)
    return stored


FINGERPRINT = """
    SELECT secret_fingerprint
      FROM deployment
"""


async def fingerprint(conn: Connection) -> bytes | None:
    stored: bytes | None = await conn.fetchval(FINGERPRINT)
    return stored


REPLACE_FINGERPRINT = """
    UPDATE deployment
       SET secret_fingerprint = $1
"""


async def replace_fingerprint(conn: Connection, fingerprint: bytes) -> None:
    await conn.execute(REPLACE_FINGERPRINT, fingerprint)


TRY_LOCK = """
    SELECT pg_try_advisory_lock($1::bigint)
"""


async def try_lock(conn: Connection, key: int) -> bool:
    """Alone, until the connection ends."""
    return bool(await conn.fetchval(TRY_LOCK, key))


TRY_SHARED_LOCK = """
    SELECT pg_try_advisory_lock_shared($1::bigint)
"""


async def try_shared_lock(conn: Connection, key: int) -> bool:
    """Together with others, until the connection ends."""
    return bool(await conn.fetchval(TRY_SHARED_LOCK, key))


INSERT_AUDIT = """
    INSERT INTO audit_trail
           (site_id, id, recorded_at, actor_kind, actor, action, subject, details)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def insert_audit(  # noqa: PLR0913, PLR0917  (the columns)
    conn: Connection,
    site_id: int,
    entry_id: UUID,
    recorded_at: datetime,
    actor_kind: str,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, object],
) -> None:
    await conn.execute(
        INSERT_AUDIT, site_id, entry_id, recorded_at, actor_kind, actor, action, subject, details
    )


@dataclass(frozen=True, slots=True)
class JobRun:
    id: int
    name: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None  # "done", or the class of the error; None while it runs or if it was lost
    changed: int | None


ADD_JOBS = """
    INSERT INTO jobs (name, due_at)
    SELECT name, $2
      FROM unnest($1::text[]) AS name
        ON CONFLICT (name) DO NOTHING
"""


async def add_jobs(conn: Connection, names: Sequence[str], due_at: datetime) -> None:
    await conn.execute(ADD_JOBS, list(names), due_at)


CLAIM_JOB = """
    UPDATE jobs
       SET lease = $3, leased_until = $4
     WHERE name = (
           SELECT name
             FROM jobs
            WHERE name = ANY($1::text[]) AND due_at <= $2
              AND (leased_until IS NULL OR leased_until <= $2)
            ORDER BY due_at, name
            LIMIT 1
              FOR UPDATE SKIP LOCKED
           )
    RETURNING name
"""


async def claim_job(
    conn: Connection, names: Sequence[str], now: datetime, lease: UUID, length: timedelta
) -> str | None:
    """The job that has been due longest and that nobody holds; ours until ``now + length``."""
    name: str | None = await conn.fetchval(CLAIM_JOB, list(names), now, lease, now + length)
    return name


RENEW_LEASE = """
    UPDATE jobs
       SET leased_until = $3
     WHERE name = $1 AND lease = $2
    RETURNING true
"""


async def renew_lease(conn: Connection, name: str, lease: UUID, until: datetime) -> bool:
    """False if somebody else has the job by now."""
    return bool(await conn.fetchval(RENEW_LEASE, name, lease, until))


FINISH_JOB = """
    UPDATE jobs
       SET due_at = $3, lease = NULL, leased_until = NULL
     WHERE name = $1 AND lease = $2
"""


async def finish_job(conn: Connection, name: str, lease: UUID, due_at: datetime) -> None:
    await conn.execute(FINISH_JOB, name, lease, due_at)


START_RUN = """
    INSERT INTO job_runs (name, started_at)
    VALUES ($1, $2)
    RETURNING id
"""


async def start_run(conn: Connection, name: str, now: datetime) -> int:
    run_id: int = await conn.fetchval(START_RUN, name, now)
    return run_id


END_RUN = """
    UPDATE job_runs
       SET finished_at = $2, outcome = $3, changed = $4
     WHERE id = $1
"""


async def end_run(
    conn: Connection, run_id: int, now: datetime, outcome: str, changed: int | None
) -> None:
    await conn.execute(END_RUN, run_id, now, outcome, changed)


FORGET_RUNS = """
    DELETE FROM job_runs
     WHERE name = $1
       AND id <= (
           SELECT id
             FROM job_runs
            WHERE name = $1
            ORDER BY id DESC
           OFFSET $2
            LIMIT 1
           )
"""


async def forget_runs(conn: Connection, name: str, kept: int) -> None:
    await conn.execute(FORGET_RUNS, name, kept)


RUNS = """
    SELECT id, name, started_at, finished_at, outcome, changed
      FROM job_runs
     ORDER BY id DESC
     LIMIT $1
"""


async def runs(conn: Connection, limit: int) -> list[JobRun]:
    """The newest first."""
    return [JobRun(**row) for row in await conn.fetch(RUNS, limit)]
