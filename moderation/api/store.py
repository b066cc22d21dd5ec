"""The SQL of the JSON API: comments read and erased, and keys of requests that come again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from service.db import Connection

SCANNED_AT_MOST = 20_000  # by one page, however few comments fit its filters

_NEWEST_LABEL = """
      LEFT JOIN LATERAL (
           SELECT l.label, l.source, l.created_at
             FROM labels AS l
            WHERE l.site_id = c.site_id AND l.comment_id = c.id
            ORDER BY l.id DESC
            LIMIT 1
           ) AS l ON true
"""
_COLUMNS = """
           c.id, c.first_id, c.received_at, c.submitted_at, c.origin, c.kind, c.text, c.author,
           c.email, c.url, host(c.address) AS address, c.user_agent, c.referrer, c.permalink,
           c.title, c.role, c.languages, c.platform_id, c.platform_post_id, c.parent_id,
           c.recheck_reason, c.is_test, c.action, c.probability, c.log_odds, c.findings,
           c.decided_by, c.model, c.adjustment,
           l.label, l.source AS label_source, l.created_at AS labelled_at
"""

FIND_COMMENT = f"""
    SELECT {_COLUMNS}
      FROM comments AS c
      {_NEWEST_LABEL}
     WHERE c.site_id = $1 AND c.id = $2
"""


async def find_comment(conn: Connection, site_id: int, comment_id: UUID) -> asyncpg.Record | None:
    """The comment with its newest label, as ``list_comments`` gives it."""
    return await conn.fetchrow(FIND_COMMENT, site_id, comment_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which comments: ids strictly between ``above`` and ``below``; ``None`` filters nothing."""

    above: UUID
    below: UUID
    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    label: str | None = None  # the newest one; "none" is none at all
    author: str | None = None
    language: str | None = None
    text: str | None = None


_BOUNDARY = """
    SELECT c.id
      FROM comments AS c
     WHERE c.site_id = $1 AND c.id > $2 AND c.id < $3
     ORDER BY c.id {order}
    OFFSET $4
     LIMIT 1
"""
BOUNDARY_NEWEST = _BOUNDARY.format(order="DESC")
BOUNDARY_OLDEST = _BOUNDARY.format(order="ASC")


async def boundary(conn: Connection, site_id: int, wanted: Wanted, *, newest: bool) -> UUID | None:
    """The last comment that one page looks through; None if there are no more than that."""
    found: UUID | None = await conn.fetchval(
        BOUNDARY_NEWEST if newest else BOUNDARY_OLDEST,
        site_id,
        wanted.above,
        wanted.below,
        SCANNED_AT_MOST - 1,
    )
    return found


_LIST = f"""
    SELECT {_COLUMNS}
      FROM comments AS c
      {_NEWEST_LABEL}
     WHERE c.site_id = $1 AND c.id > $2 AND c.id < $3
       AND ($4::timestamptz IS NULL OR c.received_at >= $4)
       AND ($5::timestamptz IS NULL OR c.received_at < $5)
       AND ($6::text IS NULL OR c.action = $6)
       AND ($7::text IS NULL OR coalesce(l.label, 'none') = $7)
       AND ($8::text IS NULL OR lower(c.author) = lower($8) OR lower(c.email) = lower($8))
       AND ($9::text IS NULL
            OR lower($9) = ANY (regexp_split_to_array(lower(c.languages), '[, ]+')))
       AND ($10::text IS NULL OR strpos(lower(c.text), lower($10)) > 0)
"""
LIST_NEWEST = f"""{_LIST}
     ORDER BY c.id DESC
     LIMIT $11
"""
LIST_OLDEST = f"""{_LIST}
     ORDER BY c.id
     LIMIT $11
"""


async def list_comments(
    conn: Connection, site_id: int, wanted: Wanted, *, newest: bool, limit: int
) -> list[asyncpg.Record]:
    return await conn.fetch(
        LIST_NEWEST if newest else LIST_OLDEST,
        site_id,
        wanted.above,
        wanted.below,
        wanted.since,
        wanted.until,
        wanted.action,
        wanted.label,
        wanted.author,
        wanted.language,
        wanted.text,
        limit,
    )


