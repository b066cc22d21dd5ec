"""The SQL of decisions.  Each function is one statement for any number of comments of one site."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from service.db import Connection


@dataclass(frozen=True, slots=True)
class Standing:
    """A comment as it stands, locked."""

    id: UUID
    action: str
    counted: bool
    blog: str
    received_at: datetime
    author_hash: int | None
    address_hash: int | None
    decision: str | None  # the state that a person gave it
    decision_id: UUID | None
    choice: str | None  # of the decision that stands
    actor_kind: str | None
    actor: str | None
    decided_at: datetime | None
    label: str | None  # the newest
    beginning: str  # of the text
    author_approved_at: datetime | None
    address_accused_at: datetime | None
    appealed: bool  # its author waits for a decision
    reported: bool  # and so does a reader

    @property
    def state(self) -> str:
        return self.decision or self.action


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision as it is stored."""

    id: UUID
    comment_id: UUID
    decided_at: datetime
    choice: str
    actor_kind: str
    actor: str
    batch: UUID
    state: str | None
    state_before: str | None
    standing: UUID | None
    before: UUID | None
    undoes: UUID | None
    label_id: UUID | None
    label_before: str | None
    author_before: datetime | None
    address_before: datetime | None
    waited: timedelta | None  # of a held comment, until its first decision
    author_hash: int | None = None
    address_hash: int | None = None
    earlier_label_id: UUID | None = None  # that the decision before it gave


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision(Decision):
    """One to be stored, with the comment that it is of and the label that results."""

    row: Standing
    label: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What the site remembered of an author and an address before a decision."""

    author_hash: int | None
    author_before: datetime | None
    address_hash: int | None
    address_before: datetime | None


_HELD = "coalesce(c.decision, c.action) = 'hold' AND c.first_id IS NULL AND NOT c.is_test"
ALIKE = f"""
    SELECT c.id
      FROM unnest($2::uuid[]) AS q (id)
      JOIN comments AS l ON l.site_id = $1 AND l.id = q.id
     CROSS JOIN LATERAL (
           SELECT c.id
             FROM comments AS c
            WHERE c.site_id = $1
              AND coalesce(c.near_hash_a, c.text_hash) = coalesce(l.near_hash_a, l.text_hash)
              AND c.id < l.id AND {_HELD}
            ORDER BY c.id DESC
            LIMIT $3
           ) AS c
"""


async def alike(conn: Connection, site_id: int, ids: Sequence[UUID], limit: int) -> list[UUID]:
    """Held comments that came before one of these and resemble it."""
    return [row["id"] for row in await conn.fetch(ALIKE, site_id, ids, limit)]


LOCK = """
    SELECT id
      FROM comments
     WHERE site_id = $1 AND id = ANY ($2::uuid[])
     ORDER BY id
       FOR UPDATE
"""
# Asked after the lock: one statement that locks and reads sees what stood before it waited.
STANDING = """
    SELECT c.id, c.action, c.counted, c.blog, c.received_at, c.author_hash, c.address_hash,
           c.decision, c.decision_id, d.choice, d.actor_kind, d.actor, d.decided_at, l.label,
           left(c.text, 1000) AS beginning,
           a.approved_at AS author_approved_at, s.labelled_at AS address_accused_at,
           EXISTS (SELECT
                     FROM appeals AS p
                    WHERE p.site_id = c.site_id AND p.comment_id = c.id AND p.outcome IS NULL
                  ) AS appealed,
           EXISTS (SELECT
                     FROM reader_reports AS r
                    WHERE r.site_id = c.site_id AND r.comment_id = c.id AND r.outcome IS NULL
                  ) AS reported
      FROM comments AS c
      LEFT JOIN decisions AS d ON d.site_id = c.site_id AND d.id = c.decision_id
      LEFT JOIN approved_authors AS a ON a.site_id = c.site_id AND a.author_hash = c.author_hash
      LEFT JOIN spam_addresses AS s ON s.site_id = c.site_id AND s.address_hash = c.address_hash
      LEFT JOIN LATERAL (
           SELECT l.label
             FROM labels AS l
            WHERE l.site_id = c.site_id AND l.comment_id = c.id
            ORDER BY l.id DESC
            LIMIT 1
           ) AS l ON true
     WHERE c.site_id = $1 AND c.id = ANY ($2::uuid[])
     ORDER BY c.id
