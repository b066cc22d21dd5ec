"""The SQL of exports, which read many entries at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.export.table import Row
from consent.ledger.store import Entry
from service.db import Connection

CHUNK = 1000  # entries a statement: about a megabyte of text

# Parts of the statements below: which of the entries [$3, $4) are wanted.
_WANTED = """
           e.site_id = $1 AND e.epoch = $2 AND e.index >= $3 AND e.index < $4
       AND ($5::timestamptz IS NULL OR e.recorded_at >= $5)
       AND ($6::timestamptz IS NULL OR e.recorded_at < $6)
       AND ($7::text[] IS NULL OR e.type = ANY ($7))
       AND ($8::text IS NULL OR e.leaf::jsonb -> 'decisions' ? $8)
       AND ($9::text IS NULL OR (
           CASE WHEN $9 = 'withdrawn' THEN e.type = 'withdrawn'
                     AND ($8 IS NULL OR e.leaf::jsonb -> 'withdrawn' ? $8)
                WHEN $8 IS NULL THEN EXISTS (
                     SELECT FROM jsonb_each_text(e.leaf::jsonb -> 'decisions') AS d
                      WHERE d.value = $9)
                ELSE e.leaf::jsonb -> 'decisions' ->> $8 = $9
           END))
"""

LINES = f"""
    SELECT string_agg(e.leaf || E'\\n', '' ORDER BY e.index) AS text,
           array_agg(e.index ORDER BY e.index) AS indexes
      FROM consent_entries AS e
     WHERE {_WANTED}
"""

ROWS = f"""
    SELECT e.index, e.leaf, substr(e.hashes, 1, 32) AS leaf_hash, o.index IS NOT NULL AS is_open
      FROM consent_entries AS e
      LEFT JOIN consent_openings AS o
             ON o.site_id = e.site_id AND o.epoch = e.epoch AND o.index = e.index
     WHERE {_WANTED}
     ORDER BY e.index
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None is all."""

    since: datetime | None = None
    until: datetime | None = None
    types: tuple[str, ...] | None = None
    purpose: str | None = None
    state: str | None = None  # granted, refused or withdrawn

    @property
    def is_all(self) -> bool:
        return self == Filter()


@dataclass(frozen=True, slots=True)
class Chunk:
    text: str
    indexes: Sequence[int]


async def lines(
    conn: Connection, site_id: int, epoch: int, span: tuple[int, int], wanted: Filter
) -> Chunk:
    """The leaves of the entries from ``span`` that are wanted, a line each."""
    row = await conn.fetchrow(LINES, site_id, epoch, *span, *_given(wanted))
    return Chunk(row["text"] or "", row["indexes"] or ()) if row else Chunk("", ())


async def rows(
    conn: Connection, site_id: int, epoch: int, span: tuple[int, int], wanted: Filter
) -> Sequence[Row]:
    """What the table needs of the entries from ``span`` that are wanted, in their order."""
    found: Sequence[Any] = await conn.fetch(ROWS, site_id, epoch, *span, *_given(wanted))
    return found  # records unpack as tuples do


def _given(wanted: Filter) -> tuple[object, ...]:
    """The parameters $5 to $9 of ``_WANTED``."""
    types = list(wanted.types) if wanted.types else None
    return wanted.since, wanted.until, types, wanted.purpose, wanted.state


NEWEST = f"""
    SELECT e.epoch, e.index, e.recorded_at, e.type, e.receipt_id, e.event_id, e.request_hash,
           e.leaf, e.hashes
      FROM consent_entries AS e
     WHERE {_WANTED}
     ORDER BY e.index DESC
     LIMIT $10
"""


async def newest(  # noqa: PLR0913, PLR0917  (which rows, of which log)
    conn: Connection,
    site_id: int,
    epoch: int,
    span: tuple[int, int],
    wanted: Filter,
    limit: int,
) -> list[Entry]:
    """The last ``limit`` entries from ``span`` that are wanted, the newest first."""
    rows = await conn.fetch(NEWEST, site_id, epoch, *span, *_given(wanted), limit)
    return [Entry(**row) for row in rows]


# Times never go back within a log, so halving finds a moment in it: no index by time is kept.
FIRST_AT = """
    WITH RECURSIVE halves AS (
         SELECT 0::bigint AS low, $4::bigint AS high
          UNION ALL
         SELECT CASE WHEN e.recorded_at < $3 THEN m.middle + 1 ELSE h.low END,
                CASE WHEN e.recorded_at < $3 THEN h.high ELSE m.middle END
           FROM halves AS h
          CROSS JOIN LATERAL (SELECT (h.low + h.high) / 2 AS middle) AS m
           JOIN consent_entries AS e
             ON e.site_id = $1 AND e.epoch = $2 AND e.index = m.middle
          WHERE h.low < h.high
    )
    SELECT low
      FROM halves
     WHERE low = high
"""


async def first_at(conn: Connection, site_id: int, epoch: int, moment: datetime, size: int) -> int:
    """The index of the first entry that is not older than ``moment``; ``size`` if none is."""
    index: int | None = await conn.fetchval(FIRST_AT, site_id, epoch, moment, size)
    return size if index is None else index


ENTRY_AT = """
    SELECT epoch, index, recorded_at, type, receipt_id, event_id, request_hash, leaf, hashes
      FROM consent_entries
     WHERE site_id = $1 AND epoch = $2 AND index = $3
"""


async def entry_at(conn: Connection, site_id: int, epoch: int, index: int) -> Entry | None:
    row = await conn.fetchrow(ENTRY_AT, site_id, epoch, index)
    return Entry(**row) if row else None


ENTRIES_OF_TYPE = """
    SELECT index, leaf
      FROM consent_entries
     WHERE site_id = $1 AND epoch = $2 AND type = $3 AND index < $4
       AND type IN ('erased', 'export_made', 'key_rotated')
     ORDER BY index
"""


async def entries_of_type(
    conn: Connection, site_id: int, epoch: int, kind: str, size: int
) -> list[tuple[int, str]]:
    """Index and leaf of entries of a type that is rare, as erasures and exports are."""
    rows = await conn.fetch(ENTRIES_OF_TYPE, site_id, epoch, kind, size)
    return [(row["index"], row["leaf"]) for row in rows]