FIND_FIRST = """
    SELECT coalesce(first_id, id)
      FROM comments
     WHERE site_id = $1 AND id = $2
"""


async def find_first(conn: Connection, site_id: int, comment_id: UUID) -> UUID | None:
    """The comment that this one repeats, or itself; None if there is no such comment."""
    found: UUID | None = await conn.fetchval(FIND_FIRST, site_id, comment_id)
    return found


# Repeats come within a minute of their first, so their ids are close to its own.
ERASE = """
    WITH erased AS (
         DELETE FROM comments
          WHERE site_id = $1 AND (id = $2 OR (id > $3 AND id < $4 AND first_id = $2))
      RETURNING id
    ), forgotten AS (
         DELETE FROM idempotency_keys AS k
          USING erased AS e
          WHERE k.site_id = $1 AND k.comment_id = e.id
    ), unsent AS (
         DELETE FROM outbox AS o
          USING erased AS e
          WHERE o.site_id = $1 AND o.comment_id = e.id
    )
    SELECT count(*)
      FROM erased
"""


async def erase(conn: Connection, site_id: int, first_id: UUID, above: UUID, below: UUID) -> int:
    """Delete a first check and its repeats, labels and deliveries with them; how many checks.

    The repeats' ids lie between ``above`` and ``below``.
    """
    number: int = await conn.fetchval(ERASE, site_id, first_id, above, below)
    return number


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key that somebody used before us."""

    body_hash: bytes
    comment_id: UUID
    claimed_at: datetime


CLAIM = """
    INSERT INTO idempotency_keys (site_id, key_hash, body_hash, comment_id, claimed_at)
    VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
    RETURNING true
"""
FIND_CLAIM = """
    SELECT body_hash, comment_id, claimed_at
      FROM idempotency_keys
     WHERE site_id = $1 AND key_hash = $2
"""


async def claim(  # noqa: PLR0913, PLR0917  (the columns)
    conn: Connection,
    site_id: int,
    key_hash: bytes,
    body_hash: bytes,
    comment_id: UUID,
    now: datetime,
) -> bool:
    """False if somebody has the key already."""
    return bool(await conn.fetchval(CLAIM, site_id, key_hash, body_hash, comment_id, now))


async def find_claim(conn: Connection, site_id: int, key_hash: bytes) -> Claim | None:
    row = await conn.fetchrow(FIND_CLAIM, site_id, key_hash)
    return Claim(**row) if row else None


TAKE_OVER = """
    UPDATE idempotency_keys
       SET claimed_at = $4
     WHERE site_id = $1 AND key_hash = $2 AND claimed_at = $3
    RETURNING true
"""


async def take_over(
    conn: Connection, site_id: int, key_hash: bytes, before: datetime, now: datetime
) -> bool:
    """False if somebody else was quicker."""
    return bool(await conn.fetchval(TAKE_OVER, site_id, key_hash, before, now))


POINT_TO = """
    UPDATE idempotency_keys
       SET comment_id = $3
     WHERE site_id = $1 AND key_hash = $2
"""


async def point_to(conn: Connection, site_id: int, key_hash: bytes, comment_id: UUID) -> None:
    await conn.execute(POINT_TO, site_id, key_hash, comment_id)


RELEASE = """
    DELETE FROM idempotency_keys
     WHERE site_id = $1 AND key_hash = $2
"""


async def release(conn: Connection, site_id: int, key_hash: bytes) -> None:
    await conn.execute(RELEASE, site_id, key_hash)


FORGET = """
    WITH forgotten AS (
         DELETE FROM idempotency_keys
          WHERE claimed_at < $1
      RETURNING 1
    )
    SELECT count(*)
      FROM forgotten
"""


async def forget(conn: Connection, before: datetime) -> int:
    number: int = await conn.fetchval(FORGET, before)
    return number
