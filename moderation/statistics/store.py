"""The SQL of counts: rows are only ever added, and added up."""

from dataclasses import dataclass
from datetime import date

from service.db import Connection

ADD_COUNTS = """
    INSERT INTO daily_counts (site_id, day, id, blog, calls, spam, ham, missed_spam,
                              false_positives)
    VALUES ($1, $2, gen_random_uuid(), $3, $4, 0, 0, $5, $6)
"""


async def add_counts(  # noqa: PLR0913  (the columns of a row)
    conn: Connection,
    site_id: int,
    day: date,
    blog: str,
    *,
    calls: int = 0,
    missed_spam: int = 0,
    false_positives: int = 0,
) -> None:
    await conn.execute(ADD_COUNTS, site_id, day, blog, calls, missed_spam, false_positives)


# Whoever reads meanwhile sees the rows before or their sum, never both and never neither.
ADD_UP_COUNTS = """
    WITH parts AS (
         DELETE FROM daily_counts AS d
          USING (SELECT site_id, day, blog
                   FROM daily_counts
                  WHERE day < $1
                  GROUP BY site_id, day, blog
                 HAVING count(*) > 1) AS several
          WHERE d.site_id = several.site_id AND d.day = several.day AND d.blog = several.blog
      RETURNING d.*
    ), sums AS (
         INSERT INTO daily_counts (site_id, day, id, blog, calls, spam, ham, missed_spam,
                                   false_positives)
         SELECT site_id, day, gen_random_uuid(), blog, sum(calls), sum(spam), sum(ham),
                sum(missed_spam), sum(false_positives)
           FROM parts
          GROUP BY site_id, day, blog
    )
    SELECT count(*)
      FROM parts
"""


async def add_up_counts(conn: Connection, before: date) -> int:
    """Make one row of all rows of a site, a blog and a day before ``before``; rows replaced."""
    replaced: int = await conn.fetchval(ADD_UP_COUNTS, before)
    return replaced


COUNT_CALLS = """
    SELECT coalesce(sum(calls), 0)::bigint
      FROM daily_counts
     WHERE site_id = $1 AND day >= $2
"""


async def count_calls(conn: Connection, site_id: int, since: date) -> int:
    calls: int = await conn.fetchval(COUNT_CALLS, site_id, since)
    return calls


@dataclass(frozen=True, slots=True)
class BlogCounts:
    blog: str
    calls: int
    spam: int
    ham: int
    missed_spam: int
    false_positives: int


COUNTS_BY_BLOG = """
    SELECT blog, sum(calls)::bigint AS calls, sum(spam)::bigint AS spam, sum(ham)::bigint AS ham,
           sum(missed_spam)::bigint AS missed_spam,
           sum(false_positives)::bigint AS false_positives
      FROM daily_counts
     WHERE site_id = $1 AND day >= $2 AND day < $3
     GROUP BY blog
     ORDER BY blog
"""


async def counts_by_blog(
    conn: Connection, site_id: int, since: date, until: date
) -> list[BlogCounts]:
    rows = await conn.fetch(COUNTS_BY_BLOG, site_id, since, until)
    return [BlogCounts(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class TimeCounts:
    unit: str
    first_day: date
    blogs: int
    spam: int
    ham: int
    missed_spam: int
    false_positives: int


COUNTS_BY_TIME = """
    SELECT to_char(day, $3) AS unit, min(day) AS first_day, count(DISTINCT blog) AS blogs,
           sum(spam)::bigint AS spam, sum(ham)::bigint AS ham,
           sum(missed_spam)::bigint AS missed_spam,
           sum(false_positives)::bigint AS false_positives
      FROM daily_counts
     WHERE site_id = $1 AND day >= $2
     GROUP BY unit
     ORDER BY unit
"""


async def counts_by_time(
    conn: Connection, site_id: int, since: date, unit: str
) -> list[TimeCounts]:
    """``unit`` is how a day is written: ``YYYY-MM`` makes months, ``YYYY-MM-DD`` days."""
    rows = await conn.fetch(COUNTS_BY_TIME, site_id, since, unit)
    return [TimeCounts(**row) for row in rows]
