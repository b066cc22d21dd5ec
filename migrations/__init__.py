"""Numbered SQL files, and the few lines that apply them.

To change the schema, add ``NNNN_name.sql``.  It runs once, in a transaction of its own.  A file
whose first line is ``-- no transaction`` holds one statement and may be run again after a crash
(``DROP INDEX IF EXISTS`` in the file before it); that is for ``CREATE INDEX CONCURRENTLY``.
A file that was applied anywhere is never edited.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from migrations import store
from service import errors
from service.db import Connection

FILES = {path.name: path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.sql"))}
LOCK = 0x67617465  # "gate"; any constant will do that nobody else locks on
LOCK_POLL_SECONDS = 0.1
NO_TRANSACTION = "-- no transaction"


class BadMigration(errors.OperatorError):
    """The database and the migrations of this program do not fit together."""


async def migrate(conn: Connection, files: Mapping[str, str] = FILES) -> list[str]:
    """Bring the database up to date and return the names of the files applied.

    Safe to start on several machines at once: one migrates, the others find nothing to do.
    Raises ``BadMigration``, having changed nothing, if the database has seen other files than ours.
    """
    await _take_turns(conn)
    try:
        await store.create_record(conn)
        names = await pending(conn, files)
        for name in names:
            await _apply(conn, name, files[name])
        return names
    finally:
        if not conn.is_closed():
            await store.unlock(conn, LOCK)


async def pending(conn: Connection, files: Mapping[str, str] = FILES) -> list[str]:
    """Names of the files that are still to be applied, in order.  Raises ``BadMigration``."""
    applied = await store.applied(conn)
    newest = max(applied, default="")
    for name in sorted(applied):
        if name not in files:
            raise BadMigration(_unknown(name, files))
        if applied[name] != digest(files[name]):
            raise BadMigration(
                f"The migration {name} was changed after it had been applied to this database:"
                " restore the file as it was and put the change into a new one."
            )
    waiting = sorted(files.keys() - applied.keys())
    if waiting and waiting[0] < newest:
        raise BadMigration(
            f"The migration {waiting[0]} is missing in this database although {newest}, which"
            " follows it, was applied: give it the next free number."
        )
    return waiting


async def _take_turns(conn: Connection) -> None:
    # Whoever waits inside pg_advisory_lock holds a snapshot, and CREATE INDEX CONCURRENTLY of the
    # one who has the lock would wait for it: so it is asked for again and again.
    while not await store.try_lock(conn, LOCK):  # noqa: ASYNC110  (no event tells us)
        await asyncio.sleep(LOCK_POLL_SECONDS)


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _unknown(name: str, files: Mapping[str, str]) -> str:
    if name > max(files, default=""):
        return (
            f"This database was migrated by a newer Gatehouse ({name}): run that version or a"
            " later one, or restore a back-up made before the upgrade."
        )
    return (
        f"The migration {name} was applied to this database, but the file is missing: restore it."
    )


async def _apply(conn: Connection, name: str, text: str) -> None:
    if text.startswith(NO_TRANSACTION):
        await conn.execute(text)
        # If we were to crash here, the file would run again: that is why it must be repeatable.
        await store.record(conn, name, digest(text))
        return
    try:
        async with conn.transaction():
            await store.limit_lock_waits(conn)
            await conn.execute(text)
            await store.record(conn, name, digest(text))
    except asyncpg.LockNotAvailableError as error:
        raise BadMigration(
            f"The migration {name} waited too long for a lock: stop whatever uses the database"
            " and start again; nothing was changed."
        ) from error
