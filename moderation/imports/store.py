"""The SQL of imports: how far each file is, its comments with their labels, and what they teach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from moderation import history
from moderation.comments import Comment
from moderation.feedback.store import Label
from moderation.history import Keys
from moderation.verdicts import Verdict
from service.db import Connection


@dataclass(frozen=True, slots=True)
class Row:
    """A comment as it will be stored, dated as on its blog."""

    id: UUID
    date: datetime
    comment: Comment
    keys: Keys
    verdict: Verdict
    findings: str  # the verdict's findings as JSON
    label: Label | None
    label_id: UUID


class Progress(Protocol):
    """A stretch of a file that is seen to."""

    position: int
    imported: int
    outlived: int
    labelled: int

    @property
    def known(self) -> int: ...

    @property
    def refused(self) -> int: ...


@dataclass(frozen=True, slots=True)
class State:
    """How far a file is; the numbers of all runs together."""

    position: int
    imported: int
    known: int
    outlived: int
    refused: int
    labelled: int
    started_at: datetime
    finished_at: datetime | None


# The no-op update makes the row that was there before come back.
START = """
    INSERT INTO imports (site_id, sha256, started_at)
    VALUES ($1, $2, $3)
        ON CONFLICT (site_id, sha256) DO UPDATE SET started_at = imports.started_at
    RETURNING position, imported, known, outlived, refused, labelled, started_at, finished_at
"""


async def start(conn: Connection, site_id: int, sha256: bytes, now: datetime) -> State:
    """Where to go on with this file; at position 0 if it is new."""
    row = await conn.fetchrow(START, site_id, sha256, now)
    if row is None:
        raise LookupError(site_id)
    return State(**row)


ADVANCE = """
    UPDATE imports
       SET position = $3, imported = imported + $4, known = known + $5, outlived = outlived + $6,
           refused = refused + $7, labelled = labelled + $8
     WHERE site_id = $1 AND sha256 = $2
"""


async def advance(conn: Connection, site_id: int, sha256: bytes, done: Progress) -> None:
    """``done`` ends at the new position; its numbers are added to those of before."""
    await conn.execute(
        ADVANCE,
        site_id,
        sha256,
        done.position,
        done.imported,
        done.known,
        done.outlived,
        done.refused,
        done.labelled,
    )


FINISH = """
    UPDATE imports
       SET finished_at = $3
     WHERE site_id = $1 AND sha256 = $2
"""


async def finish(conn: Connection, site_id: int, sha256: bytes, now: datetime) -> None:
    await conn.execute(FINISH, site_id, sha256, now)


# Left out is what came as a check before it was imported: its text, author and time tell.  Each
# probe names its whole index by equality, which leaves no choice to a plan made on an empty table.
INSERT = """
    WITH given AS (
         SELECT r.*
           FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::int[], $6::text[], $7::text[],
                       $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
                       $14::text[], $15::text[], $16::text[], $17::text[], $18::inet[],
                       $19::text[], $20::text[], $21::bigint[], $22::bigint[], $23::bigint[],
                       $24::bigint[], $25::bigint[], $26::bigint[], $27::text[], $28::float8[],
                       $29::float8[], $30::json[], $31::text[], $32::text[], $33::uuid[])
                AS r (id, received_at, period, minute, kind, blog, permalink, title, context,
                      languages, platform_id, platform_post_id, parent_id, author, email, url,
                      address, user_agent, text, identity_hash, text_hash, near_hash_a,
                      near_hash_b, author_hash, address_hash, action, probability, log_odds,
                      findings, model, label, label_id)
    ), inserted AS (
         INSERT INTO comments (
                site_id, id, received_at, period, minute, kind, blog, permalink, title, context,
                languages, platform_id, platform_post_id, parent_id, author, email, url, address,
                user_agent, text, identity_hash, text_hash, near_hash_a, near_hash_b, author_hash,
                address_hash, action, probability, log_odds, findings, model, submitted_at, origin,
                counted, is_test, recheck_reason, role, decided_by, adjustment)
         SELECT $1, g.id, g.received_at, g.period, g.minute, g.kind, g.blog, g.permalink, g.title,
                g.context, g.languages, g.platform_id, g.platform_post_id, g.parent_id, g.author,
                g.email, g.url, g.address, g.user_agent, g.text, g.identity_hash, g.text_hash,
                g.near_hash_a, g.near_hash_b, g.author_hash, g.address_hash, g.action,
                g.probability, g.log_odds, g.findings, g.model, g.received_at, 'import', false,
                false, '', '', 'import', 0
           FROM given AS g
           LEFT JOIN LATERAL (
                SELECT c.id
                  FROM (VALUES (g.period - 1), (g.period), (g.period + 1)) AS p (period)
                 CROSS JOIN LATERAL (
                       SELECT c.id
                         FROM comments AS c
                        WHERE c.site_id = $1 AND c.period = p.period
                          AND c.text_hash = g.text_hash AND c.origin <> 'import'
                          AND c.author_hash IS NOT DISTINCT FROM g.author_hash
                          AND c.received_at BETWEEN g.received_at - interval '5 minutes'
                                                AND g.received_at + interval '5 minutes'
                        LIMIT 1
                       ) AS c
                 LIMIT 1
                ) AS known ON true
          WHERE known.id IS NULL
             ON CONFLICT DO NOTHING
         RETURNING id
    ), labelled AS (
         INSERT INTO labels (site_id, id, comment_id, label, source, created_at)
         SELECT $1, g.label_id, g.id, g.label, 'import', g.received_at
           FROM given AS g
           JOIN inserted AS i ON i.id = g.id
          WHERE g.label IS NOT NULL
         RETURNING id
    )
    SELECT (SELECT count(*) FROM inserted)::int AS inserted,
           (SELECT count(*) FROM labelled)::int AS labelled
