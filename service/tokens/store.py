"""The SQL of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from service.db import Connection

READ_KEY = """
    SELECT sealed
      FROM token_key
"""


async def read_key(conn: Connection) -> bytes | None:
    """The sealed key of the tokens' hashes; None as long as there is no token."""
    sealed: bytes | None = await conn.fetchval(READ_KEY)
    return sealed


INSERT_KEY = """
    INSERT INTO token_key (sealed)
    VALUES ($1)
        ON CONFLICT DO NOTHING
"""


async def insert_key(conn: Connection, sealed: bytes) -> None:
    """Leaves the key alone that somebody else was quicker to make."""
    await conn.execute(INSERT_KEY, sealed)


RESEAL_KEY = """
    UPDATE token_key
       SET sealed = $1
"""


async def reseal_key(conn: Connection, sealed: bytes) -> None:
    await conn.execute(RESEAL_KEY, sealed)


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    site_id: int | None
    site: str | None  # its name
    name: str
    lookup: bytes
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


TOKENS = """
    SELECT t.id, t.site_id, s.name AS site, t.name, t.lookup, t.scopes, t.created_at,
           t.expires_at, t.revoked_at, t.last_used_on
      FROM tokens AS t
      LEFT JOIN sites AS s ON s.id = t.site_id
     ORDER BY t.id
"""


async def tokens(conn: Connection) -> list[TokenRow]:
    return [TokenRow(**row) for row in await conn.fetch(TOKENS)]


INSERT_ROW = """
    INSERT INTO tokens (site_id, name, lookup, scopes, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING id
"""


async def insert_token(  # noqa: PLR0913, PLR0917  (the columns)
    conn: Connection,
    site_id: int | None,
    name: str,
    lookup: bytes,
    scopes: Sequence[str],
    now: datetime,
    expires_at: datetime | None,
) -> int:
    token_id: int = await conn.fetchval(INSERT_ROW, site_id, name, lookup, scopes, now, expires_at)
    return token_id


REVOKE = """
    UPDATE tokens
       SET revoked_at = $2
     WHERE id = $1 AND revoked_at IS NULL
    RETURNING coalesce(site_id, 0)
"""


async def revoke_token(conn: Connection, token_id: int, now: datetime) -> int | None:
    """The token's site, 0 for all of them; None if there is no such token in use."""
    site_id: int | None = await conn.fetchval(REVOKE, token_id, now)
    return site_id


NOTE_USE = """
    UPDATE tokens
       SET last_used_on = $2
     WHERE id = $1 AND (last_used_on IS NULL OR last_used_on < $2)
"""


async def note_use(conn: Connection, token_id: int, day: date) -> None:
    await conn.execute(NOTE_USE, token_id, day)