"""


async def lock(conn: Connection, site_id: int, ids: Sequence[UUID]) -> list[Standing]:
    """Those of the comments that exist, held until the transaction ends."""
    await conn.fetch(LOCK, site_id, ids)
    return [Standing(**row) for row in await conn.fetch(STANDING, site_id, ids)]


_COLUMNS = tuple(
    each.name
    for each in fields(Decision)
    if each.name not in {"author_hash", "address_hash", "earlier_label_id"}
)
_NAMES = ", ".join(_COLUMNS)
INSERT_DECISIONS = f"""
    WITH forgotten AS (
         UPDATE decisions
            SET waited = NULL
          WHERE site_id = $1 AND id = ANY ($13::uuid[]) AND waited IS NOT NULL
    ), inserted AS (
         INSERT INTO decisions (site_id, {_NAMES})
         SELECT $1, {_NAMES}
           FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[],
                       $7::text[], $8::uuid[], $9::text[], $10::text[], $11::uuid[], $12::uuid[],
                       $13::uuid[], $14::uuid[], $15::text[], $16::timestamptz[],
                       $17::timestamptz[], $18::interval[])
                AS n ({_NAMES})
      RETURNING comment_id, state, standing
    )
    UPDATE comments AS c
       SET decision = i.state, decision_id = i.standing
      FROM inserted AS i
     WHERE c.site_id = $1 AND c.id = i.comment_id
"""


async def insert_decisions(conn: Connection, site_id: int, rows: Sequence[NewDecision]) -> None:
    """What one of them takes back was not waited for."""
    columns = [[getattr(row, name) for row in rows] for name in _COLUMNS]
    await conn.execute(INSERT_DECISIONS, site_id, *columns)


OF_BATCH = """
    SELECT id, comment_id
      FROM decisions
     WHERE site_id = $1 AND batch = $2 AND choice <> 'undo'
       AND ($3::uuid IS NULL OR comment_id = $3)
"""
DECISIONS = f"""
    SELECT {", ".join(f"d.{name}" for name in _COLUMNS)}, c.author_hash, c.address_hash,
           b.label_id AS earlier_label_id
      FROM decisions AS d
      JOIN comments AS c ON c.site_id = d.site_id AND c.id = d.comment_id
      LEFT JOIN decisions AS b ON b.site_id = d.site_id AND b.id = d.before
     WHERE d.site_id = $1 AND d.id = ANY ($2::uuid[])
     ORDER BY d.id DESC
"""


async def of_batch(
    conn: Connection, site_id: int, batch: UUID, comment_id: UUID | None
) -> dict[UUID, UUID]:
    """Decision -> comment, of what was decided by one act."""
    rows = await conn.fetch(OF_BATCH, site_id, batch, comment_id)
    return {row["id"]: row["comment_id"] for row in rows}


async def decisions(conn: Connection, site_id: int, ids: Sequence[UUID]) -> list[Decision]:
    """The newest first."""
    return [Decision(**row) for row in await conn.fetch(DECISIONS, site_id, ids)]


DELETE_LABELS = """
    DELETE FROM labels
     WHERE site_id = $1 AND comment_id = ANY ($2::uuid[])
"""
DELETE_GIVEN_LABELS = """
    DELETE FROM labels
     WHERE site_id = $1 AND id = ANY ($2::uuid[])
"""
INSERT_LABELS = """
    INSERT INTO labels (site_id, id, comment_id, label, source, reporter, created_at)
    SELECT $1, n.id, n.comment_id, n.label, n.source, $5, $6
      FROM unnest($2::uuid[], $3::uuid[], $4::text[], $7::text[])
           AS n (id, comment_id, label, source)
"""


async def delete_labels(conn: Connection, site_id: int, comments: Sequence[UUID]) -> None:
    """Of comments on which a person no longer says spam or ham."""
    if comments:
        await conn.execute(DELETE_LABELS, site_id, comments)


async def delete_given_labels(conn: Connection, site_id: int, labels: Sequence[UUID]) -> None:
    if labels:
        await conn.execute(DELETE_GIVEN_LABELS, site_id, labels)


async def insert_labels(
    conn: Connection, site_id: int, rows: Sequence[NewDecision], reporter: int | None
) -> None:
    if rows:
        await conn.execute(
            INSERT_LABELS,
            site_id,
            [row.label_id for row in rows],
            [row.comment_id for row in rows],
            [row.label for row in rows],
            reporter,
            rows[0].decided_at,
            ["appeal" if row.row.appealed and row.label == "ham" else "moderator" for row in rows],
        )


async def restore_labels(conn: Connection, site_id: int, rows: Sequence[NewDecision]) -> None:
    """Labels that a decision without one had taken away, under the ids they had."""
    if rows:
        await conn.execute(
            INSERT_LABELS,
            site_id,
            [row.earlier_label_id or uuid7() for row in rows],
            [row.comment_id for row in rows],
            [row.label for row in rows],
            None,
            rows[0].decided_at,
            ["moderator" for _ in rows],
        )


APPROVE = """
    WITH acquitted AS (
         DELETE FROM spam_addresses
          WHERE site_id = $1 AND address_hash = ANY ($3::bigint[])
    )
    INSERT INTO approved_authors (site_id, author_hash, approved_at)
    SELECT $1, author_hash, $4
      FROM unnest($2::bigint[]) AS author_hash
        ON CONFLICT DO NOTHING
