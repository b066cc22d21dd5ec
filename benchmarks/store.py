"""All SQL of the benchmarks: the naive service's tables, and what is asked of the others."""

from collections.abc import Mapping, Sequence
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


PROBE_TABLE = """
    CREATE TABLE IF NOT EXISTS benchmark_probe (
        id   uuid PRIMARY KEY,
        text text NOT NULL
    )
"""


async def make_probe_table(conn: Connection) -> None:
    await conn.execute(PROBE_TABLE)


INSERT_PROBE = """
    INSERT INTO benchmark_probe (id, text)
    VALUES ($1, $2)
"""


async def insert_probe(conn: Connection, row_id: UUID, text: str) -> None:
    await conn.execute(INSERT_PROBE, row_id, text)


# Numbers $3 to $4 of $5 rows, in the order of their time, spread evenly over 90 days.  Ids are
# UUIDv7 of that time.  The share of each action and the number of authors and addresses are those
# of a blog that gets mostly spam; findings are as long as real ones.
FILL_COMMENTS = """
    INSERT INTO comments (
           site_id, id, received_at, period, minute, key_id, origin, counted, is_test,
           recheck_reason, kind, blog, permalink, title, languages, role, author, email, url,
           address, user_agent, referrer, text, identity_hash, text_hash, near_hash_a, near_hash_b,
           author_hash, address_hash, action, probability, log_odds, findings, decided_by, model,
           adjustment)
    SELECT s.id,
           (lpad(to_hex((extract(epoch FROM t.at) * 1000)::bigint), 12, '0')
            || '7' || left(r.hex, 3) || '8' || substr(r.hex, 4, 15))::uuid,
           t.at, floor(extract(epoch FROM t.at) / 21600), floor(extract(epoch FROM t.at) / 60),
           1, 'check', true, false, '', 'comment', 'blog.bench.example',
           'https://blog.bench.example/2026/04/17/a-post-of-the-blog-' || n % 3000,
           NULL, 'de, en_us', '', 'Author ' || n % 150000,
           'author.' || n % 150000 || '@mail.example', 'https://shop-' || n % 40000 || '.example/',
           '0.0.0.0'::inet + (hashint8extended(n % 100000, 3) & 2147483647),
           'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0',
           'https://blog.bench.example/2026/04/17/a-post-of-the-blog-' || n % 3000,
           ($2::text[])[1 + n % cardinality($2::text[])] || ' ' || n,
           hashint8extended(n, 1), hashint8extended(n, 2), hashint8extended(n, 4),
           hashint8extended(n, 5), hashint8extended(n % 150000, 6),
           hashint8extended(n % 100000, 7),
           (ARRAY['approve', 'reject', 'reject', 'hold'])[1 + n % 4],
           0.5, 0.0, f.findings, '', 'benchmark', 0
      FROM generate_series($3::bigint, $4::bigint - 1) AS n
     CROSS JOIN (SELECT id FROM sites WHERE name = $1) AS s
     CROSS JOIN LATERAL (
           SELECT now() - interval '90 days' * ((($5::bigint - n)::float8) / $5::bigint) AS at
           ) AS t
     CROSS JOIN LATERAL (SELECT md5(n::text) AS hex) AS r
     CROSS JOIN (
           SELECT json_agg(json_build_array('finding_' || k, 0.1234, '{}'::json)) AS findings
             FROM generate_series(1, 15) AS k
           ) AS f
"""


async def fill_comments(
    conn: Connection, site: str, texts: Sequence[str], numbers: range, rows: int
) -> None:
    """The rows of these ``numbers``, of ``rows`` in all; later numbers have later times."""
    await conn.execute(FILL_COMMENTS, site, texts, numbers.start, numbers.stop, rows)


FILL_OUTBOX = """
    INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, state, attempts, due_at,
           finished_at)
    SELECT c.site_id, gen_random_uuid(), 1, c.id, 'comment.approved', 'delivered', 1,
           c.received_at, c.received_at
      FROM comments AS c
     WHERE c.received_at > now() - interval '7 days'
"""

FILL_AUTHORS = """
    INSERT INTO approved_authors (site_id, author_hash, approved_at)
    SELECT c.site_id, c.author_hash, min(c.received_at)
      FROM comments AS c
     WHERE c.action = 'approve'
     GROUP BY c.site_id, c.author_hash
        ON CONFLICT DO NOTHING
"""

