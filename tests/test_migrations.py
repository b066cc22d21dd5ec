import asyncio

import pytest

import migrations
from migrations import FILES, BadMigration, migrate, pending
from service import db

FUTURE = "9999_from_the_future.sql"


async def tables(conn):
    rows = await conn.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^z_'")
    return {row["relname"] for row in rows}


async def test_migrating_twice_changes_nothing(conn):
    assert await migrate(conn) == []


async def test_an_edited_file_is_refused(conn):
    first = min(FILES)

    with pytest.raises(BadMigration, match=f"{first} was changed after"):
        await migrate(conn, {**FILES, first: FILES[first] + "\n"})


async def test_a_missing_file_is_refused(conn):
    first = min(FILES)
    others = {name: text for name, text in FILES.items() if name != first}

    with pytest.raises(BadMigration, match=f"{first} was applied .* but the file is missing"):
        await migrate(conn, others)


async def test_a_database_of_a_newer_version_is_refused(conn):
    await migrate(conn, {**FILES, FUTURE: "CREATE TABLE z_future ()"})

    with pytest.raises(BadMigration, match="migrated by a newer Gatehouse"):
        await migrate(conn)


async def test_a_file_put_in_between_is_refused(conn):
    with pytest.raises(BadMigration, match=r"0000_early.* is missing in this database"):
        await migrate(conn, {**FILES, "0000_early.sql": "CREATE TABLE z_early ()"})

    assert await tables(conn) == set()


async def test_a_file_that_fails_leaves_nothing_behind(conn):
    files = {**FILES, "9998_good.sql": "CREATE TABLE z_good ()"}
    files[FUTURE] = "CREATE TABLE z_half (); SELECT no_such_function()"

    with pytest.raises(Exception, match="no_such_function"):
        await migrate(conn, files)

    assert await tables(conn) == {"z_good"}
    assert await pending(conn, files) == [FUTURE]


async def test_a_file_may_ask_for_no_transaction(conn):
    text = "-- no transaction\nCREATE INDEX CONCURRENTLY z_index ON comments (received_at)"

    assert await migrate(conn, {**FILES, FUTURE: text}) == [FUTURE]

    assert await conn.fetchval("SELECT to_regclass('z_index') IS NOT NULL")


async def test_who_waits_for_a_turn_does_not_stop_an_index_from_being_built(conn, dsn):
    text = "-- no transaction\nCREATE INDEX CONCURRENTLY z_index ON comments (received_at)"
    files = {**FILES, FUTURE: text}

    async with db.connected(dsn) as second, asyncio.timeout(20):
        applied = await asyncio.gather(migrate(conn, files), migrate(second, files))

    assert sorted(applied) == [[], [FUTURE]]


async def test_simultaneous_starts_apply_each_file_once(dsn):
    async with db.connected(dsn) as first, db.connected(dsn) as second, db.connected(dsn) as third:
        await first.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

        applied = await asyncio.gather(*map(migrate, (first, second, third)))

    assert sorted(map(len, applied)) == [0, 0, len(FILES)]


async def test_a_lock_held_by_somebody_else_is_said_and_nothing_is_changed(conn, dsn, monkeypatch):
    monkeypatch.setattr(migrations.store, "LIMIT_LOCK_WAITS", "SET LOCAL lock_timeout = '10ms'")
    async with db.connected(dsn) as other, other.transaction():
        await other.execute("LOCK TABLE sites")

        with pytest.raises(BadMigration, match="waited too long for a lock"):
            await migrate(conn, {**FILES, FUTURE: "CREATE TABLE z_x (); LOCK TABLE sites"})

    assert await tables(conn) == set()
