"""The SQL of who looks at what, and of what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import orjson

from service.db import Connection


@dataclass(frozen=True, slots=True)
class Claim:
    comment_id: UUID
    user_id: int
    name: str


CLAIM = """
    INSERT INTO review_claims AS r (site_id, comment_id, user_id, claimed_at)
    VALUES ($1, $2, $3, $4)
        ON CONFLICT (site_id, comment_id) DO UPDATE
       SET user_id = excluded.user_id, claimed_at = excluded.claimed_at
     WHERE r.user_id = excluded.user_id OR r.claimed_at < $5
    RETURNING true
"""


async def claim(  # noqa: PLR0913, PLR0917  (the columns)
    conn: Connection,
    site_id: int,
    comment_id: UUID,
    user_id: int,
    now: datetime,
    forgotten_before: datetime,
) -> bool:
    """False if somebody else looks at it, or if it is gone."""
    try:
        async with conn.transaction():
            return bool(
                await conn.fetchval(CLAIM, site_id, comment_id, user_id, now, forgotten_before)
            )
    except asyncpg.ForeignKeyViolationError:
        return False


RELEASE = """
    DELETE FROM review_claims
     WHERE user_id = $1 AND comment_id <> $2
"""


async def release(conn: Connection, user_id: int, but: UUID) -> None:
    """Nobody looks at two comments at once."""
    await conn.execute(RELEASE, user_id, but)


FIND = """
    SELECT r.comment_id, r.user_id, u.name
      FROM review_claims AS r
      JOIN users AS u ON u.id = r.user_id
     WHERE r.site_id = $1 AND r.comment_id = $2 AND r.claimed_at >= $3
"""
CLAIMS = """
    SELECT r.comment_id, r.user_id, u.name
      FROM unnest($1::int[], $2::uuid[]) AS q (site_id, comment_id)
      JOIN review_claims AS r ON r.site_id = q.site_id AND r.comment_id = q.comment_id
      JOIN users AS u ON u.id = r.user_id
     WHERE r.claimed_at >= $3
"""


async def find(conn: Connection, site_id: int, comment_id: UUID, since: datetime) -> Claim | None:
    row = await conn.fetchrow(FIND, site_id, comment_id, since)
    return Claim(**row) if row else None


async def claims(
    conn: Connection, site_ids: Sequence[int], ids: Sequence[UUID], since: datetime
) -> dict[UUID, Claim]:
    rows = await conn.fetch(CLAIMS, site_ids, ids, since)
    return {row["comment_id"]: Claim(**row) for row in rows}


ANNOUNCE = """
    SELECT pg_notify($1, $2)
"""


async def announce(conn: Connection, channel: str, message: Mapping[str, object]) -> None:
    await conn.execute(ANNOUNCE, channel, orjson.dumps(message).decode())


NEWEST_HELD = """
    SELECT s.id AS site_id, n.id
      FROM sites AS s
     CROSS JOIN LATERAL (
           SELECT c.id
             FROM comments AS c
            WHERE c.site_id = s.id AND coalesce(c.decision, c.action) = 'hold'
              AND c.first_id IS NULL AND NOT c.is_test
            ORDER BY c.id DESC
            LIMIT 1
           ) AS n
"""


async def newest_held(conn: Connection) -> dict[int, UUID]:
    """The newest comment that waits, by site."""
    return {row["site_id"]: row["id"] for row in await conn.fetch(NEWEST_HELD)}
