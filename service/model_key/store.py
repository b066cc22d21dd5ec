"""The SQL of the key that authenticates models."""

from service.db import Connection

READ_KEY = """
    SELECT sealed
      FROM model_key
"""


async def read_key(conn: Connection) -> bytes | None:
    sealed: bytes | None = await conn.fetchval(READ_KEY)
    return sealed


# The no-op update makes the row that was there before come back.
ADOPT_KEY = """
    INSERT INTO model_key (sealed)
    VALUES ($1)
        ON CONFLICT (single_row) DO UPDATE SET single_row = true
    RETURNING sealed
"""


async def adopt_key(conn: Connection, sealed: bytes) -> bytes:
    """The sealed key that counts: the stored one, or ours if there was none."""
    stored: bytes = await conn.fetchval(ADOPT_KEY, sealed)
    return stored


RESEAL_KEY = """
    UPDATE model_key
       SET sealed = $1
"""


async def reseal_key(conn: Connection, sealed: bytes) -> None:
    await conn.execute(RESEAL_KEY, sealed)
