"""The SQL of what endpoints are told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.db import Connection
from service.outbox import Claimed

LISTENERS = """
    SELECT id
      FROM endpoints
     WHERE site_id = $1 AND enabled AND $2::text = ANY (events) AND NOT kind = ANY ($3::text[])
     ORDER BY id
"""


async def listeners(
    conn: Connection, site_id: int, event: str, without: Collection[str]
) -> list[int]:
    """Endpoints of the site that hear ``event``, but for these kinds."""
    return [row["id"] for row in await conn.fetch(LISTENERS, site_id, event, list(without))]


# Only who sent an address with the comment can be called back, and of what a blog was advised to
# discard it has nothing to bring back.
ENQUEUE = """
    INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at)
    SELECT $1, d.id, d.endpoint_id, d.comment_id, $5, $6
      FROM unnest($2::uuid[], $3::int[], $4::uuid[]) AS d (id, endpoint_id, comment_id)
      JOIN endpoints AS e ON e.site_id = $1 AND e.id = d.endpoint_id
      JOIN comments AS c ON c.site_id = $1 AND c.id = d.comment_id
     WHERE NOT c.is_test AND (e.kind <> 'akismet-callback' OR c.callback IS NOT NULL)
       AND (NOT c.discarded OR e.kind = 'standard-webhook')
"""


async def enqueue(
    conn: Connection,
    site_id: int,
    deliveries: Sequence[tuple[UUID, int, UUID]],
    event: str,
    now: datetime,
) -> int:
    """(id, endpoint, comment) of each; how many there is something to say of."""
    ids, endpoints, comments = zip(*deliveries, strict=True)
    status = await conn.execute(
        ENQUEUE, site_id, list(ids), list(endpoints), list(comments), event, now
    )
    return int(status.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class Subject:
    """A comment as it stands when its delivery is sent."""

    site_id: int
    id: UUID
    site: str
    site_url: str
    key_id: int | None
    callback: str | None
    permalink: str | None
    platform_id: str | None
    platform_post_id: str | None
    received_at: datetime
    action: str
    probability: float
    decided_by: str
    observed: bool
    label: str | None  # the newest
    label_source: str | None
    labelled_at: datetime | None
    decision: str | None  # what a person made of it, with a label or without
    decided_at: datetime | None
    appeal_outcome: str | None  # of the newest appeal
    appealed_at: datetime | None
    appeal_decided_at: datetime | None


SUBJECTS = """
    SELECT c.site_id, c.id, s.name AS site, s.url AS site_url, c.key_id, c.callback, c.permalink,
           c.platform_id, c.platform_post_id, c.received_at, c.action, c.probability, c.decided_by,
           c.observed, l.label, l.source AS label_source, l.created_at AS labelled_at,
           c.decision, d.decided_at, p.outcome AS appeal_outcome, p.made_at AS appealed_at,
           p.decided_at AS appeal_decided_at
      FROM unnest($1::int[], $2::uuid[]) AS q (site_id, id)
      JOIN comments AS c ON c.site_id = q.site_id AND c.id = q.id
      JOIN sites AS s ON s.id = c.site_id
      LEFT JOIN decisions AS d ON d.site_id = c.site_id AND d.id = c.decision_id
      LEFT JOIN LATERAL (
           SELECT l.label, l.source, l.created_at
             FROM labels AS l
            WHERE l.site_id = c.site_id AND l.comment_id = c.id
            ORDER BY l.id DESC
            LIMIT 1
           ) AS l ON true
      LEFT JOIN LATERAL (
           SELECT p.outcome, p.made_at, p.decided_at
             FROM appeals AS p
            WHERE p.site_id = c.site_id AND p.comment_id = c.id
            ORDER BY p.id DESC
            LIMIT 1
           ) AS p ON true
"""


async def subjects(conn: Connection, claimed: Sequence[Claimed]) -> dict[tuple[int, UUID], Subject]:
    """By site and comment; of erased comments there are none."""
    rows = await conn.fetch(
        SUBJECTS, [each.site_id for each in claimed], [each.comment_id for each in claimed]
    )
    return {(row["site_id"], row["id"]): Subject(**row) for row in rows}


# Repeats are linked to the first check; the blog may know the comment by the id of either.
REPEATS = """
    SELECT id
      FROM comments
     WHERE site_id = $1 AND id > $2 AND id < $3 AND first_id = $2
     ORDER BY id
     LIMIT 20
"""


async def repeats(conn: Connection, site_id: int, first_id: UUID, below: UUID) -> list[UUID]:
    """Checks that repeat the comment, with ids below ``below``."""
    return [row["id"] for row in await conn.fetch(REPEATS, site_id, first_id, below)]


# The key that the blog used; if it is refused by now, the newest that is not.
CALLBACK_KEY = """
    SELECT sealed
      FROM site_keys
     WHERE site_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
     ORDER BY id = $2::int DESC NULLS LAST, id DESC
     LIMIT 1
"""


async def callback_key(
    conn: Connection, site_id: int, key_id: int | None, now: datetime
) -> bytes | None:
    """The sealed key; None if every key of the site is refused."""
    sealed: bytes | None = await conn.fetchval(CALLBACK_KEY, site_id, key_id, now)
    return sealed


@dataclass(frozen=True, slots=True)
class Written:
    """By what a comment is recognised on a blog that told us no id of it."""

    text: str
    author: str | None
    submitted_at: datetime | None


WRITTEN = """
    SELECT text, author, submitted_at
      FROM comments
     WHERE site_id = $1 AND id = $2
"""


async def written(conn: Connection, site_id: int, comment_id: UUID) -> Written | None:
    row = await conn.fetchrow(WRITTEN, site_id, comment_id)
    return Written(**row) if row else None
