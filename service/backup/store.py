"""The SQL of back-ups."""

from service.db import Connection

EXPORT_SNAPSHOT = """
    SELECT pg_export_snapshot()
"""


async def export_snapshot(conn: Connection) -> str:
    """A name by which pg_dump sees what this transaction sees, as long as it lasts."""
    name: str = await conn.fetchval(EXPORT_SNAPSHOT)
    return name


IS_EMPTY = """
    SELECT NOT EXISTS (
           SELECT
             FROM pg_class
            WHERE relnamespace = coalesce(current_schema(), 'public')::regnamespace
           )
"""


async def is_empty(conn: Connection) -> bool:
    return bool(await conn.fetchval(IS_EMPTY))


# As migration 0002 does: which compression a server is built with travels with no dump.
COMPRESS_TEXTS = """
    DO $$
    BEGIN
        ALTER TABLE comments ALTER COLUMN text SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN NULL;
    END;
    $$
"""


async def compress_texts(conn: Connection) -> None:
    await conn.execute(COMPRESS_TEXTS)


COUNT_ROWS = """
    ANALYZE
"""


async def count_rows(conn: Connection) -> None:
    """Let the planner know what is there: a dump does not carry that."""
    await conn.execute(COUNT_ROWS)
