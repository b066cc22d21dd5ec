"""The SQL of erasures that are applied again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from service.db import Connection

APPLIED = """
    SELECT applied_bytes
      FROM erasure_journals
     WHERE journal = $1
"""


async def applied(conn: Connection, journal: UUID) -> int:
    """How far this database has seen the journal; 0 if never."""
    return int(await conn.fetchval(APPLIED, journal) or 0)


SET_APPLIED = """
    INSERT INTO erasure_journals (journal, applied_bytes)
    VALUES ($1, $2)
        ON CONFLICT (journal) DO UPDATE SET applied_bytes = EXCLUDED.applied_bytes
"""


async def set_applied(conn: Connection, journal: UUID, applied_bytes: int) -> None:
    await conn.execute(SET_APPLIED, journal, applied_bytes)


# A repeat comes within a minute of its first, and ids are ordered by time: 2^80 is a millisecond.
ERASE_COMMENTS = """
    WITH gone AS (
         DELETE FROM comments AS c
          USING unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS e (id, above, below)
          WHERE c.site_id = $1 AND (c.id = e.id
             OR (c.id > e.above AND c.id < e.below AND c.first_id = e.id))
      RETURNING c.id
    ), unsent AS (
         DELETE FROM outbox AS o
          USING gone
          WHERE o.site_id = $1 AND o.comment_id = gone.id
    ), forgotten AS (
         DELETE FROM idempotency_keys AS k
          USING gone
          WHERE k.site_id = $1 AND k.comment_id = gone.id
    )
    SELECT count(*)
      FROM gone
"""


async def erase_comments(
    conn: Connection, site_id: int, erased: Sequence[tuple[UUID, UUID, UUID]]
) -> int:
    """Delete comments with their repeats, labels and deliveries; how many checks that were.

    Each is (id, a lower, an upper bound of the ids of its repeats).
    """
    ids, above, below = zip(*erased, strict=True)
    number: int = await conn.fetchval(ERASE_COMMENTS, site_id, ids, above, below)
    return number


ADDED_AT = """
    SELECT created_at
      FROM sites
     WHERE id = $1
"""


async def added_at(conn: Connection, site_id: int) -> datetime | None:
    """When the site was added; None if there is none of this number."""
    moment: datetime | None = await conn.fetchval(ADDED_AT, site_id)
    return moment
