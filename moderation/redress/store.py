"""The SQL of appeals and of readers' reports."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
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


OPEN_REPORTS = """
    SELECT comment_id, id AS decision_id, 'removed' AS outcome, language, made_at, email
      FROM reader_reports
     WHERE site_id = $1 AND comment_id = $2 AND outcome IS NULL AND email IS NOT NULL
"""


async def open_reports(conn: Connection, site_id: int, comment_id: UUID) -> list[SettledReport]:
    """Whoever waits for an answer, as if the comment had been removed."""
    return [SettledReport(**row) for row in await conn.fetch(OPEN_REPORTS, site_id, comment_id)]


# What was settled otherwise is settled anew; what was settled so, only if nobody was told of it.
_OVERTAKEN = """
       AND r.decision_id = ANY ($2::uuid[])
       AND (r.outcome <> $3 OR NOT EXISTS (
           SELECT
             FROM mails AS m
            WHERE m.site_id = r.site_id AND m.act = r.decision_id AND m.state = 'sent'
           ))
"""
OVERTAKE_APPEALS = f"""
    UPDATE appeals AS r
       SET outcome = NULL, decided_at = NULL, decision_id = NULL
     WHERE r.site_id = $1 {_OVERTAKEN}
       AND NOT EXISTS (
           SELECT
             FROM appeals AS o
            WHERE o.site_id = r.site_id AND o.comment_id = r.comment_id AND o.outcome IS NULL
           )
"""
OVERTAKE_REPORTS = f"""
    UPDATE reader_reports AS r
       SET outcome = NULL, decided_at = NULL, decision_id = NULL
     WHERE r.site_id = $1 {_OVERTAKEN}
"""


async def overtake(
    conn: Connection, site_id: int, decisions: Sequence[UUID], appeal: str, report: str
) -> None:
    """Open again what these decisions had settled, but for those who know the outcome already."""
    await conn.execute(OVERTAKE_APPEALS, site_id, decisions, appeal)
    await conn.execute(OVERTAKE_REPORTS, site_id, decisions, report)


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


# An appeal that is upheld is told by itself; a mail that was taken back is gone.
_TOLD = """
       AND EXISTS (
           SELECT
             FROM mails AS m
            WHERE m.site_id = s.site_id AND m.id = s.mail_id
              AND (m.state = 'sent' OR m.perhaps_taken)
           )
"""
TOLD_OF = f"""
    SELECT DISTINCT ON (c.id) c.id AS comment_id, c.decision_id, s.language, c.received_at, c.email
      FROM comments AS c
      JOIN statements AS s ON s.site_id = c.site_id AND s.comment_id = c.id
     WHERE c.site_id = $1 AND c.id = ANY ($2::uuid[])
       AND CASE WHEN c.decision IS NULL AND c.observed THEN 'approve'
                ELSE coalesce(c.decision, c.action) END = 'approve' {_TOLD}
       AND NOT EXISTS (
           SELECT
             FROM mails AS m
            WHERE m.site_id = s.site_id AND m.id = s.restored_mail_id
           )
       AND NOT EXISTS (
           SELECT
             FROM appeals AS a
            WHERE a.site_id = s.site_id AND a.comment_id = s.comment_id AND a.outcome = 'upheld'
              AND a.decided_at >= s.made_at
           )
     ORDER BY c.id, s.id DESC
"""
SET_RESTORED = f"""
    UPDATE statements AS s
       SET restored_mail_id = n.mail_id
      FROM unnest($2::uuid[], $3::uuid[]) AS n (comment_id, mail_id)
     WHERE s.site_id = $1 AND s.comment_id = n.comment_id {_TOLD}
"""


async def told_of(conn: Connection, site_id: int, comments: Sequence[UUID]) -> list[Restored]:
    """Those that are shown and whose authors last heard, or may have, that they are removed."""
    return [Restored(**row) for row in await conn.fetch(TOLD_OF, site_id, comments)]


RESTORATIONS = """
    SELECT DISTINCT restored_mail_id
      FROM statements
     WHERE site_id = $1 AND comment_id = ANY ($2::uuid[]) AND restored_mail_id IS NOT NULL
"""


async def restorations(conn: Connection, site_id: int, comments: Sequence[UUID]) -> list[UUID]:
    """Mails, sent or not, that say of these comments that they are shown again."""
    rows = await conn.fetch(RESTORATIONS, site_id, comments)
    return [row["restored_mail_id"] for row in rows]


async def set_restored(
    conn: Connection, site_id: int, comments: Sequence[UUID], mails: Sequence[UUID]
) -> None:
    """Which mail says that the comment is shown again."""
    if comments:
        await conn.execute(SET_RESTORED, site_id, comments, mails)


@dataclass(frozen=True, slots=True)
class Subject:
    """A comment with what was decided on it."""

    id: UUID
    received_at: datetime
    permalink: str | None
    title: str | None
    author: str | None = field(repr=False)
    text: str = field(repr=False)
    origin: str
    action: str
    observed: bool
    discarded: bool
    decision: str | None
    decision_id: UUID | None
    choice: str | None
    decided_at: datetime | None


# Repeats of a check are linked to the first, on which people decide.
SUBJECT = """
    SELECT c.id, c.received_at, c.permalink, c.title, c.author, c.text, c.origin, c.action,
           c.observed, c.discarded, c.decision, c.decision_id, d.choice, d.decided_at
      FROM comments AS q
      JOIN comments AS c ON c.site_id = q.site_id AND c.id = coalesce(q.first_id, q.id)
      LEFT JOIN decisions AS d ON d.site_id = c.site_id AND d.id = c.decision_id
     WHERE q.site_id = $1 AND q.id = $2
