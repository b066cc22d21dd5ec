"""The SQL of what moderators see of appeals and reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.db import Connection

COUNTED_AT_MOST = 1000
REPORTS_AT_MOST = 500  # of a page

OPEN_APPEALS = """
    SELECT a.site_id, a.comment_id
      FROM appeals AS a
     WHERE a.site_id = ANY ($1::int[]) AND a.outcome IS NULL AND a.comment_id < $2
     ORDER BY a.comment_id DESC
     LIMIT $3
"""
OPEN_REPORTS = """
    SELECT DISTINCT r.site_id, r.comment_id
      FROM reader_reports AS r
     WHERE r.site_id = ANY ($1::int[]) AND r.outcome IS NULL AND r.comment_id < $2
     ORDER BY r.comment_id DESC
     LIMIT $3
"""
_OPEN = {"reported": OPEN_REPORTS, "appeals": OPEN_APPEALS}


async def waiting(
    conn: Connection, tab: str, site_ids: Sequence[int], below: UUID, limit: int
) -> list[tuple[int, UUID]]:
    """(site, comment) of what is open in the tab, the newest comment first."""
    rows = await conn.fetch(_OPEN[tab], list(site_ids), below, limit)
    return [tuple(row) for row in rows]


COUNTS = """
    SELECT (SELECT count(*)::int
              FROM (SELECT DISTINCT r.site_id, r.comment_id
                      FROM reader_reports AS r
                     WHERE r.site_id = ANY ($1::int[]) AND r.outcome IS NULL
                     LIMIT $2) AS r) AS reported,
           (SELECT count(*)::int
              FROM (SELECT
                      FROM appeals AS a
                     WHERE a.site_id = ANY ($1::int[]) AND a.outcome IS NULL
                     LIMIT $2) AS a) AS appeals
"""


async def counts(conn: Connection, site_ids: Sequence[int]) -> dict[str, int]:
    """Comments that are open, by tab; no more than ``COUNTED_AT_MOST``."""
    (row,) = await conn.fetch(COUNTS, list(site_ids), COUNTED_AT_MOST)
    return dict(row)


@dataclass(frozen=True, slots=True)
class Appeal:
    comment_id: UUID
    words: str = field(repr=False)
    made_at: datetime
    due_at: datetime
    outcome: str | None


APPEALS = """
    SELECT a.comment_id, a.words, a.made_at, a.due_at, a.outcome
      FROM unnest($1::int[], $2::uuid[]) AS q (site_id, comment_id)
      JOIN appeals AS a ON a.site_id = q.site_id AND a.comment_id = q.comment_id
     WHERE $3::bool OR a.outcome IS NULL
     ORDER BY a.id DESC
"""


async def appeals(
    conn: Connection, comments: Sequence[tuple[int, UUID]], *, settled: bool
) -> list[Appeal]:
    sites, ids = zip(*comments, strict=True)
    return [Appeal(**row) for row in await conn.fetch(APPEALS, sites, ids, settled)]


@dataclass(frozen=True, slots=True)
class Report:
    comment_id: UUID
    reason: str
    words: str = field(repr=False)
    name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    times: int
    made_at: datetime
    outcome: str | None
    earlier: int  # settled reports of the same person
    unfounded: int  # of those


# Who reports in vain again and again shall be seen to do so (compare DSA Art. 23(2)).
REPORTS = """
    SELECT r.comment_id, r.reason, r.words, r.name, r.email, r.times, r.made_at, r.outcome,
           coalesce(e.earlier, 0) AS earlier, coalesce(e.unfounded, 0) AS unfounded
      FROM unnest($1::int[], $2::uuid[]) AS q (site_id, comment_id)
      JOIN reader_reports AS r ON r.site_id = q.site_id AND r.comment_id = q.comment_id
      LEFT JOIN LATERAL (
           SELECT count(*)::int AS earlier,
                  count(*) FILTER (WHERE o.outcome = 'kept')::int AS unfounded
             FROM reader_reports AS o
            WHERE o.site_id = r.site_id AND o.reporter = r.reporter AND o.id <> r.id
              AND o.outcome IS NOT NULL
           ) AS e ON true
     WHERE $3::bool OR r.outcome IS NULL
     ORDER BY r.id
     LIMIT $4
"""


async def reports(
    conn: Connection, comments: Sequence[tuple[int, UUID]], *, settled: bool
) -> list[Report]:
    sites, ids = zip(*comments, strict=True)
    rows = await conn.fetch(REPORTS, sites, ids, settled, REPORTS_AT_MOST)
    return [Report(**row) for row in rows]
