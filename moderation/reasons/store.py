"""The SQL of house rules and statements of reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from moderation.reasons.rules import Ground, Rule, Words
from service.db import Connection

RULES = """
    SELECT site_id, code, ground, clause, category, words
      FROM house_rules
     WHERE site_id = ANY ($1::int[])
     ORDER BY site_id, position, code
"""


async def rules(conn: Connection, site_ids: Sequence[int]) -> dict[int, list[Rule]]:
    """The sites' own, in their order; of a site that has none, nothing."""
    found: dict[int, list[Rule]] = {}
    for site_id, *columns in await conn.fetch(RULES, site_ids):
        found.setdefault(site_id, []).append(_rule(*columns))
    return found


def _rule(code: str, ground: str, clause: str, category: str, words: dict[str, Any]) -> Rule:
    spoken = {language: Words(*each) for language, each in words.items()}
    return Rule(code, Ground(ground), clause, category, spoken)


PUT_RULE = """
    INSERT INTO house_rules (site_id, code, position, ground, clause, category, words)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (site_id, code) DO UPDATE
       SET position = excluded.position, ground = excluded.ground, clause = excluded.clause,
           category = excluded.category, words = excluded.words
"""
REMOVE_RULE = """
    DELETE FROM house_rules
     WHERE site_id = $1 AND code = $2
    RETURNING true
"""


async def put_rule(conn: Connection, site_id: int, position: int, rule: Rule) -> None:
    words = {language: [each.title, each.sentence] for language, each in rule.words.items()}
    await conn.execute(
        PUT_RULE, site_id, rule.code, position, rule.ground, rule.clause, rule.category, words
    )


async def remove_rule(conn: Connection, site_id: int, code: str) -> bool:
    return bool(await conn.fetchval(REMOVE_RULE, site_id, code))


# Of a moderator who cites seldom, the rule of others serves as well: a look back is bounded.
LAST_CITED = """
    SELECT s.code
      FROM unnest($1::int[]) AS i (site_id)
     CROSS JOIN LATERAL (
           SELECT s.site_id, s.decision_id, s.code, s.id
             FROM statements AS s
            WHERE s.site_id = i.site_id
            ORDER BY s.id DESC
            LIMIT 50
           ) AS s
      LEFT JOIN decisions AS d ON d.site_id = s.site_id AND d.id = s.decision_id
     ORDER BY coalesce(d.actor_kind = $2 AND d.actor = $3, false) DESC, s.id DESC
     LIMIT 1
"""


async def last_cited(
    conn: Connection, site_ids: Sequence[int], kind: str, actor: str
) -> str | None:
    """The code of the rule that this moderator cited last, or else somebody of these sites."""
    code: str | None = await conn.fetchval(LAST_CITED, site_ids, kind, actor)
    return code


@dataclass(frozen=True, slots=True)
class Facts:
    """What a statement needs to know of a comment."""

    id: UUID
    action: str
    received_at: datetime
    email: str | None
    languages: str | None
    permalink: str | None
    reported: bool
    appealed: bool


FACTS = """
    SELECT c.id, c.action, c.received_at, c.email, c.languages, c.permalink, EXISTS (
           SELECT
             FROM reader_reports AS r
            WHERE r.site_id = c.site_id AND r.comment_id = c.id AND r.outcome IS NULL
           ) AS reported, EXISTS (
           SELECT
             FROM appeals AS a
            WHERE a.site_id = c.site_id AND a.comment_id = c.id AND a.outcome IS NULL
           ) AS appealed
      FROM comments AS c
     WHERE c.site_id = $1 AND c.id = ANY ($2::uuid[])
"""