FILL_ADDRESSES = """
    INSERT INTO spam_addresses (site_id, address_hash, labelled_at)
    SELECT c.site_id, c.address_hash, now()
      FROM comments AS c
     WHERE c.action = 'reject'
     GROUP BY c.site_id, c.address_hash
    HAVING c.address_hash % 10 = 0
        ON CONFLICT DO NOTHING
"""

FILL_LABELS = """
    INSERT INTO labels (site_id, id, comment_id, label, source, created_at)
    SELECT c.site_id, gen_random_uuid(), c.id, 'ham', 'akismet', c.received_at
      FROM comments AS c
     WHERE c.action = 'hold' AND c.identity_hash % 10 = 0
"""


async def fill_companions(conn: Connection) -> None:
    """What 90 days leave in the other tables: a week's deliveries, authors, addresses, labels."""
    for statement in (FILL_OUTBOX, FILL_AUTHORS, FILL_ADDRESSES, FILL_LABELS):
        await conn.execute(statement)


EMPTY_OUTBOX = "DELETE FROM outbox"
ENQUEUE_ALL = """
    INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at)
    SELECT c.site_id, c.id, $1, c.id, 'comment.held', now()
      FROM comments AS c
"""
WAITING = """
    SELECT count(*)
      FROM outbox
     WHERE state <> 'delivered'
"""


async def enqueue_all(conn: Connection, endpoint: int) -> None:
    """A delivery of every comment, under its id, and no other."""
    await conn.execute(EMPTY_OUTBOX)
    await conn.execute(ENQUEUE_ALL, endpoint)


async def waiting(conn: Connection) -> int:
    """How many deliveries are not delivered."""
    number: int = await conn.fetchval(WAITING)
    return number


VACUUM = "VACUUM (ANALYZE)"
CHECKPOINT = "CHECKPOINT"
DATABASE_SIZE = "SELECT pg_database_size(current_database())"


async def settle(conn: Connection) -> int:
    """Do what PostgreSQL would do later, so that no round pays for it; bytes of the database."""
    await conn.execute(VACUUM)
    await conn.execute(CHECKPOINT)
    size: int = await conn.fetchval(DATABASE_SIZE)
    return size


