"""The SQL of the report on an observed site."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from service.db import Connection

FINDINGS_AT_MOST = 10
TELLING_LOG_ODDS = 0.1  # a smaller share moves no probability by more than 2.5 per cent


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date
    action: str  # what would have been done
    label: str | None  # what a person says of them now
    comments: int


# Ids are ordered by time, so the primary key finds where to begin.
COUNT_DAYS = """
    SELECT (c.received_at AT TIME ZONE 'UTC')::date AS day, c.action, l.label,
           count(*) AS comments
      FROM comments AS c
      LEFT JOIN LATERAL (
           SELECT label
             FROM labels
            WHERE site_id = c.site_id AND comment_id = c.id
            ORDER BY id DESC
            LIMIT 1
           ) AS l ON true
     WHERE c.site_id = $1 AND c.id >= $2 AND c.received_at >= $3 AND c.observed AND c.counted
     GROUP BY 1, 2, 3
     ORDER BY 1, 2, 3
"""


async def count_days(
    conn: Connection, site_id: int, oldest: UUID, since: datetime
) -> list[DayCount]:
    rows = await conn.fetch(COUNT_DAYS, site_id, oldest, since)
    return [DayCount(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class FindingCount:
    name: str
    comments: int
    mean_log_odds: float


# A finding is stored as [name, log-odds, parameters].
COUNT_FINDINGS = """
    SELECT f.value ->> 0 AS name, count(*) AS comments,
           round(avg((f.value ->> 1)::float8)::numeric, 2)::float8 AS mean_log_odds
      FROM comments AS c
     CROSS JOIN LATERAL json_array_elements(c.findings) AS f
     WHERE c.site_id = $1 AND c.id >= $2 AND c.received_at >= $3 AND c.observed AND c.counted
       AND c.action <> 'approve'
       AND ((f.value ->> 1)::float8 >= $4 OR c.decided_by = f.value ->> 0)
     GROUP BY name
     ORDER BY comments DESC, name
     LIMIT $5
"""


async def count_findings(
    conn: Connection, site_id: int, oldest: UUID, since: datetime
) -> list[FindingCount]:
    """What spoke for spam, or decided alone, where a comment would not have been approved."""
    rows = await conn.fetch(
        COUNT_FINDINGS, site_id, oldest, since, TELLING_LOG_ODDS, FINDINGS_AT_MOST
    )
    return [FindingCount(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class ImportCount:
    blog: str  # what the blog had done
    ours: str  # what the thresholds make of the probability
    comments: int


COUNT_IMPORTED = """
    SELECT action AS blog,
           CASE WHEN probability >= $3 THEN 'reject'
                WHEN probability >= $2 THEN 'hold'
                ELSE 'approve'
           END AS ours,
           count(*) AS comments
      FROM comments
     WHERE site_id = $1 AND origin = 'import'
     GROUP BY 1, 2
"""


async def count_imported(
    conn: Connection, site_id: int, hold_threshold: float, reject_threshold: float
) -> list[ImportCount]:
    rows = await conn.fetch(COUNT_IMPORTED, site_id, hold_threshold, reject_threshold)
    return [ImportCount(**row) for row in rows]
