"""The SQL of one comment: its whole text, what happened to it, what else its author wrote."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.db import Connection

WHOLE_TEXT = """
    SELECT text
      FROM comments
     WHERE site_id = $1 AND id = $2
"""


async def whole_text(conn: Connection, site_id: int, comment_id: UUID) -> str:
    return await conn.fetchval(WHOLE_TEXT, site_id, comment_id) or ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a comment."""

    happened_at: datetime
    what: str  # received, repeated, decided, delivery, stated, appealed, reported
    name: str  # the choice, the delivery's event, the rule, the reason
    actor_kind: str | None
    actor: str | None
    detail: str | None  # the state of a delivery, the reason of a recheck, why nothing was mailed
    batch: UUID | None
    stands: bool


TIMELINE = """
    SELECT d.decided_at AS happened_at, 'decided' AS what, d.choice AS name, d.actor_kind, d.actor,
           NULL AS detail, d.batch, coalesce(d.id = c.decision_id, false) AS stands
      FROM decisions AS d
      JOIN comments AS c ON c.site_id = d.site_id AND c.id = d.comment_id
     WHERE d.site_id = $1 AND d.comment_id = $2
     UNION ALL
    SELECT r.received_at, 'repeated', '', NULL, NULL, r.recheck_reason, NULL, false
      FROM comments AS r
     WHERE r.site_id = $1 AND r.id > $2 AND r.id < $3 AND r.first_id = $2
     UNION ALL
    SELECT coalesce(o.finished_at, o.due_at), 'delivery', o.event, NULL, NULL, o.state, NULL, false
      FROM outbox AS o
     WHERE o.site_id = $1 AND o.comment_id = $2
     UNION ALL
    SELECT s.made_at, 'stated', s.title, NULL, NULL,
           coalesce(s.not_sent_reason, (SELECT m.state
                                          FROM mails AS m
                                         WHERE m.site_id = s.site_id AND m.id = s.mail_id)),
           NULL, false
      FROM statements AS s
     WHERE s.site_id = $1 AND s.comment_id = $2
     UNION ALL
    SELECT a.made_at, 'appealed', '', NULL, NULL, NULL, NULL, false
      FROM appeals AS a
     WHERE a.site_id = $1 AND a.comment_id = $2
     UNION ALL
    SELECT r.made_at, 'reported', r.reason, NULL, NULL, NULL, NULL, false
      FROM reader_reports AS r
     WHERE r.site_id = $1 AND r.comment_id = $2
     ORDER BY happened_at
     LIMIT 200
"""


async def timeline(
    conn: Connection, site_id: int, comment_id: UUID, repeats_below: UUID
) -> list[Event]:
    """What happened since it came in, in order."""
    rows = await conn.fetch(TIMELINE, site_id, comment_id, repeats_below)
    return [Event(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another comment of the same author."""

    id: UUID
    received_at: datetime
    text: str
    state: str
    title: str | None


_EARLIER = """
           SELECT c.id, c.received_at, left(c.text, 160) AS text,
                  coalesce(c.decision, c.action) AS state, c.title
"""
HISTORY = f"""
    SELECT DISTINCT ON (h.id) h.id, h.received_at, h.text, h.state, h.title
      FROM (
          (
           {_EARLIER}
             FROM (SELECT *
                     FROM comments
                    WHERE site_id = $1
                    ORDER BY id DESC
                    LIMIT 1000) AS c
            WHERE c.author_hash = $2 AND c.id <> $3 AND c.first_id IS NULL
            LIMIT $5
           )
           UNION ALL
          (
           {_EARLIER}
             FROM (SELECT w.site_id, w.comment_id
                     FROM comment_search AS w
                    WHERE w.document @@ $4::tsquery
                    LIMIT 500) AS w
             JOIN comments AS c ON c.site_id = w.site_id AND c.id = w.comment_id
            WHERE c.author_hash = $2 AND c.site_id = $1 AND c.id <> $3 AND c.first_id IS NULL
           )
           ) AS h
     ORDER BY h.id DESC
     LIMIT $5
"""


async def history(  # noqa: PLR0913, PLR0917  (whose, but not this one, and how many)
    conn: Connection, site_id: int, author: int, but: UUID, word: str, limit: int
) -> list[Earlier]:
    """The author's other comments, the newest first."""
    rows = await conn.fetch(HISTORY, site_id, author, but, word, limit)
    return [Earlier(**row) for row in rows]
