"""The SQL of a site's data.  Names of tables and columns come from the database's own catalogue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.db import Connection

CHUNK_ROWS = 2000  # a chunk is one short transaction, so that nobody waits for a deletion
FETCHED_ROWS = 500  # of an export at a time: comments may be large

# Of type bytea are seals, look-ups of keys and digests: nothing of them is a site's to take along.
SITE_TABLES = """
    SELECT c.relname AS name,
           array_agg(a.attname ORDER BY a.attnum)
               FILTER (WHERE a.atttypid <> 'bytea'::regtype) AS columns
      FROM pg_class AS c
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = current_schema()::regnamespace
       AND c.relkind IN ('r', 'p')
       AND EXISTS (SELECT
                     FROM pg_attribute AS s
                    WHERE s.attrelid = c.oid AND s.attname = 'site_id' AND NOT s.attisdropped)
     GROUP BY c.relname
     ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class SiteTable:
    name: str
    columns: tuple[str, ...]  # without those that hold secrets


async def site_tables(conn: Connection) -> list[SiteTable]:
    """Every table whose rows belong to sites."""
    rows = await conn.fetch(SITE_TABLES)
    return [SiteTable(row["name"], tuple(row["columns"])) for row in rows]


@dataclass(frozen=True, slots=True)
class FoundSite:
    id: int
    name: str
    url: str
    language: str
    settings: dict[str, Any]
    created_at: datetime


FIND_SITE = """
    SELECT id, name, url, language, settings, created_at
      FROM sites
     WHERE name = $1
"""


async def find_site(conn: Connection, name: str) -> FoundSite | None:
    row = await conn.fetchrow(FIND_SITE, name)
    return FoundSite(**row) if row else None


def rows_of(table: SiteTable) -> str:
    """The statement whose rows are the JSON texts of a site's rows, the order of a key."""
    columns = ", ".join(f'"{column}"' for column in table.columns)
    return (
        f"SELECT row_to_json(r)::text FROM (SELECT {columns} FROM {table.name}"
        " WHERE site_id = $1) AS r"
    )


# Whatever the table holds is deleted by its place; the retention switch opens the audit trail.
ALLOW_DELETION = """
    SELECT set_config('gatehouse.retention', 'on', true)
"""


async def delete_rows(conn: Connection, table: str, site_id: int) -> int:
    """Delete one chunk of a site's rows; the number deleted."""
    async with conn.transaction():
        await conn.fetchval(ALLOW_DELETION)
        status = await conn.execute(
            f"DELETE FROM {table} WHERE ctid = ANY (ARRAY("
            f"SELECT ctid FROM {table} WHERE site_id = $1 LIMIT {CHUNK_ROWS}))",
            site_id,
        )
    return int(status.rpartition(" ")[2])


DELETE_SITE = """
    DELETE FROM sites
     WHERE id = $1
"""


async def delete_site(conn: Connection, site_id: int) -> None:
    await conn.execute(DELETE_SITE, site_id)


REVOKE_KEYS = """
    UPDATE site_keys
       SET revoked_at = $2
     WHERE site_id = $1 AND revoked_at IS NULL
"""
REVOKE_TOKENS = """
    UPDATE tokens
       SET revoked_at = $2
     WHERE site_id = $1 AND revoked_at IS NULL
"""
FORGET_WEBHOOKS = """
    DELETE FROM site_webhooks
     WHERE site_id = $1
"""


async def close_doors(conn: Connection, site_id: int, now: datetime) -> None:
    """Refuse every key, token and webhook of the site from here on."""
    await conn.execute(REVOKE_KEYS, site_id, now)
    await conn.execute(REVOKE_TOKENS, site_id, now)
    await conn.execute(FORGET_WEBHOOKS, site_id)


TRANSACTION = """
    SELECT pg_current_xact_id()::text
"""


async def transaction_number(conn: Connection) -> str:
    """A number that every transaction which begins from here on exceeds."""
    number: str = await conn.fetchval(TRANSACTION)
    return number


OLDER_ARE_OVER = """
    SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8
"""


async def older_are_over(conn: Connection, number: str) -> bool:
    """Whether every transaction that had written before ``number`` was given out has ended."""
    return bool(await conn.fetchval(OLDER_ARE_OVER, number))
