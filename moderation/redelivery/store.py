"""The SQL of redeliveries: first deliveries, and what was labelled by one."""

from collections.abc import Sequence
from uuid import UUID

from moderation.comments import Comment
from moderation.history import Earlier, Keys
from moderation.store import verdict_of
from service.db import Connection
from service.sites import Site

# One probe of the index for each: joined as sets, a plan that was made while the table was small
# would read all of it ever after.
FIRST_DELIVERIES = """
    SELECT q.place, f.*
      FROM unnest($1::int[], $2::int[], $3::bigint[]) AS q (place, site_id, identity_hash)
     CROSS JOIN LATERAL (
           SELECT c.id, c.action, c.probability, c.log_odds, c.findings, c.decided_by, c.model,
                  c.adjustment
             FROM comments AS c
            WHERE c.site_id = q.site_id AND c.identity_hash = q.identity_hash
              AND c.first_id IS NULL AND c.delivery_id IS NOT NULL
            LIMIT 1
           ) AS f
"""


async def first_deliveries(
    conn: Connection, asked: Sequence[tuple[Comment, Site, Keys]]
) -> dict[int, Earlier]:
    """Place -> the first delivery of what is being delivered again; asks only if something may."""
    places = [n for n, (comment, _, _) in enumerate(asked) if comment.delivery_id is not None]
    if not places:
        return {}
    rows = await conn.fetch(
        FIRST_DELIVERIES,
        places,
        [asked[n][1].id for n in places],
        [asked[n][2].identity for n in places],
    )
    return {row["place"]: Earlier(row["id"], verdict_of(row)) for row in rows}


REPORTED = """
    SELECT comment_id
      FROM webhook_reports
     WHERE site_id = $1 AND delivery_hash = $2
"""


async def reported(conn: Connection, site_id: int, delivery_hash: int) -> UUID | None:
    """The comment that this delivery labelled."""
    comment_id: UUID | None = await conn.fetchval(REPORTED, site_id, delivery_hash)
    return comment_id


# The comment may have been deleted since it was labelled; then there is nothing to protect.
ADD_REPORT = """
    INSERT INTO webhook_reports (site_id, delivery_hash, comment_id)
    SELECT c.site_id, $2, c.id
      FROM comments AS c
     WHERE c.site_id = $1 AND c.id = $3
        ON CONFLICT DO NOTHING
"""


async def add_report(conn: Connection, site_id: int, delivery_hash: int, comment_id: UUID) -> None:
    await conn.execute(ADD_REPORT, site_id, delivery_hash, comment_id)
