"""All SQL of this package.  Retention statements are built from the data map."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.data_map import Erasure, Holding
from service.db import Connection

CHUNK_ROWS = 2000  # a chunk is one short transaction, so that nobody waits for retention

SITE_IDS = """
    SELECT id
      FROM sites
     ORDER BY id
"""


async def site_ids(conn: Connection) -> list[int]:
    return [row["id"] for row in await conn.fetch(SITE_IDS)]


# `period` leads an index of exactly the rows whose address is still whole.
SHORTEN_ADDRESSES = """
    UPDATE comments
       SET address = network(set_masklen(address, CASE family(address) WHEN 4 THEN 24 ELSE 64 END)),
           address_hash = NULL
     WHERE (site_id, id) IN (
           SELECT site_id, id
             FROM comments
            WHERE site_id = $1 AND period <= $2 AND received_at < $3 AND address_hash IS NOT NULL
            LIMIT $4
           )
"""


async def shorten_addresses(
    conn: Connection, site_id: int, last_period: int, before: datetime
) -> int:
    """Shorten one chunk of addresses older than ``before``; the number of rows changed."""
    return _changed(await conn.execute(SHORTEN_ADDRESSES, site_id, last_period, before, CHUNK_ROWS))


# The condition stands twice: what a person decides while this waits for the row is left alone.
_DELETE_COMMENTS = """
    WITH gone AS (
         DELETE FROM comments
          WHERE site_id = $1 AND {which} AND id IN (
                SELECT id
                  FROM comments
                 WHERE site_id = $1 AND id < $2 AND {which}
                 ORDER BY id
                 LIMIT $3
                )
         RETURNING site_id, id
    ), unsent AS (
         DELETE FROM outbox AS o
          USING gone
          WHERE o.site_id = gone.site_id AND o.comment_id = gone.id
    )
    SELECT count(*) FROM gone
"""
# UUIDv7 keys are ordered by time, so the primary key finds the old rows.
DELETE_COMMENTS = _DELETE_COMMENTS.format(which="true")
# Whoever appealed in time is answered first.  What came by an import was never rejected here, and
# of what was only observed the blog kept all.
END_QUARANTINE = _DELETE_COMMENTS.format(
    which="action = 'reject' AND decision_id IS NULL AND origin = 'check' AND NOT observed"
    " AND NOT EXISTS (SELECT FROM appeals AS a WHERE a.site_id = comments.site_id"
    " AND a.comment_id = comments.id AND a.outcome IS NULL)"
)


async def delete_comments(conn: Connection, site_id: int, before: UUID) -> int:
    """Delete one chunk of comments, with their labels and deliveries; the number deleted."""
    deleted: int = await conn.fetchval(DELETE_COMMENTS, site_id, before, CHUNK_ROWS)
    return deleted


async def end_quarantine(conn: Connection, site_id: int, before: UUID) -> int:
    """Delete one chunk of what the machine rejected and nobody decided on; the number deleted."""
    deleted: int = await conn.fetchval(END_QUARANTINE, site_id, before, CHUNK_ROWS)
    return deleted


ALLOW_RETENTION = """
    SELECT set_config('gatehouse.retention', 'on', true)
"""


async def delete_older(conn: Connection, holding: Holding, before: datetime) -> int:
    """Delete the rows of a small table whose time is up; the number deleted."""
    if holding.erasure is not Erasure.DELETE_ROW:
        raise ValueError(f"{holding.table} rows are not deleted by age")
    async with conn.transaction():
        await conn.fetchval(ALLOW_RETENTION)
        return _changed(
            await conn.execute(
                f"DELETE FROM {holding.table} WHERE {holding.clock} < $1",
                before,
            )
        )


def _changed(status: str) -> int:
    return int(status.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class Announced:
    """An entry that somebody outside is told of."""

    site_id: int
    site: str
    receipt_id: UUID
    recorded_at: datetime
    leaf: str
    checkpoint: str | None  # the newest of its log


ANNOUNCED = """
    SELECT e.site_id, s.name AS site, e.receipt_id, e.recorded_at, e.leaf, (
           SELECT c.note
             FROM consent_checkpoints AS c
            WHERE c.site_id = e.site_id AND c.epoch = e.epoch
            ORDER BY c.size DESC
            LIMIT 1
           ) AS checkpoint
      FROM unnest($1::int[], $2::uuid[]) AS w (site_id, receipt_id)
      JOIN consent_entries AS e ON e.site_id = w.site_id AND e.receipt_id = w.receipt_id
      JOIN sites AS s ON s.id = e.site_id
"""


async def announced(conn: Connection, wanted: Sequence[tuple[int, UUID]]) -> list[Announced]:
    """The entries of (site, receipt); what is none is left out."""
    if not wanted:
        return []
    sites, receipts = zip(*wanted, strict=True)
    return [Announced(**row) for row in await conn.fetch(ANNOUNCED, sites, receipts)]
