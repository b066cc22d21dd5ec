"""The SQL of the daily numbers: rows are only ever added, and added up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from service.db import Connection


class Handed(NamedTuple):
    """What is counted together when notices are handed out."""

    site_id: int
    day: date
    notice: bytes
    language: str


ADD_SHOWN = """
    INSERT INTO served_daily (site_id, day, id, notice, language, shown)
    SELECT s.site_id, s.day, gen_random_uuid(), s.notice, s.language, s.shown
      FROM unnest($1::int[], $2::date[], $3::bytea[], $4::text[], $5::bigint[])
           AS s (site_id, day, notice, language, shown)
"""


async def add_shown(conn: Connection, counts: Mapping[Handed, int]) -> None:
    columns = zip(*counts, strict=True)
    await conn.execute(ADD_SHOWN, *(list(column) for column in columns), list(counts.values()))


BEGIN_COUNTING = """
    INSERT INTO consent_counted (site_id, epoch, size)
    VALUES ($1, $2, 0)
        ON CONFLICT DO NOTHING
"""

LOCK_COUNTED = """
    SELECT size
      FROM consent_counted
     WHERE site_id = $1 AND epoch = $2
       FOR UPDATE
"""


async def lock_counted(conn: Connection, site_id: int, epoch: int) -> int:
    """Up to where the log is counted; nobody else counts it until the transaction ends."""
    await conn.execute(BEGIN_COUNTING, site_id, epoch)
    size: int = await conn.fetchval(LOCK_COUNTED, site_id, epoch)
    return size


# A signal of a browser is nobody's choice at a banner, so it is none of the numbers.
COUNT_DECISIONS = """
    WITH counted AS (
         UPDATE consent_counted
            SET size = $4
          WHERE site_id = $1 AND epoch = $2
    )
    INSERT INTO served_daily (site_id, day, id, notice, language, accepted_all, refused_all,
                              chosen, withdrawn)
    SELECT $1, d.day, gen_random_uuid(), d.notice, d.language,
           count(*) FILTER (WHERE d.type IN ('given', 'renewed') AND d.action = 'accept_all'),
           count(*) FILTER (WHERE d.type = 'refused'),
           count(*) FILTER (WHERE d.type IN ('given', 'renewed') AND d.action <> 'accept_all'),
           count(*) FILTER (WHERE d.type = 'withdrawn')
      FROM (
           SELECT (e.recorded_at AT TIME ZONE 'UTC')::date AS day, e.type,
                  decode(j.leaf -> 'notice' ->> 'sha256', 'hex') AS notice,
                  j.leaf -> 'notice' ->> 'lang' AS language,
                  coalesce(j.leaf ->> 'action', '') AS action
             FROM consent_entries AS e
            CROSS JOIN LATERAL (SELECT e.leaf::jsonb AS leaf OFFSET 0) AS j
            WHERE e.site_id = $1 AND e.epoch = $2 AND e.index >= $3 AND e.index < $4
              AND e.type IN ('given', 'refused', 'renewed', 'withdrawn')
           ) AS d
     GROUP BY d.day, d.notice, d.language
"""


async def count_decisions(conn: Connection, site_id: int, epoch: int, start: int, end: int) -> None:
    """Count the entries ``[start, end)``, where ``start`` is what ``lock_counted`` said."""
    await conn.execute(COUNT_DECISIONS, site_id, epoch, start, end)


# Whoever reads meanwhile sees the rows before or their sum, never both and never neither.
ADD_UP = """
    WITH parts AS (
         DELETE FROM served_daily AS d
          USING (SELECT site_id, day, notice, language
                   FROM served_daily
                  WHERE day < $1
                  GROUP BY site_id, day, notice, language
                 HAVING count(*) > 1) AS several
          WHERE d.site_id = several.site_id AND d.day = several.day
            AND d.notice = several.notice AND d.language = several.language
      RETURNING d.*
    ), sums AS (
         INSERT INTO served_daily (site_id, day, id, notice, language, shown, accepted_all,
                                   refused_all, chosen, withdrawn)
         SELECT site_id, day, gen_random_uuid(), notice, language, sum(shown), sum(accepted_all),
                sum(refused_all), sum(chosen), sum(withdrawn)
           FROM parts
          GROUP BY site_id, day, notice, language
    )
    SELECT count(*)
      FROM parts
"""


async def add_up(conn: Connection, before: date) -> int:
    """One row for all of a day before ``before``, a notice and a language; rows replaced."""
    replaced: int = await conn.fetchval(ADD_UP, before)
    return replaced


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened from ``first_day`` on, for a day or a month."""

    first_day: date
    shown: int = 0
    accepted_all: int = 0
    refused_all: int = 0
    chosen: int = 0
    withdrawn: int = 0


COUNTS = """
    SELECT date_trunc($5, d.day)::date AS first_day,
           sum(d.shown)::bigint AS shown,
           sum(d.accepted_all)::bigint AS accepted_all,
           sum(d.refused_all)::bigint AS refused_all,
           sum(d.chosen)::bigint AS chosen,
           sum(d.withdrawn)::bigint AS withdrawn
      FROM served_daily AS d
      JOIN notices AS n ON n.site_id = d.site_id AND n.sha256 = d.notice
     WHERE d.site_id = $1 AND n.kind = $2 AND d.day >= $3 AND d.day < $4
     GROUP BY 1
     ORDER BY 1
"""


async def counts(  # noqa: PLR0913, PLR0917  (which rows, and by what)
    conn: Connection, site_id: int, kind: str, since: date, until: date, unit: str
) -> list[Counts]:
    """By ``unit``, which is ``day`` or ``month``; what nothing happened on is left out."""
    rows = await conn.fetch(COUNTS, site_id, kind, since, until, unit)
    return [Counts(**row) for row in rows]
