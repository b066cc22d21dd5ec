"""The SQL of the migration runner itself."""

from service.db import Connection

TRY_LOCK = """
    SELECT pg_try_advisory_lock($1::bigint)
"""


async def try_lock(conn: Connection, key: int) -> bool:
    return bool(await conn.fetchval(TRY_LOCK, key))


UNLOCK = """
    SELECT pg_advisory_unlock($1::bigint)
"""


async def unlock(conn: Connection, key: int) -> None:
    await conn.execute(UNLOCK, key)


CREATE_RECORD = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name       text PRIMARY KEY,
        sha256     bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


async def create_record(conn: Connection) -> None:
    await conn.execute(CREATE_RECORD)


HAS_RECORD = """
    SELECT to_regclass('schema_migrations') IS NOT NULL
"""

APPLIED = """
    SELECT name, sha256
      FROM schema_migrations
"""


async def applied(conn: Connection) -> dict[str, bytes]:
    """Name of each applied file -> SHA-256 of its text; empty for a new database."""
    if not await conn.fetchval(HAS_RECORD):
        return {}
    return {row["name"]: row["sha256"] for row in await conn.fetch(APPLIED)}


RECORD = """
    INSERT INTO schema_migrations (name, sha256)
    VALUES ($1, $2)
"""


async def record(conn: Connection, name: str, sha256: bytes) -> None:
    await conn.execute(RECORD, name, sha256)


LIMIT_LOCK_WAITS = """
    SET LOCAL lock_timeout = '4s'
"""


async def limit_lock_waits(conn: Connection) -> None:
    """For this transaction: whoever waits for a lock makes every statement behind it wait too."""
    await conn.execute(LIMIT_LOCK_WAITS)
