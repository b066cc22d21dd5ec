"""The SQL of signing keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.db import Connection


@dataclass(frozen=True, slots=True)
class KeyRow:
    id: int
    name: str
    public: bytes
    sealed: bytes = field(repr=False)
    retired_at: datetime | None


KEYS = """
    SELECT id, name, public, sealed, retired_at
      FROM signing_keys
     WHERE site_id = $1
     ORDER BY id
"""


async def keys(conn: Connection, site_id: int) -> list[KeyRow]:
    """All of a site, the newest last."""
    return [KeyRow(**row) for row in await conn.fetch(KEYS, site_id)]


INSERT_KEY = """
    INSERT INTO signing_keys (site_id, name, public, sealed, created_at)
    VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
"""


async def insert_key(  # noqa: PLR0913, PLR0917  (the columns)
    conn: Connection, site_id: int, name: str, public: bytes, sealed: bytes, now: datetime
) -> None:
    await conn.execute(INSERT_KEY, site_id, name, public, sealed, now)


RETIRE = """
    UPDATE signing_keys
       SET retired_at = $3
     WHERE site_id = $1 AND name = $2 AND retired_at IS NULL
"""


async def retire(conn: Connection, site_id: int, name: str, now: datetime) -> None:
    await conn.execute(RETIRE, site_id, name, now)


SEALED_KEYS = """
    SELECT site_id, id, sealed
      FROM signing_keys
       FOR UPDATE
"""


async def sealed_keys(conn: Connection) -> list[tuple[int, int, bytes]]:
    return [tuple(row) for row in await conn.fetch(SEALED_KEYS)]


RESEAL_KEY = """
    UPDATE signing_keys
       SET sealed = $3
     WHERE site_id = $1 AND id = $2
"""


async def reseal_keys(conn: Connection, rows: Sequence[tuple[int, int, bytes]]) -> None:
    await conn.executemany(RESEAL_KEY, rows)
