"""The SQL of appeals and of readers' reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.db import Connection


@dataclass(frozen=True, slots=True)
class SettledAppeal:
    comment_id: UUID
    decision_id: UUID
    outcome: str
    language: str
    received_at: datetime
    ground: str | None  # of the statement that came with the decision
    clause: str | None
    title: str | None
    sentence: str | None
    note: str | None = field(repr=False)
    email: str | None = field(repr=False)


SETTLE_APPEALS = """
    UPDATE appeals AS a
       SET outcome = $4, decided_at = $5, decision_id = d.decision_id
      FROM unnest($2::uuid[], $3::uuid[]) AS d (comment_id, decision_id)
      JOIN comments AS c ON c.site_id = $1 AND c.id = d.comment_id
      LEFT JOIN statements AS s ON s.site_id = $1 AND s.comment_id = d.comment_id
                               AND s.decision_id = d.decision_id
     WHERE a.site_id = $1 AND a.comment_id = d.comment_id AND a.outcome IS NULL
    RETURNING a.comment_id, a.decision_id, a.outcome, a.language, c.received_at, s.ground,
              s.clause, s.title, s.sentence, s.note, c.email
"""


async def settle_appeals(
    conn: Connection, site_id: int, decided: Mapping[UUID, UUID], outcome: str, now: datetime
) -> list[SettledAppeal]:
    """``decided`` is decision by comment; those that were open."""
    rows = await conn.fetch(
        SETTLE_APPEALS, site_id, list(decided), list(decided.values()), outcome, now
    )
    return [SettledAppeal(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class SettledReport:
    comment_id: UUID
    decision_id: UUID
    outcome: str
    language: str
    made_at: datetime
    email: str | None = field(repr=False)


SETTLE_REPORTS = """
    UPDATE reader_reports AS r
       SET outcome = $4, decided_at = $5, decision_id = d.decision_id
      FROM unnest($2::uuid[], $3::uuid[]) AS d (comment_id, decision_id)
     WHERE r.site_id = $1 AND r.comment_id = d.comment_id AND r.outcome IS NULL
    RETURNING r.comment_id, r.decision_id, r.outcome, r.language, r.made_at, r.email
"""


async def settle_reports(
    conn: Connection, site_id: int, decided: Mapping[UUID, UUID], outcome: str, now: datetime
) -> list[SettledReport]:
    rows = await conn.fetch(
        SETTLE_REPORTS, site_id, list(decided), list(decided.values()), outcome, now
    )
    return [SettledReport(**row) for row in rows]


# One appeal can be open; where another one is by now, the old one stays as it was settled.
REOPEN_APPEALS = """
    UPDATE appeals AS a
       SET outcome = NULL, decided_at = NULL, decision_id = NULL
     WHERE a.site_id = $1 AND a.decision_id = ANY ($2::uuid[])
       AND NOT EXISTS (
           SELECT
             FROM appeals AS o
            WHERE o.site_id = a.site_id AND o.comment_id = a.comment_id AND o.outcome IS NULL
           )
"""
REOPEN_REPORTS = """
    UPDATE reader_reports
       SET outcome = NULL, decided_at = NULL, decision_id = NULL
     WHERE site_id = $1 AND decision_id = ANY ($2::uuid[])
"""


async def reopen_appeals(conn: Connection, site_id: int, decisions: Sequence[UUID]) -> None:
    await conn.execute(REOPEN_APPEALS, site_id, decisions)


async def reopen_reports(conn: Connection, site_id: int, decisions: Sequence[UUID]) -> None:
    await conn.execute(REOPEN_REPORTS, site_id, decisions)


@dataclass(frozen=True, slots=True)
class Restored:
    """A comment whose author was told that it is removed, and is not any more."""

    comment_id: UUID
    decision_id: UUID | None
    language: str
    received_at: datetime
    email: str | None = field(repr=False)


# An appeal that is upheld is told by itself.
TOLD_OF = """
    SELECT c.id AS comment_id, c.decision_id, s.language, c.received_at, c.email
      FROM statements AS s
      JOIN mails AS m ON m.site_id = s.site_id AND m.id = s.mail_id AND m.state = 'sent'
      JOIN comments AS c ON c.site_id = s.site_id AND c.id = s.comment_id
     WHERE s.site_id = $1 AND coalesce(c.decision, c.action) <> 'reject'
       AND s.id = ANY (
           SELECT i.id
             FROM decisions AS d
             JOIN statements AS i ON i.site_id = d.site_id AND i.comment_id = d.comment_id
                                 AND i.decision_id = d.id
            WHERE d.site_id = $1 AND d.id = ANY ($2::uuid[])
           )
       AND NOT EXISTS (
           SELECT
             FROM appeals AS a
            WHERE a.site_id = $1 AND a.comment_id = c.id AND a.decision_id = c.decision_id
           )
"""


async def told_of(conn: Connection, site_id: int, decisions: Sequence[UUID]) -> list[Restored]:
    """Authors who were written to of these decisions, of comments that are shown by now."""
    return [Restored(**row) for row in await conn.fetch(TOLD_OF, site_id, decisions)]
