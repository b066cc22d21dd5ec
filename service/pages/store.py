"""The SQL of the pages of the chassis: the audit trail, read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.db import Connection


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail."""

    site_id: int
    id: UUID
    recorded_at: datetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedEntries:
    """Which entries: of these sites and below that id; ``None`` filters nothing."""

    site_ids: Sequence[int]
    below: UUID
    kind: str | None = None
    action: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ENTRIES = """
    SELECT e.site_id, e.id, e.recorded_at, e.actor_kind, e.actor, e.action, e.subject, e.details
      FROM unnest($1::int[]) AS s (site_id)
     CROSS JOIN LATERAL (
           SELECT a.*
             FROM audit_trail AS a
            WHERE a.site_id = s.site_id AND a.id < $2
              AND ($3::text IS NULL OR a.actor_kind = $3)
              AND ($4::text IS NULL OR a.action = $4)
              AND ($5::text IS NULL OR a.actor = $5)
              AND ($6::timestamptz IS NULL OR a.recorded_at >= $6)
              AND ($7::timestamptz IS NULL OR a.recorded_at < $7)
            ORDER BY a.id DESC
            LIMIT $8
           ) AS e
     ORDER BY e.id DESC
     LIMIT $8
"""


async def entries(conn: Connection, wanted: WantedEntries, limit: int) -> list[Entry]:
    """The newest first."""
    rows = await conn.fetch(
        ENTRIES,
        list(wanted.site_ids),
        wanted.below,
        wanted.kind,
        wanted.action,
        wanted.actor,
        wanted.since,
        wanted.until,
        limit,
    )
    return [Entry(**row) for row in rows]


# Names of actions are few; the newest entries of each site have nearly all of them.
ACTIONS = """
    SELECT DISTINCT e.action
      FROM unnest($1::int[]) AS s (site_id)
     CROSS JOIN LATERAL (
           SELECT a.action
             FROM audit_trail AS a
            WHERE a.site_id = s.site_id
            ORDER BY a.id DESC
            LIMIT 1000
           ) AS e
     ORDER BY e.action
"""


async def actions(conn: Connection, site_ids: Sequence[int]) -> list[str]:
    return [row["action"] for row in await conn.fetch(ACTIONS, list(site_ids))]
