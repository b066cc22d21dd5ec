"""The SQL of counts: rows are only ever added, and added up."""

from collections.abc import Sequence
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
                                   false_positives, held)
         SELECT site_id, day, gen_random_uuid(), blog, sum(calls), sum(spam), sum(ham),
                sum(missed_spam), sum(false_positives), sum(held)
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


ADD_OUTCOMES = """
    INSERT INTO daily_outcomes (site_id, day, id, language, verdict, outcome, comments)
    SELECT $1, n.day, gen_random_uuid(), n.language, n.verdict, n.outcome, n.comments
      FROM unnest($2::date[], $3::text[], $4::text[], $5::text[], $6::bigint[])
           AS n (day, language, verdict, outcome, comments)
"""


async def add_outcomes(
    conn: Connection, site_id: int, rows: Sequence[tuple[date, str, str, str, int]]
) -> None:
    """(day, language, verdict, outcome, comments) to be added."""
    await conn.execute(ADD_OUTCOMES, site_id, *map(list, zip(*rows, strict=True)))


ADD_UP_OUTCOMES = """
    WITH parts AS (
         DELETE FROM daily_outcomes AS d
          USING (SELECT site_id, day, language, verdict, outcome
                   FROM daily_outcomes
                  WHERE day < $1
                  GROUP BY site_id, day, language, verdict, outcome
                 HAVING count(*) > 1) AS several
          WHERE d.site_id = several.site_id AND d.day = several.day
            AND d.language = several.language AND d.verdict = several.verdict
            AND d.outcome = several.outcome
      RETURNING d.*
    ), sums AS (
         INSERT INTO daily_outcomes (site_id, day, id, language, verdict, outcome, comments)
         SELECT site_id, day, gen_random_uuid(), language, verdict, outcome, sum(comments)
           FROM parts
          GROUP BY site_id, day, language, verdict, outcome
         HAVING sum(comments) <> 0
    )
    SELECT count(*)
      FROM parts
"""


async def add_up_outcomes(conn: Connection, before: date) -> int:
    """As ``add_up_counts``."""
    replaced: int = await conn.fetchval(ADD_UP_OUTCOMES, before)
    return replaced


@dataclass(frozen=True, slots=True)
class PartCounts:
    """Of one day, or the week that begins on it."""

    first_day: date
    spam: int  # held ones among them
    ham: int
    held: int


COUNTS_BY_PART = """
    SELECT date_trunc($4, day::timestamp)::date AS first_day, sum(spam)::bigint AS spam,
           sum(ham)::bigint AS ham, sum(held)::bigint AS held
      FROM daily_counts
     WHERE site_id = ANY ($1::int[]) AND day >= $2 AND day < $3
     GROUP BY 1
     ORDER BY 1
"""


async def counts_by_part(
    conn: Connection, site_ids: Sequence[int], since: date, until: date, unit: str
) -> list[PartCounts]:
    """``unit`` is ``day`` or ``week``."""
    rows = await conn.fetch(COUNTS_BY_PART, list(site_ids), since, until, unit)
    return [PartCounts(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many comments of these are in that state by a person's decision."""

    first_day: date
    language: str
    verdict: str
    outcome: str
    comments: int


OUTCOMES_BY_PART = """
    SELECT date_trunc($4, day::timestamp)::date AS first_day, language, verdict, outcome,
           sum(comments)::bigint AS comments
      FROM daily_outcomes
     WHERE site_id = ANY ($1::int[]) AND day >= $2 AND day < $3
     GROUP BY 1, 2, 3, 4
    HAVING sum(comments) <> 0
     ORDER BY 1, 2, 3, 4
"""


async def outcomes_by_part(
    conn: Connection, site_ids: Sequence[int], since: date, until: date, unit: str
) -> list[OutcomeCounts]:
    rows = await conn.fetch(OUTCOMES_BY_PART, list(site_ids), since, until, unit)
    return [OutcomeCounts(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds that held comments waited for a person; ``first_day`` None is the whole period."""

    first_day: date | None
    decisions: int
    median: float
    p90: float


# Of each site so many of the newest, which its index gives in their order.
WAITS_BY_PART = """
    SELECT d.first_day, count(*) AS decisions,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY d.seconds) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY d.seconds) AS p90
      FROM (
           SELECT date_trunc($4, w.decided_at AT TIME ZONE 'UTC')::date AS first_day,
                  extract(epoch FROM w.waited)::float8 AS seconds
             FROM unnest($1::int[]) AS s (site_id)
            CROSS JOIN LATERAL (
                  SELECT d.decided_at, d.waited
                    FROM decisions AS d
                   WHERE d.site_id = s.site_id AND d.waited IS NOT NULL
                     AND d.decided_at >= $2::date::timestamp AT TIME ZONE 'UTC'
                     AND d.decided_at < $3::date::timestamp AT TIME ZONE 'UTC'
                   ORDER BY d.decided_at DESC
                   LIMIT $5
                  ) AS w
           ) AS d
     GROUP BY GROUPING SETS ((d.first_day), ())
    HAVING count(*) > 0
     ORDER BY d.first_day
"""


async def waits_by_part(  # noqa: PLR0913, PLR0917  (sites, period, and how much of it)
    conn: Connection, site_ids: Sequence[int], since: date, until: date, unit: str, most: int
) -> list[Waits]:
    """By the day of the decision; of each site no more than ``most``, the newest."""
    rows = await conn.fetch(WAITS_BY_PART, list(site_ids), since, until, unit, most)
    return [Waits(**row) for row in rows]
