"""The SQL of learning: labels to learn from, adjustments, models, and what was erased."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from classifiers.examples import Example
from moderation.learning.poisoning import Label
from service.db import Connection

SCANNED_AT_MOST = 50_000  # labels looked at, while they are not mostly the same ones
FETCHED_ROWS = 200
COPIES_WITHIN_PERIODS = 28  # of six hours: a week before the report

# What each label says and of what, newest first.  Tests and repeats teach nothing.
NEWEST_LABELS = """
    SELECT l.id, l.comment_id, l.label = 'spam' AS is_spam, l.source, l.reporter,
           c.text_hash AS text, c.near_hash_a AS near_a, c.near_hash_b AS near_b,
           coalesce(nullif(c.languages, ''), s.language) AS language
      FROM (SELECT *
              FROM labels
             WHERE site_id = $1
             ORDER BY id DESC
             LIMIT $2) AS l
      JOIN comments AS c ON c.site_id = $1 AND c.id = l.comment_id
      JOIN sites AS s ON s.id = $1
     WHERE NOT c.is_test AND c.first_id IS NULL
     ORDER BY l.id DESC
"""


async def newest_labels(conn: Connection, site_id: int) -> AsyncIterator[Label]:
    """Of each comment the newest label, newest first.  Within a transaction."""
    seen: set[UUID] = set()
    async for row in conn.cursor(NEWEST_LABELS, site_id, SCANNED_AT_MOST, prefetch=FETCHED_ROWS):
        if row["comment_id"] not in seen:
            seen.add(row["comment_id"])
            yield Label(**row)


HAS_MORE_LABELS = """
    SELECT EXISTS (SELECT FROM labels WHERE site_id = $1 OFFSET $2)
"""


async def has_more_labels(conn: Connection, site_id: int) -> bool:
    """Whether there are labels that ``newest_labels`` did not look at."""
    more: bool = await conn.fetchval(HAS_MORE_LABELS, site_id, SCANNED_AT_MOST)
    return more


# All labels of a site are looked at, which takes seconds where a flood has come in.
DIFFERENT_LABELS = """
    WITH newest AS (
         SELECT DISTINCT ON (l.comment_id) l.*
           FROM labels AS l
          WHERE l.site_id = $1
          ORDER BY l.comment_id, l.id DESC
    ), found AS (
         SELECT l.id, l.comment_id, l.label = 'spam' AS is_spam, l.source, l.reporter,
                c.text_hash AS text, c.near_hash_a AS near_a, c.near_hash_b AS near_b,
                coalesce(nullif(c.languages, ''), s.language) AS language,
                row_number() OVER (PARTITION BY c.text_hash, l.label ORDER BY l.id DESC) AS nth
           FROM newest AS l
           JOIN comments AS c ON c.site_id = $1 AND c.id = l.comment_id
           JOIN sites AS s ON s.id = $1
          WHERE NOT c.is_test AND c.first_id IS NULL
    ), ranked AS (
         SELECT f.*, row_number() OVER (PARTITION BY source, reporter ORDER BY id DESC) AS rank
           FROM found AS f
          WHERE nth <= $2
    )
    SELECT id, comment_id, is_spam, source, reporter, text, near_a, near_b, language
      FROM ranked
     WHERE rank <= $3
     ORDER BY id DESC
     LIMIT $4
"""


async def different_labels(
    conn: Connection, site_id: int, alike: int, of_one_reporter: int
) -> AsyncIterator[Label]:
    """As ``newest_labels``, of all labels, but only so many of one text and of one reporter."""
    async for row in conn.cursor(
        DIFFERENT_LABELS, site_id, alike, of_one_reporter, SCANNED_AT_MOST, prefetch=FETCHED_ROWS
    ):
        yield Label(**row)


COMMENTS = """
    SELECT c.id, c.text, c.author, c.email, c.url, c.permalink, c.title, c.context, c.languages,
           c.kind, s.language
      FROM comments AS c
      JOIN sites AS s ON s.id = c.site_id
     WHERE c.site_id = $1 AND c.id = ANY($2::uuid[])
"""


async def examples(
    conn: Connection, site_id: int, comment_ids: Sequence[UUID]
) -> dict[UUID, Example]:
    """The comments as the classifier saw them, but for what only a form tells and is not kept."""
    rows = await conn.fetch(COMMENTS, site_id, list(comment_ids))
    return {
        row["id"]: Example(
            text=row["text"],
            author=row["author"],
            url=row["url"],
            mail_domain=row["email"].rpartition("@")[2].lower() if row["email"] else row["email"],
            permalink=row["permalink"],
            title=row["title"],
            context=row["context"],
            language=row["languages"] or row["language"],
            kind=row["kind"],
        )
        for row in rows
    }


# Comments that repeat, nearly, what stood approved under another author's name before.  Texts that
# are too short for sketches are everybody's words.
COPIES = """
    SELECT q.id
      FROM comments AS q
     WHERE q.site_id = $1 AND q.id = ANY($2::uuid[]) AND q.near_hash_a IS NOT NULL
       AND EXISTS (
           SELECT
             FROM generate_series(q.period - $3::int, q.period) AS p (period)
            CROSS JOIN LATERAL (
                  SELECT c.id, c.action, c.author_hash, c.author
                    FROM comments AS c
                   WHERE c.site_id = $1 AND c.period = p.period AND c.near_hash_a = q.near_hash_a
                  UNION ALL
                  SELECT c.id, c.action, c.author_hash, c.author
                    FROM comments AS c
                   WHERE c.site_id = $1 AND c.period = p.period AND c.near_hash_b = q.near_hash_b
                  ) AS e
            WHERE e.id < q.id
              AND (e.author_hash, e.author) IS DISTINCT FROM (q.author_hash, q.author)
              AND coalesce((SELECT l.label = 'ham'
                              FROM labels AS l
                             WHERE l.site_id = $1 AND l.comment_id = e.id
                             ORDER BY l.id DESC
                             LIMIT 1), e.action = 'approve')
           )
