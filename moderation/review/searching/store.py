"""The SQL of the index of words."""

from uuid import UUID

from service.db import Connection

CHUNK_COMMENTS = 1000

PROGRESS = """
    SELECT s.id, coalesce(p.reached, '00000000-0000-0000-0000-000000000000') AS reached
      FROM sites AS s
      LEFT JOIN search_progress AS p ON p.site_id = s.id
     ORDER BY s.id
"""
SET_PROGRESS = """
    INSERT INTO search_progress (site_id, reached)
    SELECT id, $2
      FROM sites
     WHERE id = $1
        ON CONFLICT (site_id) DO UPDATE SET reached = excluded.reached
            WHERE search_progress.reached = $3
"""
START_OVER = """
    INSERT INTO search_progress (site_id, reached)
    VALUES ($1, '00000000-0000-0000-0000-000000000000')
        ON CONFLICT (site_id) DO UPDATE SET reached = excluded.reached
"""


async def progress(conn: Connection) -> list[tuple[int, UUID]]:
    """(site, comment up to which all are indexed)"""
    return [tuple(row) for row in await conn.fetch(PROGRESS)]


async def set_progress(conn: Connection, site_id: int, reached: UUID, before: UUID) -> None:
    """Nothing happens where progress is no longer ``before``."""
    await conn.execute(SET_PROGRESS, site_id, reached, before)


async def start_over(conn: Connection, site_id: int) -> None:
    await conn.execute(START_OVER, site_id)


# A comment that is erased meanwhile is locked by neither: the foreign key refuses its words, and
# the chunk is tried again by the next run.
INDEX = """
    WITH chunk AS (
         SELECT c.id, c.author, c.title, c.text, c.author_hash
           FROM comments AS c
          WHERE c.site_id = $1 AND c.id > $2
          ORDER BY c.id
          LIMIT $3
    ), added AS (
         INSERT INTO comment_search (site_id, comment_id, document, indexed_at)
         SELECT $1, c.id,
                to_tsvector('simple', left(concat_ws(' ', c.author, c.title, c.text), 20000))
                || array_to_tsvector(array_remove(
                       ARRAY[' s' || $1::int, ' a' || c.author_hash], NULL)),
                now()
           FROM chunk AS c
          WHERE NOT EXISTS (
                SELECT
                  FROM comment_search AS w
                 WHERE w.site_id = $1 AND w.comment_id = c.id)
             ON CONFLICT DO NOTHING
         RETURNING comment_id
    )
    SELECT (SELECT count(*) FROM added)::int AS number,
           (SELECT id FROM chunk ORDER BY id DESC LIMIT 1) AS reached
"""


async def index(conn: Connection, site_id: int, reached: UUID) -> tuple[int, UUID] | None:
    """Index one chunk of comments after ``reached``; how many were new, and where it ended."""
    row = await conn.fetchrow(INDEX, site_id, reached, CHUNK_COMMENTS)
    return (row["number"], row["reached"]) if row and row["reached"] else None