"""


async def subject(conn: Connection, site_id: int, comment_id: UUID) -> Subject | None:
    row = await conn.fetchrow(SUBJECT, site_id, comment_id)
    return Subject(**row) if row else None


LOCK = """
    SELECT
      FROM comments
     WHERE site_id = $1 AND id = (
           SELECT coalesce(first_id, id)
             FROM comments
            WHERE site_id = $1 AND id = $2
           )
       FOR UPDATE
"""


async def lock(conn: Connection, site_id: int, comment_id: UUID) -> None:
    """What is read after it stands until the transaction ends."""
    await conn.execute(LOCK, site_id, comment_id)


@dataclass(frozen=True, slots=True)
class Appeal:
    id: UUID
    words: str = field(repr=False)
    made_at: datetime
    due_at: datetime
    outcome: str | None
    decided_at: datetime | None
    decision_id: UUID | None


NEWEST_APPEAL = """
    SELECT id, words, made_at, due_at, outcome, decided_at, decision_id
      FROM appeals
     WHERE site_id = $1 AND comment_id = $2
     ORDER BY id DESC
     LIMIT 1
"""


async def newest_appeal(conn: Connection, site_id: int, comment_id: UUID) -> Appeal | None:
    row = await conn.fetchrow(NEWEST_APPEAL, site_id, comment_id)
    return Appeal(**row) if row else None


@dataclass(frozen=True, slots=True)
class NewAppeal:
    id: UUID
    comment_id: UUID
    against: UUID | None
    words: str = field(repr=False)
    language: str
    made_at: datetime
    due_at: datetime


ADD_APPEAL = """
    INSERT INTO appeals (site_id, id, comment_id, against, words, language, made_at, due_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (site_id, comment_id) WHERE outcome IS NULL DO NOTHING
    RETURNING true
"""


async def add_appeal(conn: Connection, site_id: int, new: NewAppeal) -> bool:
    """False if one is open already."""
    return bool(await conn.fetchval(ADD_APPEAL, site_id, *astuple(new)))


@dataclass(frozen=True, slots=True)
class NewReport:
    id: UUID
    comment_id: UUID
    sameness: int
    reason: str
    words: str = field(repr=False)
    name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    reporter: int | None
    language: str
    made_at: datetime


# The same again adds to the first report and opens it again, where the comment is still there.
# Whoever waits for an answer is counted apart: no number of nameless reports takes it from them.
ADD_REPORT = """
    INSERT INTO reader_reports AS r
           (site_id, id, comment_id, sameness, reason, words, name, email, reporter, language,
            made_at)
    SELECT $1, $2, $3, coalesce((
           SELECT o.sameness
             FROM reader_reports AS o
            WHERE o.site_id = $1 AND o.comment_id = $3
              AND (o.reporter IS NULL) = ($9::bigint IS NULL)
              AND (SELECT count(*)
                     FROM reader_reports AS a
                    WHERE a.site_id = $1 AND a.comment_id = $3
                      AND (a.reporter IS NULL) = ($9::bigint IS NULL)) >= $12::int
              AND NOT EXISTS (
                  SELECT
                    FROM reader_reports AS k
                   WHERE k.site_id = $1 AND k.comment_id = $3 AND k.sameness = $4
                  )
            ORDER BY o.id
            LIMIT 1
           ), $4::bigint), $5, $6, $7, $8, $9, $10, $11
        ON CONFLICT (site_id, comment_id, sameness) DO UPDATE
       SET times = r.times + 1, outcome = NULL, decided_at = NULL, decision_id = NULL
    RETURNING id
"""


async def add_report(conn: Connection, site_id: int, new: NewReport, at_most: int) -> UUID:
    """The id of the report, or of the one that it adds to.

    Of a comment ``at_most`` are kept with an address, or without, as the new one is.
    """
    report_id: UUID = await conn.fetchval(ADD_REPORT, site_id, *astuple(new), at_most)
    return report_id


REPORTS_SINCE = """
    SELECT count(*)::int
      FROM reader_reports
     WHERE site_id = $1 AND reporter = $2 AND made_at >= $3
"""


async def reports_since(
    conn: Connection, site_id: int, reporter: int | None, since: datetime
) -> int:
    number: int = await conn.fetchval(REPORTS_SINCE, site_id, reporter, since)
    return number
