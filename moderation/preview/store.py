"""The SQL of the preview: one statement over a bounded number of comments."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.db import Connection

BUCKETS = 10_000  # of a probability: thresholds are compared to a hundredth of a percent


@dataclass(frozen=True, slots=True)
class Cell:
    """Comments of the same fate, whatever the thresholds are."""

    bucket: int  # the probability's, rounded down
    ruling: str | None  # the action of a rule that decided alone; "asks" may still be rejected
    person: str | None  # what a person made of them
    comments: int
    oldest: datetime


# The newest come first along the primary key, and no more of them than are asked for.
CELLS = f"""
    SELECT c.bucket, c.ruling, c.person, count(*)::int AS comments, min(c.received_at) AS oldest
      FROM (
           SELECT floor(n.probability * {BUCKETS} + 1e-6)::int AS bucket,
                  CASE WHEN n.decided_by = '' THEN NULL
                       WHEN n.action = 'hold' AND n.decided_by <> 'decided_before' THEN 'asks'
                       ELSE n.action
                   END AS ruling,
                  n.decision AS person, n.received_at
             FROM comments AS n
            WHERE n.site_id = $1 AND n.id >= $2 AND n.counted AND n.origin = 'check'
            ORDER BY n.id DESC
            LIMIT $3
           ) AS c
     GROUP BY c.bucket, c.ruling, c.person
"""


async def cells(conn: Connection, site_id: int, oldest: UUID, most: int) -> list[Cell]:
    """The newest ``most`` comments that were checked since ``oldest``, repeats aside."""
    return [Cell(**row) for row in await conn.fetch(CELLS, site_id, oldest, most)]
