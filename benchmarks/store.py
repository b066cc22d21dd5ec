"""All SQL of the benchmarks: the naive service's tables, and what databases under test are asked."""

from collections.abc import Mapping
from uuid import UUID

from service.db import Connection

NAIVE_TABLES = """
    CREATE TABLE IF NOT EXISTS naive_comments (
        id          uuid PRIMARY KEY,
        received_at timestamptz NOT NULL DEFAULT now(),
        blog        text NOT NULL,
        permalink   text NOT NULL,
        author      text NOT NULL,
        email       text NOT NULL,
        url         text NOT NULL,
        address     inet NOT NULL,
        user_agent  text NOT NULL,
        text        text NOT NULL
    );
    CREATE TABLE IF NOT EXISTS naive_verdicts (
        comment_id  uuid PRIMARY KEY REFERENCES naive_comments,
        probability double precision NOT NULL,
        decided_at  timestamptz NOT NULL DEFAULT now()
    )
"""


async def make_naive_tables(conn: Connection) -> None:
    await conn.execute(NAIVE_TABLES)


INSERT_NAIVE_COMMENT = """
    INSERT INTO naive_comments (id, blog, permalink, author, email, url, address, user_agent, text)
    VALUES ($1, $2, $3, $4, $5, $6, $7::text::inet, $8, $9)
"""


async def insert_naive_comment(conn: Connection, comment_id: UUID, form: Mapping[str, str]) -> None:
    """``form`` by the protocol's names; a field that is missing is stored empty."""
    await conn.execute(
        INSERT_NAIVE_COMMENT,
        comment_id,
        form.get("blog", ""),
        form.get("permalink", ""),
        form.get("comment_author", ""),
        form.get("comment_author_email", ""),
        form.get("comment_author_url", ""),
        form["user_ip"],
        form.get("user_agent", ""),
        form.get("comment_content", ""),
    )


INSERT_NAIVE_VERDICT = """
    INSERT INTO naive_verdicts (comment_id, probability)
    VALUES ($1, $2)
"""


async def insert_naive_verdict(conn: Connection, comment_id: UUID, probability: float) -> None:
    await conn.execute(INSERT_NAIVE_VERDICT, comment_id, probability)


# Every event, so that each first check writes a delivery.  Nothing listens at the address.
INSERT_ENDPOINT = """
    INSERT INTO endpoints (site_id, kind, url, events)
    SELECT id, 'standard-webhook', 'https://blog.bench.example/hook',
           ARRAY['comment.held', 'comment.approved', 'comment.rejected', 'comment.decided']
      FROM sites
     WHERE name = $1
"""


async def insert_endpoint(conn: Connection, site: str) -> None:
    await conn.execute(INSERT_ENDPOINT, site)


COUNT_STORED = """
    SELECT (SELECT count(*) FROM comments) AS comments,
           (SELECT count(*) FROM outbox) AS deliveries
"""


async def count_stored(conn: Connection) -> tuple[int, int]:
    """Stored comments and deliveries."""
    row = await conn.fetchrow(COUNT_STORED)
    assert row is not None
    return row["comments"], row["deliveries"]