"""


async def insert(conn: Connection, site_id: int, rows: Sequence[Row]) -> tuple[int, int]:
    """How many of ``rows`` are new here, and how many of those bear a label.

    Comments that are imported count in no statistics and no history.  Repeating the call changes
    nothing.
    """
    counts = await conn.fetchrow(INSERT, site_id, *zip(*map(_columns, rows), strict=True))
    return (counts["inserted"], counts["labelled"]) if counts else (0, 0)


def _columns(row: Row) -> tuple[object, ...]:
    comment, keys, verdict = row.comment, row.keys, row.verdict
    return (
        row.id,
        row.date,
        history.period(row.date),
        history.minute(row.date),
        comment.kind,
        comment.blog,
        comment.permalink,
        comment.title,
        " ".join(comment.context) or None,
        comment.languages,
        comment.platform_id,
        comment.platform_post_id,
        comment.parent_id,
        comment.author,
        comment.email,
        comment.url,
        comment.address,
        comment.user_agent,
        comment.text,
        keys.identity,
        keys.text,
        keys.near_a,
        keys.near_b,
        keys.author,
        keys.address,
        verdict.action,
        verdict.probability,
        verdict.log_odds,
        row.findings,
        verdict.model,
        row.label,
        row.label_id,
    )


# In one pass at the end: an author's comments stand anywhere in a file, and the newest one counts.
APPROVE_AUTHORS = """
    WITH authors AS (
         SELECT author_hash, max(received_at) FILTER (WHERE action = 'approve') AS approved_at,
                max(received_at) FILTER (WHERE action = 'reject') AS rejected_at
           FROM comments
          WHERE site_id = $1 AND origin = 'import' AND author_hash IS NOT NULL
          GROUP BY author_hash
    ), approved AS (
         INSERT INTO approved_authors (site_id, author_hash, approved_at)
         SELECT $1, author_hash, approved_at
           FROM authors
          WHERE approved_at IS NOT NULL AND (rejected_at IS NULL OR rejected_at < approved_at)
             ON CONFLICT DO NOTHING
         RETURNING author_hash
    )
    SELECT count(*)
      FROM approved
"""


async def approve_authors(conn: Connection, site_id: int) -> int:
    """Remember the authors whose newest imported comment was approved; how many are new."""
    added: int = await conn.fetchval(APPROVE_AUTHORS, site_id)
    return added


ACCUSE_ADDRESSES = """
    INSERT INTO spam_addresses AS s (site_id, address_hash, labelled_at)
    SELECT c.site_id, c.address_hash, max(c.received_at)
      FROM comments AS c
      JOIN labels AS l ON l.site_id = c.site_id AND l.comment_id = c.id
     WHERE c.site_id = $1 AND c.period >= $2 AND c.origin = 'import'
       AND c.address_hash IS NOT NULL AND l.label = 'spam' AND l.source = 'import'
     GROUP BY c.site_id, c.address_hash
        ON CONFLICT (site_id, address_hash)
        DO UPDATE SET labelled_at = greatest(s.labelled_at, excluded.labelled_at)
"""


async def accuse_addresses(conn: Connection, site_id: int, since: datetime) -> None:
    """Remember where imported spam came from, as far as addresses are still whole."""
    await conn.execute(ACCUSE_ADDRESSES, site_id, history.period(since))