# Numbers $3 to $4 of $5 rows of two sites in turn, in the order of their time, spread over 90 days.
# Every hundredth is held; a third of those a moderator put on hold.  Half of the others are
# rejected.  A third is of one author.  A tenth, at random, have the word "gewinnspiel"; twenty of
# all have "zeugma", half of them held.  Some held ones are alike, in campaigns of ten.
FILL_REVIEWED = """
    WITH added AS (
         INSERT INTO comments (
                site_id, id, received_at, period, minute, key_id, origin, counted, is_test,
                recheck_reason, kind, blog, permalink, title, languages, role, author, email, url,
                address, user_agent, referrer, text, identity_hash, text_hash, near_hash_a,
                near_hash_b, author_hash, address_hash, action, probability, log_odds, findings,
                decided_by, model, adjustment, decision, decision_id)
         SELECT ($1::int[])[1 + (n / 100 % 2)::int],
                (lpad(to_hex((extract(epoch FROM t.at) * 1000)::bigint), 12, '0')
                 || '7' || left(r.hex, 3) || '8' || substr(r.hex, 4, 15))::uuid,
                t.at, floor(extract(epoch FROM t.at) / 21600),
                floor(extract(epoch FROM t.at) / 60),
                1, 'check', true, false, '', 'comment', 'blog.bench.example',
                'https://blog.bench.example/2026/04/17/a-post-of-the-blog-' || n % 3000,
                'A post of the blog ' || n % 3000,
                (ARRAY['de', 'de, en_us', 'ru', 'en'])[1 + r.any % 4], '',
                'Author ' || r.author, 'author.' || r.author || '@mail.example',
                'https://shop-' || n % 40000 || '.example/',
                '0.0.0.0'::inet + (hashint8extended(n % 100000, 3) & 2147483647),
                'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0',
                'https://blog.bench.example/2026/04/17/a-post-of-the-blog-' || n % 3000,
                ($2::text[])[1 + n % cardinality($2::text[])] || ' ' || n
                || CASE WHEN r.any % 10 = 0 THEN ' gewinnspiel' ELSE '' END
                || CASE WHEN n % ($5 / 10) IN (100, 101) THEN ' zeugma' ELSE '' END,
                hashint8extended(n, 1), hashint8extended(n, 2), h.near, hashint8extended(n, 5),
                hashint8extended(r.author, 6), hashint8extended(n % 100000, 7),
                CASE WHEN h.held THEN 'hold' WHEN n % 2 = 0 THEN 'approve' ELSE 'reject' END,
                CASE WHEN h.held THEN 0.5 + r.any % 480 / 1000.0
                     WHEN n % 2 = 0 THEN r.any % 500 / 1000.0
                     ELSE 0.98 + r.any % 20 / 1000.0 END,
                0.0, f.findings[1 + r.any % 20], '', 'benchmark', 0,
                CASE WHEN h.decided THEN 'hold' END, CASE WHEN h.decided THEN r.hex::uuid END
           FROM generate_series($3::bigint, $4::bigint - 1) AS n
          CROSS JOIN LATERAL (
                SELECT now() - interval '90 days' * ((($5::bigint - n)::float8) / $5::bigint) AS at
                ) AS t
          CROSS JOIN LATERAL (
                SELECT md5(n::text) AS hex, a.any,
                       CASE WHEN a.any % 3 = 0 THEN 0 ELSE a.any / 3 % 5000 END AS author
                  FROM (SELECT (hashint8extended(n, 9) & 1073741823)::int AS any) AS a
                ) AS r
          CROSS JOIN LATERAL (
                SELECT n % 100 = 0 AS held, n % 300 = 0 AS decided,
                       hashint8extended(CASE WHEN n % 500 = 0 THEN n / 5000 ELSE n END, 4) AS near
                ) AS h
          CROSS JOIN (
                SELECT array_agg(
                       (SELECT json_agg(json_build_array('finding_' || k, 0.1234, '{}'::json))
                          FROM generate_series(s, s + 14) AS k)) AS findings
                  FROM generate_series(1, 20) AS s
                ) AS f
      RETURNING site_id, id, decision_id, received_at
    )
    INSERT INTO decisions (site_id, id, comment_id, decided_at, choice, actor_kind, actor, batch,
                           state, standing)
    SELECT site_id, decision_id, id, received_at, 'hold', 'user', $6, decision_id, 'hold',
           decision_id
      FROM added
     WHERE decision_id IS NOT NULL
"""


async def fill_reviewed(  # noqa: PLR0913, PLR0917  (what the rows are made of)
    conn: Connection,
    sites: Sequence[int],
    texts: Sequence[str],
    numbers: range,
    rows: int,
    moderator: int,
) -> None:
    """The rows of these ``numbers``, of ``rows`` in all, as moderators find them."""
    await conn.execute(
        FILL_REVIEWED, sites, texts, numbers.start, numbers.stop, rows, str(moderator)
    )


SECOND_SITE = """
    INSERT INTO sites (name, url, language, pepper_sealed)
    SELECT 'second', 'https://second.example', 'de', pepper_sealed
      FROM sites
     LIMIT 1
"""
DELIVER_ALL = """
    INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, state, attempts, due_at,
                        finished_at, last_error)
    SELECT site_id, id, 1, id, 'comment.decided',
           CASE WHEN random() < 0.01 THEN 'given-up' ELSE 'delivered' END, 1, received_at,
           received_at, CASE WHEN random() < 0.3 THEN 'HTTP 503' END
      FROM comments
"""


async def two_sites(conn: Connection) -> list[int]:
    """Add a second site; both."""
    await conn.execute(SECOND_SITE)
    return (await site_ids(conn))[:2]


async def deliver_all(conn: Connection) -> None:
    """A delivery of every comment, one of a hundred given up."""
    await conn.execute(DELIVER_ALL)


SITE_IDS = """
    SELECT id
      FROM sites
     ORDER BY id
"""


async def site_ids(conn: Connection) -> list[int]:
    return [row["id"] for row in await conn.fetch(SITE_IDS)]


SOME_REJECTED = """
    SELECT id
      FROM comments
     WHERE site_id = $1 AND action = 'reject' AND decision_id IS NULL
     ORDER BY id DESC
     LIMIT $2
"""


async def some_rejected(conn: Connection, site_id: int, number: int) -> list[UUID]:
    """The newest of the site on which nobody decided."""
    return [row["id"] for row in await conn.fetch(SOME_REJECTED, site_id, number)]