"""


async def copies(conn: Connection, site_id: int, comment_ids: Sequence[UUID]) -> set[UUID]:
    rows = await conn.fetch(COPIES, site_id, list(comment_ids), COPIES_WITHIN_PERIODS)
    return {row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class Stored:
    """What a site has learnt, as it travels: nothing of it is trusted before its code fits."""

    site_id: int
    version: int
    manifest: str
    code: bytes
    packed: bytes | None


# One row for each site that has learnt anything: what a process must know to be up to date.
VERSIONS = """
    SELECT coalesce(a.site_id, m.site_id) AS site_id, coalesce(a.version, 0) AS adjustment,
           coalesce(m.version, 0) AS model
      FROM (SELECT site_id, version FROM site_adjustments WHERE packed IS NOT NULL) AS a
      FULL JOIN (SELECT site_id, version FROM models WHERE state = 'current') AS m
        ON m.site_id = a.site_id
"""


async def versions(conn: Connection) -> dict[int, tuple[int, int]]:
    """Site -> versions of its adjustment and its model; 0 is none."""
    return {row["site_id"]: (row["adjustment"], row["model"]) for row in await conn.fetch(VERSIONS)}


VERSIONS_OF = """
    SELECT (SELECT version FROM site_adjustments WHERE site_id = $1) AS adjustment,
           (SELECT version FROM models WHERE site_id = $1 AND state = 'current') AS model,
           (SELECT max(version) FROM models WHERE site_id = $1) AS last
"""


async def versions_of(conn: Connection, site_id: int) -> tuple[int, int, int]:
    """Versions of the adjustment (empty or not), the current model, the last model; 0 is none."""
    row = await conn.fetchrow(VERSIONS_OF, site_id)
    adjustment, model, last = row or (None, None, None)
    return adjustment or 0, model or 0, last or 0


ADJUSTMENT = """
    SELECT site_id, version, manifest, code, packed
      FROM site_adjustments
     WHERE site_id = $1
"""


async def adjustment(conn: Connection, site_id: int) -> Stored | None:
    row = await conn.fetchrow(ADJUSTMENT, site_id)
    return Stored(**row) if row else None


REPLACE_ADJUSTMENT = """
    INSERT INTO site_adjustments AS a (site_id, version, base, newest, made_at, manifest, code,
                                       packed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (site_id)
        DO UPDATE SET version = excluded.version, base = excluded.base, newest = excluded.newest,
                      made_at = excluded.made_at, manifest = excluded.manifest,
                      code = excluded.code, packed = excluded.packed
             WHERE a.version < excluded.version
"""


async def replace_adjustment(
    conn: Connection, new: Stored, base: str, newest: UUID | None, now: datetime
) -> None:
    await conn.execute(
        REPLACE_ADJUSTMENT,
        new.site_id,
        new.version,
        base,
        newest,
        now,
        new.manifest,
        new.code,
        new.packed,
    )


# Sites of which a label came or went that nobody has learnt from, or whose model is another.
BEHIND = """
    SELECT site_id
      FROM label_changes
     UNION
    SELECT site_id
      FROM label_erasures
     UNION
    SELECT coalesce(a.site_id, m.site_id)
      FROM site_adjustments AS a
      FULL JOIN (SELECT site_id, version FROM models WHERE state = 'current') AS m
        ON m.site_id = a.site_id
     WHERE a.base IS DISTINCT FROM $1 || coalesce('+' || m.version, '')
     ORDER BY site_id
"""


async def behind(conn: Connection, shipped: str) -> list[int]:
    """``shipped`` is the version of the model that ships."""
    return [row["site_id"] for row in await conn.fetch(BEHIND, shipped)]


CHANGES = """
    SELECT id
      FROM label_changes
     WHERE site_id = $1
"""
ERASURES = """
    SELECT id
      FROM label_erasures
     WHERE site_id = $1
"""
FORGET_CHANGES = """
    DELETE FROM label_changes
     WHERE site_id = $1 AND id = ANY($2::uuid[])
"""
FORGET_ERASURES = """
    DELETE FROM label_erasures
     WHERE site_id = $1 AND id = ANY($2::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """What is still to be learnt of a site: labels that came, and labels that went."""

    came: list[UUID]
    went: list[UUID]


async def noted(conn: Connection, site_id: int) -> Noted:
    came, went = await conn.fetch(CHANGES, site_id), await conn.fetch(ERASURES, site_id)
    return Noted([row["id"] for row in came], [row["id"] for row in went])


async def forget_noted(conn: Connection, site_id: int, learnt: Noted) -> None:
    await conn.execute(FORGET_CHANGES, site_id, learnt.came)
    await conn.execute(FORGET_ERASURES, site_id, learnt.went)


LOCK_SITE_ID = """
    SELECT name
      FROM sites
     WHERE id = $1
       FOR NO KEY UPDATE
"""


async def lock_site_id(conn: Connection, site_id: int) -> str | None:
    """The site's name, with nobody else changing its models until the transaction ends."""
    name: str | None = await conn.fetchval(LOCK_SITE_ID, site_id)
    return name


SITES = """
    SELECT id, name
      FROM sites
     ORDER BY id
"""


async def sites(conn: Connection) -> list[tuple[int, str]]:
    return [tuple(row) for row in await conn.fetch(SITES)]