"""
ACCUSE = """
    WITH dismissed AS (
         DELETE FROM approved_authors
          WHERE site_id = $1 AND author_hash = ANY ($2::bigint[])
    )
    INSERT INTO spam_addresses AS s (site_id, address_hash, labelled_at)
    SELECT $1, address_hash, $4
      FROM unnest($3::bigint[]) AS address_hash
        ON CONFLICT (site_id, address_hash)
        DO UPDATE SET labelled_at = greatest(s.labelled_at, excluded.labelled_at)
"""


async def approve(
    conn: Connection, site_id: int, authors: Sequence[int], addresses: Sequence[int], now: datetime
) -> None:
    await conn.execute(APPROVE, site_id, authors, addresses, now)


async def accuse(
    conn: Connection, site_id: int, authors: Sequence[int], addresses: Sequence[int], now: datetime
) -> None:
    await conn.execute(ACCUSE, site_id, authors, addresses, now)


# The newest decision comes first in ``taken``; what stood before the oldest one is what returns.
RESTORE_MEMORY = """
    WITH authors AS (
         SELECT DISTINCT ON (t.author_hash) t.author_hash, t.author_before
           FROM unnest($2::bigint[], $3::timestamptz[]) WITH ORDINALITY
                AS t (author_hash, author_before, place)
          WHERE t.author_hash IS NOT NULL
          ORDER BY t.author_hash, t.place DESC
    ), addresses AS (
         SELECT DISTINCT ON (t.address_hash) t.address_hash, t.address_before
           FROM unnest($4::bigint[], $5::timestamptz[]) WITH ORDINALITY
                AS t (address_hash, address_before, place)
          WHERE t.address_hash IS NOT NULL
          ORDER BY t.address_hash, t.place DESC
    ), dismissed AS (
         DELETE FROM approved_authors AS a
          USING authors AS t
          WHERE a.site_id = $1 AND a.author_hash = t.author_hash AND t.author_before IS NULL
    ), approved AS (
         INSERT INTO approved_authors (site_id, author_hash, approved_at)
         SELECT $1, author_hash, author_before
           FROM authors
          WHERE author_before IS NOT NULL
             ON CONFLICT DO NOTHING
    ), acquitted AS (
         DELETE FROM spam_addresses AS a
          USING addresses AS t
          WHERE a.site_id = $1 AND a.address_hash = t.address_hash AND t.address_before IS NULL
    )
    INSERT INTO spam_addresses (site_id, address_hash, labelled_at)
    SELECT $1, address_hash, address_before
      FROM addresses
     WHERE address_before IS NOT NULL
        ON CONFLICT (site_id, address_hash) DO UPDATE SET labelled_at = excluded.labelled_at
"""


async def restore_memory(conn: Connection, site_id: int, taken: Sequence[Taken]) -> None:
    await conn.execute(
        RESTORE_MEMORY,
        site_id,
        [each.author_hash for each in taken],
        [each.author_before for each in taken],
        [each.address_hash for each in taken],
        [each.address_before for each in taken],
    )


ADD_MISTAKES = """
    INSERT INTO daily_counts (site_id, day, id, blog, calls, spam, ham, missed_spam,
                              false_positives)
    SELECT $1, n.day, gen_random_uuid(), n.blog, 0, 0, 0, n.missed, n.wrong
      FROM unnest($2::date[], $3::text[], $4::bigint[], $5::bigint[])
           AS n (day, blog, missed, wrong)
"""


async def add_mistakes(
    conn: Connection, site_id: int, counts: Sequence[tuple[date, str, int, int]]
) -> None:
    """(day, blog, missed spam, false positives) to be added."""
    await conn.execute(ADD_MISTAKES, site_id, *map(list, zip(*counts, strict=True)))


RECORD = """
    INSERT INTO audit_trail
           (site_id, id, recorded_at, actor_kind, actor, action, subject, details)
    SELECT $1, n.id, $2, $3, $4, n.action, n.subject, n.details
      FROM unnest($5::uuid[], $6::text[], $7::text[], $8::jsonb[])
           AS n (id, action, subject, details)
"""


async def record(
    conn: Connection, site_id: int, rows: Sequence[NewDecision], kind: str, actor: str
) -> None:
    await conn.execute(
        RECORD,
        site_id,
        rows[0].decided_at,
        kind,
        actor,
        [uuid7() for _ in rows],
        ["comment.decision_undone" if row.undoes else "comment.decided" for row in rows],
        [str(row.comment_id) for row in rows],
        [{"choice": row.choice, "state": row.state, "before": row.state_before} for row in rows],
    )