async def facts(conn: Connection, site_id: int, ids: Sequence[UUID]) -> dict[UUID, Facts]:
    return {row["id"]: Facts(**row) for row in await conn.fetch(FACTS, site_id, ids)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Every slot of Art. 17(3); ``title`` and ``sentence`` in the author's language."""

    id: UUID
    comment_id: UUID
    decision_id: UUID
    made_at: datetime
    restriction: str
    scope: str
    ends_at: datetime | None
    source: str
    automated_detection: bool
    automated_decision: bool
    ground: str
    code: str
    clause: str
    category: str
    title: str
    sentence: str
    note: str
    language: str
    mail_id: UUID | None
    not_sent_reason: str | None


_COLUMNS = tuple(each.name for each in fields(Statement))
_NAMES = ", ".join(_COLUMNS)
INSERT_STATEMENTS = f"""
    INSERT INTO statements (site_id, {_NAMES})
    SELECT $1, {_NAMES}
      FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
                  $8::timestamptz[], $9::text[], $10::bool[], $11::bool[], $12::text[],
                  $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
                  $19::text[], $20::uuid[], $21::text[])
           AS n ({_NAMES})
"""


async def insert_statements(conn: Connection, site_id: int, made: Sequence[Statement]) -> None:
    columns = [[getattr(each, name) for each in made] for name in _COLUMNS]
    await conn.execute(INSERT_STATEMENTS, site_id, *columns)


# The one that stands: a decision that was taken back, or another one since, ends it.
STANDING = f"""
    SELECT {", ".join(f"s.{name}" for name in _COLUMNS)}
      FROM comments AS c
      JOIN statements AS s ON s.site_id = c.site_id AND s.comment_id = c.id
                          AND s.decision_id = c.decision_id
     WHERE c.site_id = $1 AND c.id = $2
"""


async def standing(conn: Connection, site_id: int, comment_id: UUID) -> Statement | None:
    row = await conn.fetchrow(STANDING, site_id, comment_id)
    return Statement(**row) if row else None


# A mail that was taken back is gone, or given up where the relay may have it; and whoever heard
# since that the comment is shown again believes that.
UNTOLD = f"""
    SELECT {", ".join(f"s.{name}" for name in _COLUMNS)}
      FROM comments AS c
      JOIN statements AS s ON s.site_id = c.site_id AND s.comment_id = c.id
                          AND s.decision_id = c.decision_id
     WHERE c.site_id = $1 AND c.id = ANY ($2::uuid[]) AND s.mail_id IS NOT NULL
       AND (NOT EXISTS (
           SELECT
             FROM mails AS m
            WHERE m.site_id = s.site_id AND m.id = s.mail_id
              AND NOT (m.state = 'given-up' AND m.perhaps_taken)
           ) OR EXISTS (
           SELECT
             FROM mails AS m
            WHERE m.site_id = s.site_id AND m.id = s.restored_mail_id AND m.state = 'sent'
           ))
"""
SET_MAILS = """
    UPDATE statements AS s
       SET mail_id = n.mail_id, restored_mail_id = NULL
      FROM unnest($2::uuid[], $3::uuid[]) AS n (id, mail_id)
     WHERE s.site_id = $1 AND s.id = n.id
"""


async def untold(conn: Connection, site_id: int, comments: Sequence[UUID]) -> list[Statement]:
    """Statements that stand and of which their authors do not know, or not any more."""
    return [Statement(**row) for row in await conn.fetch(UNTOLD, site_id, comments)]


async def set_mails(conn: Connection, site_id: int, mails: Sequence[tuple[UUID, UUID]]) -> None:
    """(statement, mail)."""
    if mails:
        statements, ids = zip(*mails, strict=True)
        await conn.execute(SET_MAILS, site_id, statements, ids)


@dataclass(frozen=True, slots=True)
class Exported:
    """A statement without what is personal, and what of its comment is needed with it."""

    id: UUID
    made_at: datetime
    ends_at: datetime | None
    source: str
    automated_detection: bool
    automated_decision: bool
    ground: str
    clause: str
    category: str
    title: str
    sentence: str
    content_date: datetime
    languages: str | None


BETWEEN = """
    SELECT s.id, s.made_at, s.ends_at, s.source, s.automated_detection, s.automated_decision,
           s.ground, s.clause, s.category, s.title, s.sentence,
           coalesce(c.submitted_at, c.received_at) AS content_date, c.languages
      FROM statements AS s
      JOIN comments AS c ON c.site_id = s.site_id AND c.id = s.comment_id
                        AND c.decision_id = s.decision_id
     WHERE s.site_id = $1 AND s.id > $2 AND s.made_at >= $3 AND s.made_at < $4
     ORDER BY s.id
     LIMIT $5
"""


async def between(  # noqa: PLR0913, PLR0917  (whose, from where, when, how many)
    conn: Connection, site_id: int, above: UUID, since: datetime, until: datetime, limit: int
) -> list[Exported]:
    """Statements that stand, the oldest first."""
    rows = await conn.fetch(BETWEEN, site_id, above, since, until, limit)
    return [Exported(**row) for row in rows]
