from contextlib import suppress

import asyncpg
import pytest

from service import db, store
from service.db import DatabaseUnavailable, NoDatabase


async def test_jsonb_arrives_and_leaves_as_values(conn):
    value = {"a": [1, 2.5, None], "ü": "ß"}

    assert await conn.fetchval("SELECT $1::jsonb", value) == value


async def test_json_stays_text(conn):
    """Findings are written as the text they are read as; nothing is parsed on the way."""
    assert await conn.fetchval("SELECT $1::json", '{"a":  1}') == '{"a":  1}'


async def test_an_ended_session_is_an_outage(conn, pool):
    pid = await pool.fetchval("SELECT pg_backend_pid()")

    with pytest.raises(DatabaseUnavailable):
        async with db.connection(pool) as mine:
            await conn.execute("SELECT pg_terminate_backend($1)", pid)
            await store.ping(mine)


async def test_the_pool_recovers_from_an_ended_session(conn, pool):
    pid = await pool.fetchval("SELECT pg_backend_pid()")
    await conn.execute("SELECT pg_terminate_backend($1)", pid)
    # Whether the pool has noticed by now is a matter of luck; the second time it must have.
    with suppress(DatabaseUnavailable):
        async with db.connection(pool) as mine:
            await store.ping(mine)

    async with db.connection(pool) as mine:
        await store.ping(mine)


async def test_a_mistake_is_no_outage(pool):
    with pytest.raises(asyncpg.UndefinedTableError):
        async with db.connection(pool) as conn:
            await conn.execute("TABLE nowhere")


@pytest.mark.parametrize(
    ("error", "is_outage"),
    [
        (asyncpg.DiskFullError(), True),
        (asyncpg.TooManyConnectionsError(), True),
        (asyncpg.CannotConnectNowError(), True),
        (asyncpg.AdminShutdownError(), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (TimeoutError(), True),
        (FileNotFoundError(), True),
        (asyncpg.DataError(), False),
        (asyncpg.UniqueViolationError(), False),
        (asyncpg.exceptions.ClientConfigurationError("x"), False),
        (ValueError(), False),
    ],
)
def test_what_may_succeed_later_is_told_from_what_never_will(error, is_outage):
    assert db.is_unavailable(error) is is_outage


@pytest.mark.parametrize(
    "dsn", ["postgresql://nobody@127.0.0.1:1/none", "postgresql:///x?host=/nowhere", "mysql://x/y"]
)
async def test_a_database_that_cannot_be_reached_is_said_in_a_sentence(dsn):
    with pytest.raises(NoDatabase, match=r"cannot be reached .* GATEHOUSE_DATABASE_URL"):
        async with db.connected(dsn):
            pass


async def test_a_server_that_is_too_old_is_refused(conn, monkeypatch):
    monkeypatch.setattr(db, "OLDEST_SERVER", 99)

    with pytest.raises(NoDatabase, match="needs 99 or newer"):
        db.require_version(conn)
